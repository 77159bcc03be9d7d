import { performance } from 'node:perf_hooks'
import { setImmediate as breathe } from 'node:timers/promises'
import { applyDealing, applyRegistration, createCeremony } from '../../../crypto/threshold/ceremony.ts'
import { sharingOf } from '../../../crypto/threshold/dealings.ts'
import { deal, register } from '../../../crypto/threshold/member.ts'
import type { PublicCurve } from '../../../crypto/threshold/public-curve.ts'
import {
  drawPolynomial,
  drawScalar,
  encodeScalar,
  evaluatePolynomial,
  type RandomBytes,
} from '../../../crypto/threshold/scalar.ts'
import { publicKeyOf, signMessage } from '../../../crypto/threshold/secret.ts'
import { createSession } from '../../../crypto/threshold/session.ts'
import { createSignatureCombiner } from '../../../crypto/threshold/signature.ts'
import { assert, present } from '../../../lib/assert.ts'
import { cpuMs, type Quartiles, quartilesOf } from './statistics.ts'

/**
 * What signing together costs, with each implementation of the curve: time of the processor, which other programs lengthen less
 * than time on the wall. The implementations take turns, operation by operation, so that whatever else the machine does meets both;
 * what can be relied on is the ratio.
 */
export interface CryptoFigure {
  readonly what: string
  /** How many partials make a signature. */
  readonly threshold: number
  /** By implementation; milliseconds. */
  readonly ms: Readonly<Record<string, Quartiles>>
  /** The first one's time by each other's, in the same round. */
  readonly ratio: Readonly<Record<string, Quartiles>>
}

export type NamedCurve = readonly [name: string, curve: PublicCurve]

interface Operation {
  readonly what: string
  readonly threshold: number
  /** The same for every implementation: secrets have one. */
  readonly isSecret: boolean
  run(curveIndex: number): void
}

/** Of the signatures that are checked at once. */
const TOGETHER = 64

/** @param curves the reference first @param budgetMs for all figures together; there are two rounds at least */
export async function measureCrypto(
  curves: readonly NamedCurve[],
  thresholds: readonly number[],
  budgetMs: number,
  random: RandomBytes,
  signal: AbortSignal,
): Promise<readonly CryptoFigure[]> {
  const operations: Operation[] = []
  for (const threshold of thresholds) {
    await breathe()
    signal.throwIfAborted()
    operations.push(...operationsOf(curves, threshold, random))
  }
  const samples = operations.map(({ isSecret }) =>
    curves.slice(0, isSecret ? 1 : curves.length).map((): number[] => []),
  )
  const endMs = performance.now() + budgetMs
  for (let round = 0; round < 3 || performance.now() < endMs; round++)
    for (const [i, operation] of operations.entries()) {
      await breathe()
      signal.throwIfAborted()
      for (const [curveIndex, timesMs] of (samples[i] ?? []).entries()) {
        const startMs = cpuMs()
        operation.run(curveIndex)
        // The first round compiles.
        if (round > 0) timesMs.push(cpuMs() - startMs)
      }
    }
  return operations.map(({ what, threshold }, i) => {
    const [reference = [], ...others] = samples[i] ?? []
    const named = (
      of: (timesMs: readonly number[]) => readonly number[],
      times: readonly number[][],
      skip: number,
    ) =>
      Object.fromEntries(times.map((timesMs, j) => [curves[j + skip]?.[0] ?? '', quartilesOf(of(timesMs))]))
    return {
      what,
      threshold,
      ms: named(timesMs => timesMs, [reference, ...others], 0),
      ratio: named(timesMs => timesMs.map((ms, round) => (reference[round] ?? 0) / ms), others, 1),
    }
  })
}

function operationsOf(
  curves: readonly NamedCurve[],
  threshold: number,
  random: RandomBytes,
): readonly Operation[] {
  const { shares, sharing } = dealKey(present(curves[0], 'a curve')[1], threshold, random)
  const key = present(shares[0], 'a share')
  const message = random(32)
  const partials = shares.map((share, i) => ({ index: i + 1, signature: signMessage(share, message) }))
  const parts = curves.map(([, curve]) => createSignatureCombiner(curve, sharing))
  const signature = present(parts[0]?.combine(message, partials, random).signature, 'a signature')
  const signed = Array.from({ length: TOGETHER }, () => ({ message, signature }))
  const [partial] = partials
  const holds = (verdict: boolean | undefined) => assert(verdict === true, 'a right signature holds')
  const dealing = dealingOf(curves, threshold, random)
  const operations: readonly Omit<Operation, 'threshold'>[] = [
    { what: 'sign', isSecret: true, run: () => signMessage(key, message) },
    {
      what: 'combine',
      isSecret: false,
      run: i => holds(parts[i]?.combine(message, partials, random).signature !== null),
    },
    { what: 'verify', isSecret: false, run: i => holds(parts[i]?.verify(message, signature)) },
    {
      what: `verify ${TOGETHER} together`,
      isSecret: false,
      run: i => holds(parts[i]?.verifyAll(signed, random)),
    },
    {
      what: 'verify a partial',
      isSecret: false,
      run: i => holds(partial !== undefined && parts[i]?.verifyPartial(message, partial)),
    },
    { what: 'check a dealing', isSecret: false, run: dealing },
  ]
  return operations.map(operation => ({ ...operation, threshold }))
}

/** A key in as many shares as it needs, by somebody who knows it. */
function dealKey(curve: PublicCurve, threshold: number, random: RandomBytes) {
  const polynomial = drawPolynomial(drawScalar(random), threshold, random)
  const points = polynomial.map(scalar => present(curve.decodeG2(publicKeyOf(scalar)), 'a point'))
  const shares = Array.from({ length: threshold }, (_, i) =>
    encodeScalar(evaluatePolynomial(polynomial, i + 1)),
  )
  return { shares, sharing: sharingOf(curve, points, threshold) }
}

/** What every member computes when a dealing is executed. As many members as signatures need: the least that deal so. */
function dealingOf(
  curves: readonly NamedCurve[],
  threshold: number,
  random: RandomBytes,
): (curveIndex: number) => void {
  const session = createSession({
    networkId: random(32),
    epoch: 1,
    attempt: 0,
    startSequence: 0,
    membersHash: random(32),
    members: threshold,
    threshold,
    faultyMax: 0,
    old: null,
  })
  let ceremony = createCeremony(session)
  for (let member = 1; member <= threshold; member++)
    ceremony = applyRegistration(ceremony, member, register(session, member, random).registration).ceremony
  const dealing = deal(present(curves[0], 'a curve')[1], ceremony, 1, null, random)
  return i => {
    const step = applyDealing(present(curves[i], 'a curve')[1], ceremony, 1, dealing)
    assert(step.faults.length === 0, 'a right dealing is accepted')
  }
}
