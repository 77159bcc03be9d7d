import { selfTestCurve } from '../crypto/threshold/curve-self-test.ts'
import { createMclCurve, type MclLibrary } from '../crypto/threshold/mcl-curve.ts'
import { nobleCurve } from '../crypto/threshold/noble-curve.ts'
import type { PublicCurve } from '../crypto/threshold/public-curve.ts'
import { messageOf } from '../lib/thrown.ts'

/**
 * Loads the fast curve, when it is there and answers rightly; else everything goes on with the portable one, several times slower.
 * The package is optional: it is not in the browser, and may be left out of an installation.
 */
export interface ChosenCurve {
  readonly curve: PublicCurve
  readonly name: 'mcl' | 'noble'
  /** Why it is not the fast one; null when it is. */
  readonly reason: string | null
}

export class MclError extends Error {
  override readonly name = 'MclError'
  /** `absent`: not installed, or not to be loaded; `wrong`: its answers are not the known ones. */
  readonly code: 'absent' | 'wrong'

  constructor(code: MclError['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** Never fails. @param load for tests: what gives the fast curve */
export async function chooseCurve(load: () => Promise<PublicCurve> = loadMclCurve): Promise<ChosenCurve> {
  try {
    return { curve: await load(), name: 'mcl', reason: null }
  } catch (error) {
    const reason = messageOf(error)
    return { curve: nobleCurve, name: 'noble', reason }
  }
}

/** @throws MclError when it is not there, or has failed its test */
export async function loadMclCurve(): Promise<PublicCurve> {
  const curve = createMclCurve(await loadLibrary())
  const wrong = selfTestCurve(curve)
  if (wrong !== null) throw new MclError('wrong', `mcl-wasm ${wrong}`)
  return curve
}

/** What the package has besides the curve; these settings are for the whole thread. */
interface MclPackage extends MclLibrary {
  readonly BLS12_381: number
  /** MCL_MAP_TO_MODE_HASH_TO_CURVE_07 */
  readonly IRTF: number
  init(curve: number): Promise<void>
  setETHserialization(isOn: boolean): void
  setMapToMode(mode: number): void
  verifyOrderG1(isOn: boolean): void
  verifyOrderG2(isOn: boolean): void
}

// A name that the compiler does not follow: the program builds where the package was left out.
const PACKAGE: string = 'mcl-wasm'

// Once in a thread: initialised again, the package takes other memory, and what was precomputed is gone.
let library: Promise<MclLibrary> | null = null

function loadLibrary(): Promise<MclLibrary> {
  library ??= initialise()
  return library
}

async function initialise(): Promise<MclLibrary> {
  try {
    const mcl = (await import(PACKAGE)) as MclPackage
    await mcl.init(mcl.BLS12_381)
    mcl.setETHserialization(true)
    mcl.setMapToMode(mcl.IRTF)
    mcl.verifyOrderG1(true)
    mcl.verifyOrderG2(true)
    return mcl
  } catch (error) {
    const reason = messageOf(error)
    throw new MclError('absent', `mcl-wasm cannot be loaded: ${reason}`)
  }
}
