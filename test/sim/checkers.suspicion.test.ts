import { describe, expect, it } from 'vitest'
import { digest, replicaId, sequence, view } from '../../src/pbft/types.ts'
import type { ReplicaRuntime } from '../../src/runtime/replica-runtime.ts'
import type { Checker } from '../../src/sim/checkers/checker.ts'
import { createSuspicion } from '../../src/sim/checkers/suspicion.ts'
import { encodeEnvelopeBody, type ReadyDraft } from '../../src/wire/encode.ts'
import { complaints, FAULTY, ground, options, sealed } from './checker-world.ts'

/** Whoever says two things in front of correct members is found out. */
const A = replicaId(0)
const { scope } = ground
const world = { ...options, clockJumpsPerSecond: 0 }
const runtime = {
  replica: () => ({ view: 0, viewActive: true, lowWatermark: 0, highWatermark: 16 }),
} as unknown as ReplicaRuntime

const prepare = (hex: string, v = 0, n = 1): ReadyDraft => ({
  type: 'prepare',
  view: view(v),
  sequence: sequence(n),
  digest: digest(hex.repeat(64)),
})

let number = 0
const say = (sender: number, ...drafts: readonly ReadyDraft[]): Uint8Array =>
  sealed(scope, sender, encodeEnvelopeBody(scope, { sender, number: ++number, drafts }))

const found = (
  envelopes: readonly Uint8Array[],
  also: (checker: Required<Checker>) => void = () => {},
  context = { options: world },
): readonly string[] =>
  complaints(
    createSuspicion,
    checker => {
      checker.onStart(A, runtime)
      for (const bytes of envelopes) checker.onHeard(A, bytes)
      also(checker)
      checker.onEnd(new Map())
    },
    context,
  )

const many = (make: () => Uint8Array): readonly Uint8Array[] => Array.from({ length: 20 }, make)
const twoThings = (): Uint8Array => say(FAULTY, prepare('a'), prepare('b'))

describe('suspicion', () => {
  it('says nothing when somebody suspects, nor of few occasions, nor of the same one again and again', () => {
    expect(found(many(twoThings), checker => checker.onSuspect(A, FAULTY))).toEqual([])
    expect(found(many(twoThings).slice(1))).toEqual([])
    const once = twoThings()
    expect(found(many(() => once))).toEqual([])
  })

  it('says nothing of votes in two slots, of another view, outside the window, or of a correct member', () => {
    expect(found(many(() => say(FAULTY, prepare('a'), prepare('b', 0, 2))))).toEqual([])
    expect(found(many(() => say(FAULTY, prepare('a', 1), prepare('b', 1))))).toEqual([])
    expect(found(many(() => say(FAULTY, prepare('a', 0, 17), prepare('b', 0, 17))))).toEqual([])
    expect(found(many(() => say(1, prepare('a'), prepare('b'))))).toEqual([])
  })

  it('asks for nothing where clocks jump', () => {
    const jumping = { options: { ...world, clockJumpsPerSecond: 1 } }
    expect(found(many(twoThings), () => {}, jumping)).toEqual([])
  })

  it('sees one that said two things in front of a member and whom nobody suspects', () => {
    expect(found(many(twoThings))).toEqual([expect.stringContaining('nobody suspects member 3')])
  })
})
