import { loadMclCurve } from '../../../src/node/mcl.ts'
import { publicCurveSuite } from './public-curve-suite.ts'

publicCurveSuite('mcl', await loadMclCurve())
