import { describe, expect, it } from 'vitest'
import { nobleCurve } from '../../src/crypto/threshold/noble-curve.ts'
import type { PublicCurve } from '../../src/crypto/threshold/public-curve.ts'
import { encodeScalar } from '../../src/crypto/threshold/scalar.ts'
import { signMessage } from '../../src/crypto/threshold/secret.ts'
import { createSignatureCombiner } from '../../src/crypto/threshold/signature.ts'
import { utf8 } from '../../src/lib/bytes.ts'
import { createFindings, createSimWorker } from '../../src/sim/keyring.ts'
import { createRememberingCurve } from '../../src/sim/remembering-curve.ts'
import { publicCurveSuite } from '../crypto/threshold/public-curve-suite.ts'
import { partialsOf, seededBytes, shareKey } from '../crypto/threshold/support.ts'

publicCurveSuite('noble that remembers', createRememberingCurve(nobleCurve))

const random = seededBytes('a curve that remembers')
const SECRET = 987_654_321n
const key = shareKey(SECRET, 3, 4, random)
const message = utf8('what all members sign')

/** The names of what was done, for each time. */
function counting(curve: PublicCurve): { readonly curve: PublicCurve; readonly done: string[] } {
  const done: string[] = []
  const entries = Object.entries(curve).map(([name, member]) => [
    name,
    typeof member !== 'function'
      ? member
      : (...args: unknown[]) => {
          done.push(name)
          return (member as (...args: unknown[]) => unknown)(...args)
        },
  ])
  return { curve: Object.fromEntries(entries) as unknown as PublicCurve, done }
}

describe('a curve that remembers', () => {
  it('does nothing again for another member that combines the same, and one sum for one that combines others', () => {
    const { curve: counted, done } = counting(nobleCurve)
    const curve = createRememberingCurve(counted)
    const combine = (indices: readonly number[]) =>
      createSignatureCombiner(curve, key.sharing).combine(
        message,
        partialsOf(key.shares, indices, message),
        random,
      ).signature
    const signature = combine([1, 2, 3])
    expect(signature).toEqual(signMessage(encodeScalar(SECRET), message))
    const first = done.splice(0)
    expect(first.filter(name => name === 'isSamePairing')).toHaveLength(1)
    expect(combine([1, 2, 3])).toEqual(signature)
    expect(combine([3, 1, 2])).toEqual(signature)
    expect(done).toEqual([])
    expect(combine([4, 2, 3])).toEqual(signature)
    // One more partial to read, and what comes out is the same bytes.
    expect(done).toEqual(['decodeG1', 'sumG1', 'encodeG1'])
  })

  it('gives each caller bytes of its own', () => {
    const curve = createRememberingCurve(nobleCurve)
    const bytes = curve.encodeG2(curve.generatorG2)
    const expected = bytes.slice()
    bytes.fill(0)
    expect(curve.encodeG2(curve.generatorG2)).toEqual(expected)
  })
})

it('a simulated member signs what the share signs', () => {
  const findings = createFindings()
  const worker = createSimWorker({ after: (_, run) => run() }, findings, random)
  for (const share of [...key.shares, new Uint8Array(32)]) {
    const signed: Uint8Array[] = []
    worker.sign(
      share,
      message,
      signature => void signed.push(signature),
      () => {},
    )
    expect(signed).toEqual([signMessage(share, message)])
  }
})
