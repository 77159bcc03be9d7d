import { describe, expect, it } from 'vitest'
import { ReplayWindow } from '../../src/defence/replay-window.ts'
import { toHex } from '../../src/lib/bytes.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import { createPrng } from '../../src/lib/prng.ts'
import type { ReplicaConfig } from '../../src/pbft/config.ts'
import { replicaId, type Verified } from '../../src/pbft/types.ts'
import { findNewViewFault, findViewChangeFault } from '../../src/pbft/view-change-rules.ts'
import type { Behaviour, OutgoingMessage } from '../../src/sim/byzantine/behaviour.ts'
import { BEHAVIOURS, type BehaviourName } from '../../src/sim/byzantine/behaviours.ts'
import { Den } from '../../src/sim/byzantine/den.ts'
import { createElsewhere } from '../../src/sim/byzantine/elsewhere.ts'
import { envelopeIn, messagesIn, signEnvelope } from '../../src/sim/byzantine/forgery.ts'
import { createFaulty } from '../../src/sim/byzantine/lair.ts'
import { corrupt } from '../../src/sim/corruption.ts'
import { createGround, EPOCH_MS } from '../../src/sim/ground.ts'
import { drawOptions } from '../../src/sim/options.ts'
import { isStandInSignature } from '../../src/sim/signatures.ts'
import { simulate } from '../../src/sim/simulation.ts'
import { plain } from '../../src/wire/convert.ts'
import type { WireMessage, WirePrepared, WireViewChange } from '../../src/wire/pb/messages.ts'
import { isRejection } from '../../src/wire/rejection.ts'
import { EnvelopeVerifier } from '../../src/wire/verify.ts'

/**
 * Behaviours by themselves, without a world: that their lies come as far as the rule that they aim at, which is to refuse them. One that
 * is refused for its form finds nothing.
 */
const N = 4
const PRIMARY = 0
const FIRST_NUMBER = EPOCH_MS * 1024
const ground = createGround(drawOptions(1, { n: N }))
const everybody = Array.from({ length: N }, (_, member) => replicaId(member))

const CONFIG: ReplicaConfig = {
  epoch: 0,
  n: N,
  self: replicaId(2),
  checkpointInterval: 8,
  logWindow: 16,
  pipelineDepth: 4,
  proposalBatchesMax: 8,
  viewChangeTimeoutMs: 1_000,
  viewChangeTimeoutMaxMs: 8_000,
  idleCheckpointMs: 10,
  resendMs: 100,
  statusMs: 500,
}

interface Faulty {
  readonly behaviour: Behaviour
  readonly lies: Set<string>
  setNow(nowMs: number): void
}

function createLair(member: number, seed: number) {
  const signer = ground.signers[member]
  if (signer === undefined) throw new Error('no such member')
  return {
    self: replicaId(member),
    others: everybody.filter(other => other !== member),
    scope: ground.scope,
    signer,
    prng: createPrng(seed),
    den: new Den(ground.scope, createPrng(seed)),
    elsewhere: createElsewhere(ground.scope, ground.signers),
    viewChangeTimeoutMs: CONFIG.viewChangeTimeoutMs,
    nowMs: () => EPOCH_MS,
  }
}

function createOne(name: BehaviourName, member: number, seed: number): Faulty {
  const lies = new Set<string>()
  let nowMs = EPOCH_MS
  const lair = { ...createLair(member, seed), nowMs: () => nowMs }
  const setNow = (at: number): void => {
    nowMs = at
  }
  const [listener, behaviour] = createFaulty([[name, BEHAVIOURS[name]]], lair, (_, lie) => lies.add(lie))
  if (listener === undefined || behaviour === undefined) throw new Error('not created')
  const publish = (outgoing: OutgoingMessage): readonly OutgoingMessage[] =>
    (listener.publish?.(outgoing) ?? []).flatMap(one => behaviour.publish?.(one) ?? [one])
  return { behaviour: { ...behaviour, publish }, lies, setNow }
}

let number = FIRST_NUMBER
/** What a member's runtime would say. */
function signed(member: number, messages: readonly WireMessage[], attachments: readonly Uint8Array[] = []) {
  const lair = { ...createLair(member, 0), nextNumber: () => number, did: () => {} }
  number += 1
  return signEnvelope(lair, { epoch: 0, sender: member, number, messages: [...messages] }, attachments)
}

const toAll = (member: number, bytes: Uint8Array): OutgoingMessage => ({
  topic: 'consensus',
  to: everybody.filter(other => other !== member),
  bytes,
})

function open(bytes: Uint8Array): readonly Verified[] | null {
  const opened = new EnvelopeVerifier(ground.scope).open(bytes, EPOCH_MS)
  return isRejection(opened) ? null : opened.messages
}

function hashOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const hash = open(bytes)?.[0]?.proof.hash ?? ''
  return plain(Uint8Array.from(hash.match(/../g) ?? [], pair => Number.parseInt(pair, 16)))
}

/** A proposal of view 0 for a sequence, and the PREPAREs of two backups: at n = 4 it is prepared. */
function prepare(sequence: number, view = 0) {
  const primary = view % N
  const proposal = {
    sequence,
    batchDigests: [plain(new Uint8Array(32).fill(sequence)), plain(new Uint8Array(32).fill(100 + sequence))],
    logTimeMs: EPOCH_MS + view,
    certify: false,
  }
  const prePrepare = signed(primary, [{ prePrepare: { view, proposal } }])
  const first = open(prePrepare)?.[0]?.message
  if (first?.type !== 'pre-prepare') throw new Error('not a proposal')
  const digest = plain(
    Uint8Array.from(first.proposal.digest.match(/../g) ?? [], pair => Number.parseInt(pair, 16)),
  )
  const vote = { view, sequence, digest }
  const backups = [primary + 1, primary + 2].map(member => member % N)
  const prepares = backups.map(member => signed(member, [{ prepare: vote }]))
  const prepared: WirePrepared = { ...vote, prePrepare: hashOf(prePrepare), prepares: prepares.map(hashOf) }
  return { prePrepare, prepares, prepared, vote }
}

const slots = [1, 2, 3].map(sequence => prepare(sequence))
const said = slots.flatMap(({ prePrepare, prepares }) => [prePrepare, ...prepares])
const viewChange: WireViewChange = {
  view: 1,
  stable: undefined,
  prepared: slots.map(({ prepared }) => prepared),
}

describe('the numbers of lies', () => {
  it('are taken by others, beside those of the runtime, for thousands of both', () => {
    const window = new ReplayWindow({ numbersMax: 8_192, forgetMs: 60_000, sendersMax: 4 })
    const restless = createOne('restless', 3, 1)
    let taken = 0
    let told = 0
    for (let i = 0; i < 3_000; i++) {
      const bytes = signEnvelope(
        { ...createLair(3, 0), nextNumber: () => 0, did: () => {} },
        { epoch: 0, sender: 3, number: FIRST_NUMBER + i, messages: [] },
      )
      restless.behaviour.publish?.(toAll(3, bytes))
      expect(window.take(3, FIRST_NUMBER + i, 0)).toBe(true)
      for (const lie of restless.behaviour.tick?.() ?? []) {
        told += 1
        if (window.take(3, envelopeIn(lie.bytes).number, 0)) taken += 1
      }
    }
    expect(told).toBeGreaterThan(500)
    expect(taken).toBe(told)
  })
})

describe('forged certificates', () => {
  it('reach each rule for a VIEW-CHANGE, and none passes', () => {
    const faults = new Set<string | null>()
    for (let seed = 0; seed < 300; seed++) {
      const { behaviour } = createOne('forged-certificates', 3, seed)
      for (const bytes of said) behaviour.hear?.('consensus', bytes)
      const honest = signed(3, [{ viewChange }], said)
      for (const { bytes } of behaviour.publish?.(toAll(3, honest)) ?? []) {
        const message = open(bytes)?.at(-1)?.message
        if (bytes === honest || message?.type !== 'view-change') continue
        faults.add(findViewChangeFault(CONFIG, message))
      }
    }
    expect([...faults].sort()).toEqual([
      'prepared-in-later-view',
      'prepared-out-of-order',
      'prepared-outside-window',
      'prepared-without-proposal',
      'prepared-without-quorum',
    ])
  })
})

describe('unprepared certificates', () => {
  const leaving = (view: number): Uint8Array => signed(1, [{ viewChange: { ...viewChange, view } }], said)
  const publish = (bytes: Uint8Array): readonly OutgoingMessage[] =>
    createOne('unprepared-certificates', 1, 1).behaviour.publish?.(toAll(1, bytes)) ?? []

  it('lack their PREPAREs and nothing else', () => {
    for (const view of [2, 4, 6]) {
      const [lie] = publish(leaving(view))
      const message = open(lie?.bytes ?? new Uint8Array())?.at(-1)?.message
      if (message?.type !== 'view-change') throw new Error('not a VIEW-CHANGE')
      expect(message.prepared.map(one => one.view)).toEqual(slots.map(() => (view === 6 ? 5 : 1)))
      expect(findViewChangeFault(CONFIG, message)).toBe('prepared-without-quorum')
    }
  })

  it('are shown of no view before the first of their own, and none of these is begun, whoever says it', () => {
    const honest = leaving(1)
    expect(publish(honest)).toEqual([toAll(1, honest)])
    const newView = signed(1, [{ newView: { view: 1, viewChanges: [], proposals: [] } }])
    expect(publish(newView)).toEqual([])
    expect(publish(signed(1, [], [newView]))).toEqual([])
  })
})

describe('second proposals', () => {
  it('are others of the same sequences, for the same members, again and again for a while', () => {
    const { behaviour, setNow } = createOne('second-proposals', PRIMARY, 1)
    for (const { prePrepare } of slots)
      expect(behaviour.publish?.(toAll(PRIMARY, prePrepare))).toEqual([toAll(PRIMARY, prePrepare)])
    const first = slots.map(({ vote }) => vote)
    for (let i = 0; i < 3; i++) {
      const [lie] = behaviour.tick?.() ?? []
      expect(lie?.to).toEqual(everybody.slice(1))
      const second = (open(lie?.bytes ?? new Uint8Array()) ?? []).map(({ message }) => message)
      const proposals = second.flatMap(one => (one.type === 'pre-prepare' ? [one.proposal] : []))
      expect(proposals.map(({ sequence }) => sequence)).toEqual(first.map(({ sequence }) => sequence))
      for (const [at, { digest }] of proposals.entries())
        expect(digest).not.toBe(toHex(first[at]?.digest ?? new Uint8Array()))
    }
    setNow(EPOCH_MS + 10_000)
    expect(behaviour.tick?.()).toEqual([])
  })
})

/** What becomes of the NEW-VIEW of member 1 after VIEW-CHANGEs of all. */
function newViewsOf(
  name: BehaviourName,
  seed: number,
  viewChanges: readonly WireViewChange[] = [viewChange],
  proofs = said,
): { faults: readonly (string | null)[]; lies: Set<string> } {
  const { behaviour, lies } = createOne(name, 1, seed)
  const view = viewChanges[0]?.view ?? 0
  const [own = new Uint8Array(), ...heard] = [1, 0, 2, 3].map((member, i) =>
    signed(member, [{ viewChange: viewChanges[i % viewChanges.length] }], proofs),
  )
  const newView = signed(1, [{ newView: { view, viewChanges: [own, ...heard].map(hashOf), proposals: [] } }])
  for (const bytes of heard) behaviour.hear?.('consensus', bytes)
  behaviour.publish?.(toAll(1, own))
  const outgoing = behaviour.publish?.(toAll(1, newView)) ?? []
  const faults = outgoing
    .filter(({ bytes }) => bytes !== newView)
    .map(({ bytes }) => {
      const message = open(bytes)?.at(-1)
      if (message?.message.type !== 'new-view') return 'malformed'
      return findNewViewFault(CONFIG, { ...message, message: message.message })
    })
  return { faults, lies }
}

describe('crafted NEW-VIEWs', () => {
  it('reach each rule for a NEW-VIEW, and none passes', () => {
    const faults = new Set<string | null>()
    const lies = new Set<string>()
    for (let seed = 0; seed < 150; seed++) {
      const made = newViewsOf('crafted-new-view', seed)
      for (const fault of made.faults) faults.add(fault)
      for (const lie of made.lies) lies.add(lie)
    }
    expect([...faults].sort()).toEqual(['plan-differs', 'view-change-invalid', 'view-changes-without-quorum'])
    expect([...lies].sort()).toEqual([
      'V too small',
      'V with a forged one',
      'V with one twice',
      'another flag',
      'beyond max-s',
      'exchanged',
      'invented',
      'left out',
      'null instead',
    ])
  })

  it('take the certificate of the lowest view, where there are several', () => {
    const [old, young] = [prepare(1), prepare(1, 1)]
    const proofs = [old, young].flatMap(({ prePrepare, prepares }) => [prePrepare, ...prepares])
    const viewChanges = [old, young].map(({ prepared }) => ({
      view: 5,
      stable: undefined,
      prepared: [prepared],
    }))
    const made = Array.from({ length: 60 }, (_, seed) =>
      newViewsOf('crafted-new-view', seed, viewChanges, proofs),
    )
    const lowest = made.filter(({ lies }) => lies.has('the lowest view'))
    expect(lowest.length).toBeGreaterThan(0)
    expect(new Set(lowest.flatMap(({ faults }) => faults))).toEqual(new Set(['plan-differs']))
  })

  it('are two that are both good, where that is the lie', () => {
    for (let seed = 0; seed < 20; seed++)
      expect(newViewsOf('two-new-views', seed).faults).toEqual([null, null])
  })
})

describe('a primary with two orders', () => {
  it('shows each half of the others a proposal of its own, and votes for it', () => {
    for (let seed = 0; seed < 40; seed++) {
      const { behaviour } = createOne('two-orders', PRIMARY, seed)
      const [slot] = slots
      if (slot === undefined) throw new Error('no slot')
      const shown = behaviour.publish?.(toAll(PRIMARY, slot.prePrepare)) ?? []
      const committed = behaviour.publish?.(toAll(PRIMARY, signed(PRIMARY, [{ commit: slot.vote }]))) ?? []
      const digests = shown
        .flatMap(({ bytes }) => open(bytes) ?? [])
        .flatMap(({ message }) => (message.type === 'pre-prepare' ? [message.proposal.digest] : []))
      const votes = committed
        .flatMap(({ bytes }) => open(bytes) ?? [])
        .flatMap(({ message }) => (message.type === 'commit' ? [message.digest] : []))
      expect(new Set(digests).size).toBe(2)
      expect(votes).toEqual(digests)
      expect(committed.flatMap(({ to }) => to).sort()).toEqual([1, 2, 3])
    }
  })
})

describe('a slow primary', () => {
  it('holds a proposal back for less than the others wait, and then lets it go as it was', () => {
    const { behaviour, setNow } = createOne('slow-primary', PRIMARY, 1)
    const [slot] = slots
    const outgoing = toAll(PRIMARY, slot?.prePrepare ?? new Uint8Array())
    for (let i = 0; i < 40; i++) {
      const beganMs = EPOCH_MS + i * 10_000
      setNow(beganMs)
      expect(behaviour.publish?.(outgoing)).toEqual([])
      setNow(beganMs + 0.4 * CONFIG.viewChangeTimeoutMs)
      expect(behaviour.tick?.()).toEqual([])
      setNow(beganMs + CONFIG.viewChangeTimeoutMs)
      expect(behaviour.tick?.()).toEqual([outgoing])
    }
  })
})

describe('small mutations', () => {
  it('change one field of an envelope, which everybody can still read or refuse', () => {
    let mutated = 0
    let readable = 0
    for (let seed = 0; seed < 200; seed++) {
      const { behaviour } = createOne('small-mutations', 1, seed)
      const bytes = signed(1, [{ prepare: { view: 3, sequence: 7, digest: plain(new Uint8Array(32)) } }])
      for (const outgoing of behaviour.publish?.(toAll(1, bytes)) ?? []) {
        if (outgoing.bytes === bytes) continue
        mutated += 1
        if (open(outgoing.bytes) !== null) readable += 1
        const [before] = messagesIn(bytes)
        const [after] = messagesIn(outgoing.bytes)
        const changed = (['view', 'sequence'] as const).filter(
          field => before?.prepare?.[field] !== after?.prepare?.[field],
        )
        expect(changed.length).toBeLessThanOrEqual(1)
      }
    }
    expect(mutated).toBeGreaterThan(20)
    expect(readable).toBe(mutated)
  })
})

describe('damage on the way', () => {
  it('leaves nothing that says something else under a good signature', () => {
    const prng = createPrng(5)
    const whole = signed(3, [{ viewChange }], said)
    // An attachment may be all that is left, and it was signed too.
    const signedHashes = [whole, ...said].map(bytes => open(bytes)?.at(-1)?.proof.hash)
    let refused = 0
    for (let i = 0; i < 2_000; i++) {
      const verifier = new EnvelopeVerifier(ground.scope)
      const opened = verifier.open(corrupt(whole, prng), EPOCH_MS)
      if (isRejection(opened)) {
        refused += 1
        continue
      }
      if (![...opened.main, ...opened.rest].every(isStandInSignature)) refused += 1
      else expect(signedHashes).toContain(opened.hash)
    }
    expect(refused).toBeGreaterThan(1_000)
  })
})

describe('a network that damages what it carries', () => {
  it('goes on, and nothing false comes of it', async () => {
    const options = drawOptions(3, { n: N, byzantine: [], corruption: 0.2, faultsMs: 3_000 })
    const result = await simulate(options, { loggerOf: () => silentLogger })
    expect(result.violations).toEqual([])
    expect(result.corrupted).toBeGreaterThan(50)
    expect(result.sequences).toBeGreaterThan(3)
  })
})
