import { nobleCurve } from '../crypto/threshold/noble-curve.ts'
import { type ChosenCurve, chooseCurve, loadMclCurve } from './mcl.ts'

/** `auto`: the fast curve where it is installed and answers rightly, else the portable one. */
export const CURVE_CHOICES = ['auto', 'noble', 'mcl'] as const
export type CurveChoice = (typeof CURVE_CHOICES)[number]

/** @throws MclError when the fast curve is demanded and not to be had */
export async function takeCurve(choice: CurveChoice): Promise<ChosenCurve> {
  if (choice === 'auto') return await chooseCurve()
  if (choice === 'mcl') return { curve: await loadMclCurve(), name: 'mcl', reason: null }
  return { curve: nobleCurve, name: 'noble', reason: null }
}
