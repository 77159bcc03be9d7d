import {
  G1_IDENTITY,
  type G1Point,
  G2_IDENTITY,
  type G2Point,
  type Pair,
  type PreparedG2,
  type PublicCurve,
  type Term,
} from '../crypto/threshold/public-curve.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import { equalBytes, toHex } from '../lib/bytes.ts'

/**
 * A curve that does nothing twice: all members of a world ask the same of it, and each operation is a function of what it is given. Points
 * and prepared points go by the name of the object that they are, and one encoding always gives one object.
 */
const RESULTS_MAX = 4_096

type Remember = <Result>(name: string, find: () => Result) => Result

export function createRememberingCurve(curve: PublicCurve): PublicCurve {
  const remember = createMemory()
  const nameOf = createNames()
  const nameOfSum = (terms: readonly Term<G1Point | G2Point>[]): string =>
    terms
      .map(({ scalar, point }) => `${scalar.toString(16)}*${nameOf(point)}`)
      .sort()
      .join('+')
  const nameOfPair = ({ g1, g2 }: Pair): string => `${nameOf(g1)}/${nameOf(g2)}`
  /** Whoever decodes what was encoded gets that point. The bytes are the caller's own, who may write into them. */
  function encode(
    group: 'G1' | 'G2',
    point: G1Point | G2Point,
    identity: Uint8Array,
    find: () => Uint8Array,
  ) {
    const bytes = remember(`encode ${group} ${nameOf(point)}`, find)
    if (!equalBytes(bytes, identity)) remember(`decode ${group} ${toHex(bytes)}`, () => point)
    return bytes.slice()
  }
  return {
    generatorG2: curve.generatorG2,
    decodeG1: bytes => remember(`decode G1 ${toHex(bytes)}`, () => curve.decodeG1(bytes)),
    decodeG2: bytes => remember(`decode G2 ${toHex(bytes)}`, () => curve.decodeG2(bytes)),
    encodeG1: point => encode('G1', point, G1_IDENTITY, () => curve.encodeG1(point)),
    encodeG2: point => encode('G2', point, G2_IDENTITY, () => curve.encodeG2(point)),
    hashToG1: (message, domain) =>
      remember(`hash ${toHex(message)} ${domain}`, () => curve.hashToG1(message, domain)),
    sumG1: terms => remember(`sum G1 ${nameOfSum(terms)}`, () => curve.sumG1(terms)),
    sumG2: terms => remember(`sum G2 ${nameOfSum(terms)}`, () => curve.sumG2(terms)),
    addG2: (left, right) => remember(`add ${nameOf(left)} ${nameOf(right)}`, () => curve.addG2(left, right)),
    evaluateG2: (coefficients, index) =>
      remember(`evaluate ${coefficients.map(nameOf).join()} ${index}`, () =>
        curve.evaluateG2(coefficients, index),
      ),
    prepare: point => remember(`prepare ${nameOf(point)}`, () => curve.prepare(point)),
    isSamePairing: (left, right) =>
      remember(`pair ${nameOfPair(left)} ${nameOfPair(right)}`, () => curve.isSamePairing(left, right)),
  }
}

function createMemory(): Remember {
  const results = new BoundedMap<string, { readonly result: unknown }>(RESULTS_MAX)
  return <Result>(name: string, find: () => Result): Result => {
    // A name begins with its operation, so what is under it is what that operation gives.
    const known = results.get(name) as { readonly result: Result } | undefined
    const { result } = known ?? { result: find() }
    if (known === undefined) results.set(name, { result })
    return result
  }
}

function createNames(): (point: G1Point | G2Point | PreparedG2) => number {
  const names = new WeakMap<object, number>()
  let last = 0
  return point => {
    const name = names.get(point) ?? ++last
    names.set(point, name)
    return name
  }
}
