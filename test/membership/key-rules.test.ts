import { describe, expect, it } from 'vitest'
import { isReady } from '../../src/crypto/threshold/ceremony.ts'
import { present } from '../../src/lib/assert.ts'
import { DEFAULT_THRESHOLD } from '../../src/membership/genesis.ts'
import { PHASE_DEADLINES_MAX } from '../../src/membership/key-ceremony.ts'
import { RETIRING_MAX } from '../../src/membership/key-state.ts'
import { LOG_TIME_SKEW_MAX_MS } from '../../src/wire/limits.ts'
import { keyIdOf } from '../../src/wire/statement.ts'
import { KeyLog, rulesFor, START_MS, TIMES } from './key-log.ts'

/** A network of four after its first key, made once: states are values. */
const rules = rulesFor(4)
const withKey = new KeyLog(rules)
withKey.run('fresh')
const firstKey = present(withKey.state.active, 'a key')
const types = (log: KeyLog) => log.events.map(({ type }) => type)

describe('the first key', () => {
  it('comes of a ceremony that any member starts', () => {
    const log = new KeyLog(rules)
    log.pass(0)
    expect(log.start('fresh', 3)).toBe('done')
    expect(log.running.attempt).toBe(0)
    expect(log.running.ceremony.session.epoch).toBe(1)
    expect(log.start('fresh', 2)).toBe('ceremony-running')
  })

  it('is everybody’s, epoch 1, from the sequence of its activation on', () => {
    expect(firstKey.epoch).toBe(1)
    expect(firstKey.keyId).toEqual(keyIdOf(firstKey.sharing.publicKey))
    expect(firstKey.activatedSequence).toBe(withKey.at.sequence)
    expect(firstKey.activatedMs).toBe(withKey.at.logTimeMs)
    expect(withKey.state.ceremony).toBeNull()
    expect(withKey.state.nextEpoch).toBe(2)
    expect(withKey.state.retiring).toEqual([])
  })

  it('is told of in every step', () => {
    expect(types(withKey)).toEqual([
      'ceremony-started',
      ...['registered', 'registered', 'registered', 'registered', 'phase'],
      ...['dealt', 'dealt', 'dealt', 'phase'],
      ...['confirmed', 'confirmed', 'confirmed', 'confirmed', 'phase'],
      'activated',
    ])
  })

  it('is asked for once', () => {
    expect(withKey.fork().start('fresh')).toBe('key-exists')
  })

  it('a member’s late dealing costs it nothing', () => {
    const log = new KeyLog(rules)
    log.pass(0)
    log.start('fresh')
    log.registerAll()
    const late = log.dealing(3)
    log.dealAll(log.members.slice(0, 3))
    expect(log.say(3, late)).toBe('late')
    expect(log.running.refusals.size).toBe(0)
  })
})

describe('deadlines', () => {
  const started = new KeyLog(rules)
  started.pass(0)
  started.start('fresh')

  it('registration waits for all up to the deadline, then for enough', () => {
    const log = started.fork()
    log.registerAll(log.members.slice(0, 3))
    log.pass(TIMES.deadlineMs - 1)
    expect(log.running.ceremony.phase).toBe('registering')
    log.pass(1)
    expect(log.running.ceremony.phase).toBe('dealing')
    expect(log.events.at(-1)).toEqual({ type: 'phase', phase: 'dealing' })
    expect(log.say(3, log.registration(3))).toBe('late')
  })

  it('cannot be ended by a primary whose clock was behind and goes ahead, as far as either is let pass', () => {
    const log = new KeyLog(rulesFor(4, DEFAULT_THRESHOLD))
    log.start('fresh')
    log.registerAll(log.members.slice(0, 3))
    // What is left is for the others to find another primary.
    const left = 20_000
    log.pass(2 * LOG_TIME_SKEW_MAX_MS + left)
    expect(log.running.ceremony.phase).toBe('registering')
    log.registerAll(log.members.slice(3))
    expect(log.running.ceremony.phase).toBe('dealing')
  })

  it('too few of them are waited for ten deadlines long, then the next attempt is another session', () => {
    const log = started.fork()
    log.registerAll(log.members.slice(0, 2))
    log.pass(10 * TIMES.deadlineMs - 1)
    expect(log.running.ceremony.phase).toBe('registering')
    const session = log.running.ceremony.session.id
    log.pass(1)
    expect(log.state.ceremony).toBeNull()
    expect(log.events.at(-1)).toEqual({ type: 'failed', reason: 'stalled', epoch: 1, attempt: 0 })
    expect(log.start('fresh', 1)).toBe('done')
    expect(log.running.attempt).toBe(1)
    expect(log.running.ceremony.session.epoch).toBe(1)
    expect(log.running.ceremony.session.id).not.toEqual(session)
  })

  it('whoever came late may still register while there are too few', () => {
    const log = started.fork()
    log.registerAll(log.members.slice(0, 2))
    log.pass(2 * TIMES.deadlineMs)
    log.say(3, log.registration(3))
    log.pass(1)
    expect(log.running.ceremony.phase).toBe('dealing')
  })

  it('dealings that are too few for a fresh key are waited for ten deadlines long', () => {
    const log = started.fork()
    log.registerAll()
    log.dealAll(log.members.slice(0, 2))
    log.pass(10 * TIMES.deadlineMs - 1)
    expect(log.running.ceremony.phase).toBe('dealing')
    log.pass(1)
    expect(log.events.at(-1)).toMatchObject({ type: 'failed', reason: 'stalled' })
  })

  it('shares that are not confirmed hold up the key for the grace time', () => {
    const log = started.fork()
    log.registerAll()
    log.dealAll(log.members.slice(0, 3))
    log.confirmAll(log.members.slice(0, 3))
    log.pass(TIMES.graceMs - 1)
    expect(log.running).toMatchObject({ isReady: false, notBeforeMs: null })
    expect(log.say(0, log.activation())).toBe('early')
    log.pass(1)
    expect(log.running).toMatchObject({ isReady: true, notBeforeMs: log.at.logTimeMs })
    expect(log.say(0, log.activation())).toBe('done')
  })

  it('a member without a registration is not waited for', () => {
    const log = started.fork()
    log.registerAll(log.members.slice(0, 3))
    log.pass(TIMES.deadlineMs)
    log.dealAll(log.members.slice(0, 3))
    log.confirmAll(log.members.slice(0, 3))
    expect(log.running.isReady).toBe(true)
    expect(isReady(log.running.ceremony, false)).toBe(false)
  })

  it('a key that nobody activates is given up', () => {
    const log = started.fork()
    log.registerAll()
    log.dealAll()
    log.confirmAll()
    log.pass(10 * TIMES.deadlineMs - 1)
    expect(log.running.isReady).toBe(true)
    log.pass(1)
    expect(log.events.at(-1)).toMatchObject({ type: 'failed', reason: 'stalled' })
  })
})

describe('a refresh', () => {
  it('deals the same key again: another epoch, and the old one goes on for the transition', () => {
    const log = withKey.fork()
    log.pass(1)
    log.run('refresh')
    const { active, retiring, handovers } = log.state
    expect(active?.sharing.publicKey).toEqual(firstKey.sharing.publicKey)
    expect(active?.sharing.publicShares).not.toEqual(firstKey.sharing.publicShares)
    expect(active?.epoch).toBe(2)
    expect(handovers).toEqual([])
    expect(retiring).toMatchObject([
      {
        epoch: 1,
        lastSequence: log.at.sequence - 1,
        retiresMs: log.at.logTimeMs + TIMES.transitionMs,
        retiresSequence: log.at.sequence + rules.checkpointInterval,
      },
    ])
  })

  it('closes its dealings at the deadline with as many as the old shares that sign', () => {
    const log = withKey.fork()
    log.pass(1)
    log.start('refresh')
    log.registerAll()
    log.dealAll(log.members.slice(0, 2))
    log.pass(TIMES.deadlineMs)
    expect(log.running.ceremony.phase).toBe('dealing')
    log.dealAll(log.members.slice(2, 3))
    expect(log.running.ceremony.phase).toBe('dealing')
    log.pass(1)
    expect(log.running.ceremony.phase).toBe('confirming')
  })

  it('is asked for by an operator once in ten minutes, by the schedule when it is due', () => {
    const log = withKey.fork()
    log.pass(1)
    expect(log.start('refresh')).toBe('done')
    log.pass(10 * TIMES.deadlineMs)
    expect(log.state.ceremony).toBeNull()
    log.pass(600_000 - 10 * TIMES.deadlineMs - 1)
    expect(log.start('refresh', 2)).toBe('too-early')
    log.pass(1)
    expect(log.start('refresh', 2)).toBe('done')

    const due = withKey.fork()
    due.pass(TIMES.refreshMs)
    for (let i = 0; i < 2; i++) {
      expect(due.start('refresh')).toBe('done')
      due.pass(10 * TIMES.deadlineMs)
      expect(due.state.ceremony).toBeNull()
    }
    expect(due.state.lastStartMs).toBeNull()
  })

  it('that fails leaves the key as it was', () => {
    const log = withKey.fork()
    log.pass(1)
    log.start('refresh')
    log.pass(10 * TIMES.deadlineMs)
    expect(log.state).toMatchObject({ active: firstKey, retiring: [], nextEpoch: 2, nextAttempt: 1 })
  })

  it('is not begun without a key', () => {
    const log = new KeyLog(rules)
    expect(log.start('refresh')).toBe('no-key')
    expect(log.start('rotate')).toBe('no-key')
  })

  it('is not begun while too many keys are on their way out', () => {
    const log = withKey.fork()
    const [retiring] = [{ ...firstKey, lastSequence: 1, retiresMs: 2 * START_MS, retiresSequence: 1 }]
    log.state = { ...log.state, retiring: Array.from({ length: RETIRING_MAX }, () => retiring) }
    for (const kind of ['refresh', 'rotate'] as const) expect(log.start(kind)).toBe('too-many-retiring')
    log.state = { ...log.state, retiring: log.state.retiring.slice(1) }
    const due = log.fork()
    due.state = { ...due.state, active: { ...firstKey, activatedMs: due.at.logTimeMs - TIMES.refreshMs } }
    expect(due.start('refresh')).toBe('done')
  })

  it('is begun however many others retire when there is no key: a first one makes none retire', () => {
    const log = withKey.fork()
    const retiring = { ...firstKey, lastSequence: 1, retiresMs: 2 * START_MS, retiresSequence: 1 }
    log.state = { ...log.state, active: null, retiring: Array.from({ length: RETIRING_MAX }, () => retiring) }
    expect(log.start('fresh')).toBe('done')
    expect(log.running.kind).toBe('fresh')
  })

  it('is not begun before its time where one member that asks again and again would keep out a new key', () => {
    const log = withKey.fork()
    log.pass(1)
    const retiring = { ...firstKey, lastSequence: 1, retiresMs: 2 * START_MS, retiresSequence: 1 }
    log.state = { ...log.state, retiring: [retiring, retiring] }
    expect(log.start('refresh')).toBe('too-many-retiring')
    for (const member of [0, 1]) expect(log.start('rotate', member)).toBe('done')
    expect(log.running.kind).toBe('rotate')
    const early = withKey.fork()
    early.pass(1)
    early.state = { ...early.state, retiring: [retiring] }
    expect(early.start('refresh')).toBe('done')
  })
})

describe('a request for a ceremony', () => {
  it('is for one epoch: ordered when that is there, it begins no other ceremony, and takes nobody’s turn', () => {
    const log = withKey.fork()
    log.pass(TIMES.refreshMs)
    // Both saw that it is due.
    const [asked, withheld] = [2, 2]
    expect(log.start('refresh', 0, asked)).toBe('done')
    expect(log.start('refresh', 1, withheld)).toBe('ceremony-running')
    log.run('refresh')
    expect(log.state.active?.epoch).toBe(2)
    log.pass(1)
    const before = log.state
    for (const kind of ['refresh', 'rotate'] as const) expect(log.start(kind, 1, withheld)).toBe('outdated')
    expect(log.start('refresh', 1, 4)).toBe('outdated')
    expect(log.state).toBe(before)
    expect(log.start('refresh', 3)).toBe('done')
  })

  it('stands when an attempt at that epoch has failed', () => {
    const log = withKey.fork()
    log.pass(TIMES.refreshMs)
    expect(log.start('refresh', 0, 2)).toBe('done')
    log.pass(PHASE_DEADLINES_MAX * TIMES.deadlineMs)
    expect(log.state.ceremony).toBeNull()
    expect(log.start('refresh', 1, 2)).toBe('done')
    expect(log.running.attempt).toBe(1)
  })
})
