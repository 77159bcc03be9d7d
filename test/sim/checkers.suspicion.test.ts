import { describe, expect, it } from 'vitest'
import { digest, replicaId, sequence, view } from '../../src/pbft/types.ts'
import type { ReplicaRuntime } from '../../src/runtime/replica-runtime.ts'
import type { Checker } from '../../src/sim/checkers/checker.ts'
import { createSuspicion } from '../../src/sim/checkers/suspicion.ts'
import { proposalDigest } from '../../src/wire/convert.ts'
import { encodeEnvelopeBody, type ReadyDraft } from '../../src/wire/encode.ts'
import { complaints, FAULTY, ground, options, sealed } from './checker-world.ts'

/** Whoever says two things in front of correct members is found out. */
const A = replicaId(0)
const { scope } = ground
const world = { ...options, clockJumpsPerSecond: 0 }
const runtimeIn = (inView: number): ReplicaRuntime =>
  ({
    replica: () => ({ view: inView, viewActive: true, lowWatermark: 0, highWatermark: 16 }),
  }) as unknown as ReplicaRuntime
const runtime = runtimeIn(0)

const prepare = (hex: string, v = 0, n = 1): ReadyDraft => ({
  type: 'prepare',
  view: view(v),
  sequence: sequence(n),
  digest: digest(hex.repeat(64)),
})

const proposal = (at: number, v = 0, n = 1): ReadyDraft => ({
  type: 'pre-prepare',
  view: view(v),
  sequence: sequence(n),
  batchDigests: [],
  certify: false,
  logTimeMs: at,
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

describe('suspicion of a primary', () => {
  /** The view of which the faulty member is the primary. */
  const V = FAULTY
  const digestOf = (at: number, n = 1) =>
    proposalDigest(scope, { sequence: sequence(n), batchDigests: [], certify: false, logTimeMs: at })
  const prepared = (at: number, n = 1): ReadyDraft => ({
    type: 'prepare',
    view: view(V),
    sequence: sequence(n),
    digest: digestOf(at, n),
  })
  /** The member prepares what was proposed at 1, and hears these. */
  const heard = (
    make: () => Uint8Array,
    { wiped = false, inView = V as number, also = (_: Required<Checker>): void => {} } = {},
  ): readonly string[] =>
    found([], checker => {
      checker.onStart(A, runtimeIn(inView))
      checker.onPublished(A, say(A, prepared(1)))
      if (wiped) checker.onWiped(A)
      for (const bytes of many(make)) checker.onHeard(A, bytes)
      also(checker)
    })

  it('says nothing when it proposes the same again, or another thing elsewhere, or is suspected', () => {
    expect(heard(() => say(FAULTY, proposal(1, V)))).toEqual([])
    expect(heard(() => say(FAULTY, proposal(2, V, 2)))).toEqual([])
    expect(heard(() => say(FAULTY, proposal(2, V)), { inView: V + 1 })).toEqual([])
    expect(heard(() => say(1, proposal(2, V)))).toEqual([])
    const also = (checker: Required<Checker>): void => checker.onSuspect(A, FAULTY)
    expect(heard(() => say(FAULTY, proposal(2, V)), { also })).toEqual([])
  })

  it('says nothing when the member lost what it prepared', () => {
    expect(heard(() => say(FAULTY, proposal(2, V)), { wiped: true })).toEqual([])
  })

  it('sees one that proposed something else for what a member prepared, and whom nobody suspects', () => {
    expect(heard(() => say(FAULTY, proposal(2, V)))).toEqual([
      expect.stringContaining('nobody suspects member 3'),
    ])
  })
})
