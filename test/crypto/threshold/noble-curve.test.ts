import { nobleCurve } from '../../../src/crypto/threshold/noble-curve.ts'
import { publicCurveSuite } from './public-curve-suite.ts'

publicCurveSuite('noble', nobleCurve)
