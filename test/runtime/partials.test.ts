import { describe, expect, it } from 'vitest'
import { nobleCurve } from '../../src/crypto/threshold/noble-curve.ts'
import { signMessage } from '../../src/crypto/threshold/secret.ts'
import { createSignatureCombiner, createSignatureVerifier } from '../../src/crypto/threshold/signature.ts'
import { type ReplicaId, replicaId } from '../../src/pbft/types.ts'
import { type JointMessage, JointSignature } from '../../src/runtime/joint-signature.ts'
import { PartialGuard } from '../../src/runtime/partial-guard.ts'
import { PartialPool } from '../../src/runtime/partials.ts'
import type { ThresholdWorker, Verdict } from '../../src/runtime/ports.ts'
import { encodePartial, type MemberPartial, openPartial } from '../../src/wire/partial.ts'
import { identityOf, scope } from '../wire/fixtures.ts'
import { createLocalKeys } from './shared-keys.ts'
import { MemoryStore, World } from './world.ts'

/** Parts of signatures, from a member's own to the whole: which are heard, kept, used, and which are never made. */
const random = (lengthBytes: number): Uint8Array => crypto.getRandomValues(new Uint8Array(lengthBytes))
const { sharing, shares } = createLocalKeys(random)
const subject = new Uint8Array(32).fill(7)
const SELF = 0
/** Of the subject, by member. */
const PARTS = shares.map(share => signMessage(share, subject))

function partialOf(sender: number, changes: Partial<MemberPartial> = {}): MemberPartial {
  return {
    sender: replicaId(sender),
    number: 1,
    purpose: 'checkpoint',
    subject,
    sequence: 5,
    epoch: 1,
    signature: PARTS[sender] ?? new Uint8Array(48),
    ...changes,
  }
}

const bytesOf = (partial: MemberPartial, signer = partial.sender as number): Uint8Array =>
  encodePartial(scope, partial, bytes => identityOf(signer).sign(bytes))

function createPool(changes: { upTo?: number } = {}) {
  const world = new World()
  const heard: MemberPartial[] = []
  const pool = new PartialPool({
    scope,
    self: replicaId(SELF),
    checker: world.checker,
    clock: world.clock,
    window: () => ({ above: 4, upTo: changes.upTo ?? 100 }),
    isAwaited: ({ subject: [first] }) => first === 9,
    onPartial: partial => heard.push(partial),
  })
  const hear = (bytes: Uint8Array, from = 'peer'): Verdict | null => {
    let verdict: Verdict | null = null
    pool.onGossip(bytes, from, given => {
      verdict = given
    })
    world.advance(0)
    return verdict
  }
  return { world, pool, heard, hear }
}

describe('partials from gossip', () => {
  it('that are good are kept once, and relayed', () => {
    const { pool, hear, heard } = createPool()
    expect(hear(bytesOf(partialOf(1)))).toBe('accept')
    expect(hear(bytesOf(partialOf(1, { number: 2 })))).toBe('ignore')
    expect(heard).toHaveLength(1)
    expect(pool.of(partialOf(0), 'sharing').map(({ index }) => index)).toEqual([2])
  })

  it.each([
    ['of no member', () => bytesOf(partialOf(9, {}), 1), 'reject'],
    ['by another key', () => bytesOf(partialOf(1), 2), 'reject'],
    ['too large', () => new Uint8Array(513), 'reject'],
    ['no message', () => Uint8Array.of(0xff, 1, 2), 'reject'],
    ['of epoch 0', () => bytesOf(partialOf(1, { epoch: 0 })), 'reject'],
    ['of a checkpoint without a sequence', () => bytesOf(partialOf(1, { sequence: 0 })), 'reject'],
    [
      'with a subject of another length',
      () => bytesOf(partialOf(1, { subject: new Uint8Array(31) })),
      'reject',
    ],
    [
      'with a part of another length',
      () => bytesOf(partialOf(1, { signature: new Uint8Array(47) })),
      'reject',
    ],
    ['our own', () => bytesOf(partialOf(SELF)), 'ignore'],
    ['of what is certified', () => bytesOf(partialOf(1, { sequence: 4 })), 'ignore'],
    ['of what is beyond belief', () => bytesOf(partialOf(1, { sequence: 101 })), 'ignore'],
    [
      'for a ceremony that asks for something else',
      () => bytesOf(partialOf(1, { purpose: 'activate', sequence: 0 })),
      'ignore',
    ],
  ] as const)('that are %s are not kept', (_, make, verdict) => {
    const { hear, heard } = createPool()
    expect(hear(make())).toBe(verdict)
    expect(heard).toEqual([])
  })

  it('of one member take no more than its own room, and the latest stay', () => {
    const { pool, hear } = createPool({ upTo: 10_000 })
    hear(bytesOf(partialOf(2)))
    for (let sequence = 5; sequence < 305; sequence++)
      hear(bytesOf(partialOf(1, { sequence, signature: new Uint8Array(48) })))
    expect(pool.sizes().partials).toBe(33)
    expect(pool.of(partialOf(0, { sequence: 304 }), '').map(({ index }) => index)).toEqual([2])
    expect(pool.of(partialOf(0), '').map(({ index }) => index)).toEqual([3])
  })

  it('beyond a member’s rate are dropped, and those of others are not', () => {
    const { world, hear, heard } = createPool({ upTo: 10_000 })
    for (let sequence = 5; sequence < 605; sequence++)
      hear(bytesOf(partialOf(1, { sequence, signature: new Uint8Array(48) })))
    expect(heard.length).toBeLessThan(420)
    expect(hear(bytesOf(partialOf(2)))).toBe('accept')
    world.advance(1_000)
    expect(hear(bytesOf(partialOf(1, { sequence: 2_000 })))).toBe('accept')
  })

  it('that nobody awaits any more go', () => {
    const { pool, hear } = createPool()
    hear(bytesOf(partialOf(1)))
    hear(bytesOf(partialOf(2, { sequence: 8 })))
    pool.prune(5)
    expect(pool.sizes().partials).toBe(1)
  })

  it('are read as they were written', () => {
    const opened = openPartial(scope, bytesOf(partialOf(1)))
    expect(opened).toMatchObject({ partial: partialOf(1) })
  })
})

describe('the guard', () => {
  const other = new Uint8Array(32).fill(8)

  it('permits one message for a checkpoint, none below the last, and remembers over a restart', async () => {
    const world = new World()
    const store = new MemoryStore(world)
    const guard = new PartialGuard(store, error => {
      throw error
    })
    let permitted = 0
    const note = (): void => {
      permitted += 1
    }
    expect(guard.certify(5, 1, subject, note)).toBe(true)
    expect(permitted).toBe(0)
    world.advance(100)
    expect(permitted).toBe(1)
    expect(guard.certify(5, 1, other, note)).toBe(false)
    expect(guard.certify(5, 2, subject, note)).toBe(false)
    expect(guard.certify(4, 1, subject, note)).toBe(false)
    expect(guard.sign('handover/1/new', subject, note)).toBe(true)
    world.advance(100)
    const again = new PartialGuard(store, () => {})
    const loading = again.load()
    world.advance(100)
    await loading
    expect(again.certify(5, 1, other, note)).toBe(false)
    expect(again.certify(5, 1, subject, note)).toBe(true)
    expect(again.sign('handover/1/new', other, note)).toBe(false)
    expect(again.sign('handover/1/new', subject, note)).toBe(true)
    again.forgetCeremony()
    expect(again.sign('handover/1/new', other, note)).toBe(true)
    world.advance(100)
    expect(permitted).toBe(5)
  })
})

describe('a joint signature', () => {
  const message: JointMessage = {
    purpose: 'checkpoint',
    epoch: 1,
    sequence: 5,
    subject,
    message: subject,
    sharing,
  }

  function create(worker?: (world: World) => Partial<ThresholdWorker>) {
    const bench = createPool()
    const { world, pool } = bench
    const said: unknown[] = []
    let stopped = false
    const real: ThresholdWorker = {
      sign: (share, text, done) => {
        const partial = signMessage(share, text)
        world.clock.after(2, () => done(partial))
      },
      combine: (of, text, partials, done) => {
        const combined = createSignatureCombiner(nobleCurve, of).combine(text, partials, random)
        world.clock.after(20, () => done(combined))
      },
      verify: () => {},
    }
    const culprits: number[][] = []
    const joint = new JointSignature(message, {
      clock: world.clock,
      worker: { ...real, ...worker?.(world) },
      pool,
      share: () => shares[SELF]?.slice() ?? null,
      permit: permitted => {
        world.soon(permitted)
        return true
      },
      publish: partial => said.push(partial),
      addOwn: partial => pool.add({ ...partial, sender: replicaId(SELF) as ReplicaId, number: 1 }),
      isStopped: () => stopped,
      onCulprits: indices => culprits.push([...indices]),
    })
    const stop = (): void => {
      stopped = true
    }
    return { ...bench, joint, said, culprits, stop }
  }

  it('comes about without a wrong part, when the last honest one comes late', () => {
    const { world, hear, joint, culprits } = create()
    let isDone = false
    joint.sign(() => {})
    world.advance(10)
    hear(bytesOf(partialOf(1)))
    hear(bytesOf(partialOf(2, { signature: signMessage(shares[3] ?? subject, subject) })))
    joint.combine(() => {})
    world.advance(50)
    expect(joint.signature).toBeNull()
    expect(culprits).toEqual([[3]])
    expect(joint.isCombinable).toBe(false)
    hear(bytesOf(partialOf(3)))
    joint.combine(() => {
      isDone = true
    })
    world.advance(50)
    expect(isDone).toBe(true)
    const verifier = createSignatureVerifier(nobleCurve, sharing.publicKey)
    expect(joint.signature && verifier?.verify(subject, joint.signature)).toBe(true)
  })

  it('is tried again after a pause that doubles when the worker fails', () => {
    const asked: { readonly what: string; readonly atMs: number }[] = []
    let isAway = true
    const bench = create(world => {
      const startMs = world.clock.nowMs()
      const note = (what: string): void => void asked.push({ what, atMs: world.clock.nowMs() - startMs })
      return {
        sign: (share, text, done, failed) => {
          note('sign')
          const partial = signMessage(share, text)
          world.soon(() => (isAway ? failed('unavailable') : done(partial)))
        },
        combine: (of, text, partials, done, failed) => {
          note('combine')
          const combined = createSignatureCombiner(nobleCurve, of).combine(text, partials, random)
          world.soon(() => (isAway ? failed('timed-out') : done(combined)))
        },
      }
    })
    const { world, hear, joint, said } = bench
    const tryAll = (ms: number): void => {
      for (let i = 0; i < ms / 100; i++) {
        joint.sign(() => {})
        joint.combine(() => {})
        world.advance(100)
      }
    }
    tryAll(3_500)
    expect(asked.map(({ atMs }) => atMs)).toEqual([0, 1_000, 3_000])
    expect(joint.isWorking).toBe(false)
    isAway = false
    tryAll(4_000)
    expect(said).toHaveLength(1)
    isAway = true
    for (const sender of [1, 2]) hear(bytesOf(partialOf(sender)))
    asked.length = 0
    tryAll(500)
    expect(asked.map(({ what }) => what)).toEqual(['combine'])
    expect(joint.isCombinable).toBe(false)
    isAway = false
    tryAll(10_000)
    expect(asked).toHaveLength(2)
    expect(joint.signature).not.toBeNull()
  })

  it('says nothing and calls nobody after the replica has stopped', () => {
    const { world, hear, joint, said, stop } = create()
    joint.sign(() => {
      throw new Error('called after the end')
    })
    world.advance(0)
    stop()
    world.advance(50)
    expect(said).toEqual([])
    hear(bytesOf(partialOf(1)))
    expect(joint.signature).toBeNull()
  })
})
