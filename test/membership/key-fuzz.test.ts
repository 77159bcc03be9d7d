import { describe, expect, it } from 'vitest'
import { createPrng, type Prng } from '../../src/lib/prng.ts'
import { decodeKeyState, encodeKeyState } from '../../src/membership/key-encoding.ts'
import { type KeyState, REFUSALS_MAX, RETIRED_MAX, RETIRING_MAX } from '../../src/membership/key-state.ts'
import {
  decodeSystemOperation,
  encodeSystemOperation,
  type SystemOperation,
} from '../../src/membership/system-operation.ts'
import { replicaId } from '../../src/pbft/types.ts'
import { KeyLog, rulesFor, TIMES } from './key-log.ts'

/**
 * Members that say whatever comes to their mind, in any order and at any time: right things, things of another phase or session, and
 * right things with a bit turned. `SEEDS=FROM..TO` runs others than the usual ones.
 */
const [from = 1, to = from] = (process.env.SEEDS ?? '1..3').split('..').map(Number)
/** Some of them have a ceremony fail again and again: they go on until there is a key. */
const STEPS = 70
const STEPS_MAX = 700
const rules = rulesFor(4, { ...TIMES, transitionMs: 20_000, refreshMs: 50_000 })

/** What fits the moment, for this member; null where nothing does. */
function fitting(log: KeyLog, member: number): SystemOperation | null {
  const running = log.state.ceremony
  const { active, nextEpoch: epoch } = log.state
  if (running === null) return { type: 'start', kind: active === null ? 'fresh' : 'refresh', epoch }
  switch (running.ceremony.phase) {
    case 'registering':
      return running.ceremony.encryptionKeys.has(member + 1) ? null : log.registration(member)
    case 'dealing':
      return dealingOf(log, member)
    default:
      if (running.newSignature !== null) return log.handover()
      if (running.isReady) return log.activation()
      return running.ceremony.encryptionKeys.has(member + 1) ? log.confirmation(member) : null
  }
}

function dealingOf(log: KeyLog, member: number): SystemOperation | null {
  const { kind, ceremony } = log.running
  const isHolder = log.shares.get(log.state.active?.epoch ?? 0)?.has(replicaId(member)) === true
  const hasDealt = ceremony.dealings.some(({ dealer }) => dealer === member + 1)
  return hasDealt || (kind === 'refresh' && !isHolder) ? null : log.dealing(member)
}

function whatever(log: KeyLog, prng: Prng): SystemOperation {
  const { active, retiring, nextEpoch } = log.state
  const epoch = prng.between(1, nextEpoch)
  const [key = active] = retiring
  const choices: readonly SystemOperation[] = [
    { type: 'start', kind: prng.pick(['fresh', 'refresh', 'rotate'] as const), epoch },
    { type: 'advance' },
    { type: 'erased', epoch: prng.between(1, 6) },
    { type: 'revoke', keyId: prng.pick([key?.keyId, active?.keyId]) ?? new Uint8Array(32) },
  ]
  return prng.pick(choices)
}

/** Null when the bytes are no operation any more. */
function bent(operation: SystemOperation, prng: Prng): SystemOperation | null {
  const bytes = encodeSystemOperation(operation)
  const place = prng.between(0, bytes.length - 1)
  return decodeSystemOperation(bytes.with(place, (bytes[place] ?? 0) ^ (1 << prng.between(0, 7))))
}

function step(log: KeyLog, prng: Prng): void {
  const elapsedMs = prng.pick([0, 5, 500, TIMES.deadlineMs, TIMES.graceMs, 10 * TIMES.deadlineMs, 30_000])
  if (prng.chance(0.3))
    log.pass(prng.chance(0.8) ? Math.min(elapsedMs, TIMES.deadlineMs) : elapsedMs, prng.between(1, 6))
  const member = prng.between(0, 3)
  const right = prng.chance(0.8) ? fitting(log, member) : whatever(log, prng)
  // A dealing that is none is its dealer's last word in the ceremony: if all came to that, nothing would ever come of one.
  const mayBend = right !== null && (right.type !== 'deal' || member === 3)
  const said = mayBend && prng.chance(0.15) ? bent(right, prng) : right
  if (said !== null) log.say(prng.chance(0.05) ? prng.between(0, 3) : member, said)
}

function expectSound(state: KeyState, before: KeyState): void {
  const { active, retiring, retired, ceremony, nextEpoch } = state
  expect(retiring.length).toBeLessThanOrEqual(RETIRING_MAX)
  expect(retired.length).toBeLessThanOrEqual(RETIRED_MAX)
  expect(nextEpoch).toBeGreaterThanOrEqual(before.nextEpoch)
  const epochs = [...retired, ...retiring, ...(active === null ? [] : [active])].map(({ epoch }) => epoch)
  expect(new Set(epochs).size).toBe(epochs.length)
  for (const epoch of epochs) expect(epoch).toBeLessThan(nextEpoch)
  if (ceremony === null) return
  expect(ceremony.ceremony.session.epoch).toBe(nextEpoch)
  expect(ceremony.isReady).toBe(ceremony.notBeforeMs !== null)
  for (const count of ceremony.refusals.values()) expect(count).toBeLessThanOrEqual(REFUSALS_MAX)
}

describe('whatever members say', () => {
  for (let seed = from; seed <= to; seed++) {
    it(`leaves a sound state, which is encoded and read again (seed ${seed})`, () => {
      const prng = createPrng(seed)
      const log = new KeyLog(rules)
      const hasKey = () => log.events.some(({ type }) => type === 'activated')
      for (let i = 0; i < STEPS || (i < STEPS_MAX && !hasKey()); i++) {
        const before = log.state
        step(log, prng)
        expectSound(log.state, before)
        if (log.state === before || !prng.chance(0.2)) continue
        const bytes = encodeKeyState(log.state)
        const restored = decodeKeyState(rules, bytes)
        expect(restored === null ? null : encodeKeyState(restored)).toEqual(bytes)
        if (restored !== null) log.state = restored
      }
      expect(hasKey()).toBe(true)
    })
  }
})
