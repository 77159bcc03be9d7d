import { describe, expect, it } from 'vitest'
import { createPrng } from '../../src/lib/prng.ts'
import { DEFAULT_THRESHOLD } from '../../src/membership/genesis.ts'
import { EARLY_REFRESH_EVERY_MS, RETIRING_FOR_EARLY_MAX } from '../../src/membership/key-rules.ts'
import { EMPTY_KEY_STATE, type KeyState, type RetiringKey } from '../../src/membership/key-state.ts'
import { dueAdvance, dueAsking, progressOf } from '../../src/runtime/key-duties.ts'
import { createRandomBytes } from '../../src/sim/keyring.ts'
import { keyIdOf } from '../../src/wire/statement.ts'
import { KeyLog, rulesFor, TIMES } from '../membership/key-log.ts'
import { createLocalKeys } from './shared-keys.ts'

const NOW_MS = 1_700_000_000_000
const K = 128
const times = DEFAULT_THRESHOLD
const { sharing } = createLocalKeys(createRandomBytes(createPrng(1)))
const active = {
  keyId: keyIdOf(sharing.publicKey),
  epoch: 2,
  sharing,
  activatedSequence: 1_001,
  activatedMs: NOW_MS,
}
/** Since the activation of the other. */
const retiring: RetiringKey = {
  ...active,
  epoch: 1,
  lastSequence: 1_000,
  retiresMs: NOW_MS + times.transitionMs,
  retiresSequence: 1_001 + K,
}

describe('a member without a share', () => {
  const keys: KeyState = { ...EMPTY_KEY_STATE, active, nextEpoch: 3 }
  const asks = (changes: Partial<KeyState>, inVain = 0, nowMs = NOW_MS): boolean =>
    dueAsking(times, { ...keys, ...changes }, inVain, nowMs) !== null

  it('asks when nobody has asked before, and not at once', () => {
    expect(dueAsking(times, keys, 0, NOW_MS)).toMatchObject({
      operation: { type: 'start', kind: 'refresh', epoch: 3 },
      afterMs: 30_000,
    })
  })

  it('waits for twice as long with every ceremony that failed, retiring key and sharing in vain', () => {
    for (const [changes, inVain, pauses] of [
      [{}, 0, 1],
      [{ nextAttempt: 1 }, 0, 2],
      [{ retiring: [retiring] }, 0, 2],
      [{}, 1, 2],
      [{ nextAttempt: 3, retiring: [retiring] }, 2, 64],
    ] as const) {
      const asked = { ...changes, lastStartMs: NOW_MS }
      const fromMs = NOW_MS + pauses * EARLY_REFRESH_EVERY_MS
      expect(asks(asked, inVain, fromMs - 1), `${pauses}`).toBe(false)
      expect(asks(asked, inVain, fromMs), `${pauses}`).toBe(true)
    }
  })

  it('does not ask where the log would refuse it, nor for what comes soon by itself', () => {
    expect(asks({ active: null })).toBe(false)
    expect(asks({ retiring: Array(RETIRING_FOR_EARLY_MAX).fill(retiring) })).toBe(false)
    const soonMs = NOW_MS + times.refreshMs - EARLY_REFRESH_EVERY_MS
    expect(asks({}, 0, soonMs - 1)).toBe(true)
    expect(asks({}, 0, soonMs)).toBe(false)
  })
})

describe('a retiring key', () => {
  const keys: KeyState = { ...EMPTY_KEY_STATE, active, retiring: [retiring], nextEpoch: 3 }
  const isDue = (sequence: number, logTimeMs: number, nowMs: number): boolean =>
    dueAdvance(times, keys, { sequence, logTimeMs }, nowMs) !== null

  /** A log in which nothing else happens, looked at every so often. @returns log times of its sequences after the activation */
  function idle(lookEveryMs: number, fromMs = NOW_MS): readonly number[] {
    const entries = [fromMs]
    let nowMs = fromMs
    const isOver = (): boolean => nowMs >= retiring.retiresMs && entries.length > K
    while (!isOver()) {
      nowMs += lookEveryMs
      if (isDue(1_000 + entries.length, entries.at(-1) ?? 0, nowMs)) entries.push(nowMs)
      expect(nowMs).toBeLessThan(NOW_MS + 3 * times.transitionMs)
    }
    return entries
  }

  it('ends in an idle log when its time is over, without a burst of sequences', () => {
    const entries = idle(5_000)
    expect(entries.length).toBe(K + 1)
    expect(entries.at(-1)).toBeLessThan(retiring.retiresMs + 10_000)
    const gaps = entries.slice(1).map((ms, i) => ms - (entries[i] ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThan(600_000)
  })

  it('ends later when everybody was away, not in a burst', () => {
    const entries = idle(5_000, retiring.retiresMs)
    const gaps = entries.slice(1).map((ms, i) => ms - (entries[i] ?? 0))
    // The first says that time has passed.
    expect(Math.min(...gaps.slice(1))).toBeGreaterThan(330_000)
  })

  it('asks nothing of a log that has gone on far enough', () => {
    const halfMs = NOW_MS + times.transitionMs / 2
    expect(isDue(1_001 + K / 2 - 1, NOW_MS, halfMs)).toBe(true)
    expect(isDue(1_001 + K / 2, NOW_MS, halfMs)).toBe(false)
    expect(isDue(1_001 + K, NOW_MS, retiring.retiresMs - 1)).toBe(false)
    expect(isDue(1_001 + K, NOW_MS, retiring.retiresMs)).toBe(true)
  })
})

describe('a rotation', () => {
  it('has a deadline until the log has fixed the new key, and waits for nobody in particular from then on', () => {
    const log = new KeyLog(rulesFor(4))
    log.run('fresh')
    for (const member of [0, 1]) log.start('rotate', member)
    log.registerAll()
    log.dealAll()
    log.confirmAll()
    const nowMs = log.at.logTimeMs + 100 * TIMES.deadlineMs
    const advance = () => dueAdvance(TIMES, log.state, log.at, nowMs)
    expect(progressOf(log.state)).toEqual({ phase: 'activating', missing: [] })
    expect(advance()).toMatchObject({ operation: { type: 'advance' } })
    log.say(0, log.activation())
    expect(progressOf(log.state)).toEqual({ phase: 'handing-over', missing: [] })
    expect(advance()).toBeNull()
  })
})
