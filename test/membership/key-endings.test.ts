import { describe, expect, it } from 'vitest'
import { present } from '../../src/lib/assert.ts'
import { toHex } from '../../src/lib/bytes.ts'
import { KeyLog, rulesFor, TIMES } from './key-log.ts'

/** How keys end, in a network of four after its first key. */
const rules = rulesFor(4)
const withKey = new KeyLog(rules)
withKey.run('fresh')
const firstKey = present(withKey.state.active, 'a key')

describe('retirement', () => {
  const refreshed = withKey.fork()
  refreshed.pass(1)
  refreshed.run('refresh')
  refreshed.events.length = 0

  it('needs the time and the sequences', () => {
    const log = refreshed.fork()
    log.pass(TIMES.transitionMs)
    expect(log.state.retiring).toHaveLength(1)
    log.pass(0, rules.checkpointInterval - 2)
    expect(log.state.retiring).toHaveLength(1)
    log.pass(0)
    expect(log.state.retiring).toHaveLength(0)
    expect(log.events).toEqual([{ type: 'retired', keyId: firstKey.keyId, epoch: 1 }])

    const slow = refreshed.fork()
    slow.pass(TIMES.transitionMs - 1, 20)
    expect(slow.state.retiring).toHaveLength(1)
    slow.pass(1)
    expect(slow.state.retiring).toHaveLength(0)
  })

  it('a retired key is known for three log windows after the last sequence that it certified', () => {
    const log = refreshed.fork()
    const last = present(log.state.retiring[0], 'a key').lastSequence
    log.pass(TIMES.transitionMs, 20)
    expect(log.state.retired).toMatchObject([{ epoch: 1, lastSequence: last, isRevoked: false }])
    log.pass(0, last + 3 * rules.logWindow - log.at.sequence)
    expect(log.state.retired).toHaveLength(1)
    log.pass(0)
    expect(log.state.retired).toHaveLength(0)
  })

  it('members say once that they erased their shares of an epoch that is over', () => {
    const log = refreshed.fork()
    const erased = (epoch: number, member = 2) => log.say(member, { type: 'erased', epoch })
    for (const epoch of [1, 2, 3]) expect(erased(epoch)).toBe('unknown-epoch')
    log.pass(TIMES.transitionMs, 20)
    expect(erased(1)).toBe('done')
    expect(erased(1)).toBe('repeated')
    expect(erased(1, 0)).toBe('done')
    expect([...(log.state.erased.get(1) ?? [])]).toEqual([2, 0])
    expect(log.events.slice(-2)).toEqual([
      { type: 'erased', member: 2, epoch: 1 },
      { type: 'erased', member: 0, epoch: 1 },
    ])
  })
})

describe('revocation', () => {
  const revokeFirst = { type: 'revoke', keyId: firstKey.keyId } as const

  it('takes a quorum, and is at once', () => {
    const log = withKey.fork()
    log.pass(1)
    expect(log.say(0, revokeFirst)).toBe('done')
    expect(log.say(0, revokeFirst)).toBe('repeated')
    log.pass(1)
    expect(log.say(1, revokeFirst)).toBe('done')
    expect(log.state.active).toEqual(firstKey)
    expect(log.say(2, revokeFirst)).toBe('done')
    expect(log.state.active).toBeNull()
    expect(log.state.retired).toMatchObject([
      { epoch: 1, lastSequence: log.at.sequence - 1, isRevoked: true },
    ])
    expect(log.state.revokeVotes.size).toBe(0)
    expect(log.events.at(-1)).toEqual({ type: 'revoked', keyId: firstKey.keyId })
    expect(log.say(3, revokeFirst)).toBe('unknown-key')
    expect(log.start('fresh')).toBe('done')
    expect(log.running.ceremony.session.epoch).toBe(2)
  })

  it('takes them within a day: votes of liars do not wait for years', () => {
    const log = withKey.fork()
    log.pass(1)
    expect(log.say(0, revokeFirst)).toBe('done')
    log.pass(1_000)
    expect(log.say(1, revokeFirst)).toBe('done')
    const inTime = log.fork()
    inTime.pass(86_398_999)
    expect(inTime.say(2, revokeFirst)).toBe('done')
    expect(inTime.state.active).toBeNull()

    log.pass(86_399_000)
    expect(log.say(2, revokeFirst)).toBe('done')
    expect(log.events.at(-1)).toEqual({ type: 'asked', request: 'revoke', member: 2, votes: 2, needed: 3 })
    expect(log.state.active).toEqual(firstKey)
    // Whoever means it says it again.
    expect(log.say(0, revokeFirst)).toBe('done')
    expect(log.state.active).toBeNull()
  })

  it('is asked for again, by who asked before, after ten minutes', () => {
    const log = withKey.fork()
    log.pass(1)
    log.say(0, revokeFirst)
    const asked = log.state
    log.pass(599_999)
    expect(log.say(0, revokeFirst)).toBe('repeated')
    expect(log.state).toBe(asked)
    log.pass(1)
    expect(log.say(0, revokeFirst)).toBe('done')
    expect(log.events.at(-1)).toMatchObject({ type: 'asked', member: 0, votes: 1 })
    log.pass(86_399_999)
    for (const member of [1, 2]) log.say(member, revokeFirst)
    expect(log.state.active).toBeNull()
  })

  it('ends the ceremony that would hand on what is revoked', () => {
    const log = withKey.fork()
    log.pass(1)
    log.start('refresh')
    for (const member of [0, 1, 2]) log.say(member, revokeFirst)
    expect(log.state.ceremony).toBeNull()
    expect(log.events.slice(-2)).toMatchObject([{ type: 'revoked' }, { type: 'failed', reason: 'revoked' }])
  })

  it('ends every sharing of a key, and no other key', () => {
    const log = withKey.fork()
    log.pass(1)
    log.run('refresh')
    log.pass(1)
    log.run('rotate')
    const active = log.state.active
    for (const member of [1, 2, 3]) log.say(member, revokeFirst)
    expect(log.state.active).toEqual(active)
    expect(log.state.retiring).toEqual([])
    expect(log.state.retired.map(({ epoch, isRevoked }) => [epoch, isRevoked])).toEqual([
      [1, true],
      [2, true],
    ])
  })

  it('of a key that is unknown is not counted', () => {
    const log = withKey.fork()
    const keyId = new Uint8Array(32).fill(9)
    expect(log.say(0, { type: 'revoke', keyId })).toBe('unknown-key')
    expect(log.state.revokeVotes.has(toHex(keyId))).toBe(false)
  })
})
