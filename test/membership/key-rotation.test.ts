import { describe, expect, it } from 'vitest'
import { createSignatureVerifier } from '../../src/crypto/threshold/signature.ts'
import { present } from '../../src/lib/assert.ts'
import { PHASE_DEADLINES_MAX } from '../../src/membership/key-ceremony.ts'
import { REFUSALS_MAX } from '../../src/membership/key-state.ts'
import { handoverMessage } from '../../src/wire/statement.ts'
import { KeyLog, rulesFor, TIMES } from './key-log.ts'

/** How a key comes to be followed by another one. A network of four after its first key, made once: states are values. */
const rules = rulesFor(4)
const withKey = new KeyLog(rules)
withKey.run('fresh')
const firstKey = present(withKey.state.active, 'a key')

describe('a new key', () => {
  it('is asked for by f + 1 members within a day', () => {
    const log = withKey.fork()
    log.pass(1)
    expect(log.start('rotate', 1)).toBe('done')
    expect(log.state.ceremony).toBeNull()
    expect(log.events.at(-1)).toEqual({ type: 'asked', request: 'rotate', member: 1, votes: 1, needed: 2 })
    const late = log.fork()
    late.pass(86_400_000)
    expect(late.start('rotate', 2)).toBe('done')
    expect(late.state.ceremony).toBeNull()
    log.pass(86_399_999)
    expect(log.start('rotate', 2)).toBe('done')
    expect(log.running.kind).toBe('rotate')
    expect(log.state.rotationVotes.size).toBe(0)
  })

  it('is asked for again, by who asked before, after ten minutes: until then nothing comes of it, and nobody is told', () => {
    const log = withKey.fork()
    log.pass(1)
    log.start('rotate', 1)
    const [events, asked] = [log.events.length, log.state]
    log.pass(599_999)
    for (let i = 0; i < 3; i++) expect(log.start('rotate', 1)).toBe('repeated')
    expect(log.state).toBe(asked)
    expect(log.events).toHaveLength(events)
    log.pass(1)
    expect(log.start('rotate', 1)).toBe('done')
    log.pass(86_399_999)
    expect(log.start('rotate', 2)).toBe('done')
    expect(log.running.kind).toBe('rotate')
  })

  it('comes with a hand-over that both keys sign', () => {
    const log = withKey.fork()
    log.pass(1)
    log.run('rotate')
    const active = present(log.state.active, 'a key')
    expect(active.keyId).not.toEqual(firstKey.keyId)
    const [handover] = log.state.handovers
    expect(log.events.slice(-2)).toMatchObject([
      { type: 'activated', kind: 'rotate' },
      { type: 'handed-over', handover },
    ])
    const told = present(handover, 'a hand-over')
    expect(told).toMatchObject({ oldKeyId: firstKey.keyId, newKeyId: active.keyId, epoch: 2 })
    expect(told.oldNotAfterMs).toBe(told.notBeforeMs + TIMES.transitionMs)
    expect(told.newKey).toEqual(active.sharing.publicKey)
    const message = handoverMessage(rules.networkId, told)
    const signed = [
      [firstKey.sharing.publicKey, told.oldSignature],
      [told.newKey, told.newSignature],
    ] as const
    for (const [key, signature] of signed)
      expect(createSignatureVerifier(rules.curve, key)?.verify(message, signature)).toBe(true)
    expect(log.state.retiring).toMatchObject([{ epoch: 1, keyId: firstKey.keyId }])
  })

  /** The new shares may sign. */
  const ready = withKey.fork()
  ready.pass(1)
  for (const member of [0, 1]) ready.start('rotate', member)
  ready.registerAll()
  ready.dealAll()
  ready.confirmAll()

  it('signs first, and nothing follows without its signature, with a wrong one, or where none belongs', () => {
    const log = ready.fork()
    const right = log.activation()
    const handover = log.handover()
    expect(log.say(2, handover)).toBe('early')
    for (const [i, newSignature] of [null, handover.oldSignature, right.certificate].entries())
      expect(log.say(i, { ...right, newSignature })).toBe('wrong-handover')
    expect(log.say(3, { ...right, certificate: handover.oldSignature })).toBe('wrong-certificate')
    expect(log.events.at(-1)).toEqual({
      type: 'fault',
      member: 3,
      role: 'receiver',
      code: 'wrong-certificate',
    })
    expect(log.say(3, right)).toBe('done')
    expect(log.events.at(-1)).toEqual({ type: 'phase', phase: 'handing-over' })
    expect(log.say(2, right)).toBe('repeated')
    expect(log.state.active).toEqual(firstKey)

    const refresh = withKey.fork()
    refresh.pass(1)
    refresh.start('refresh')
    refresh.registerAll()
    refresh.dealAll()
    refresh.confirmAll()
    const newSignature = right.newSignature
    expect(refresh.say(0, { ...refresh.activation(), newSignature })).toBe('wrong-handover')
    expect(refresh.say(0, { type: 'hand-over', ...idOf(refresh), oldSignature: handover.oldSignature })).toBe(
      'early',
    )
  })

  const idOf = (log: KeyLog) => ({ sessionId: log.running.ceremony.session.id })

  it('that the log has fixed waits for the old key’s signature, however long, and for no other', () => {
    const log = ready.fork()
    const { newSignature } = log.activation()
    log.say(0, log.activation())
    const { notBeforeMs } = log.running
    for (let i = 0; i < 3; i++) log.pass(10 * PHASE_DEADLINES_MAX * TIMES.deadlineMs, 5)
    expect(log.state.active).toEqual(firstKey)
    for (const kind of ['refresh', 'rotate'] as const) expect(log.start(kind)).toBe('ceremony-running')
    const wrong = { type: 'hand-over', ...idOf(log), oldSignature: present(newSignature, 'its own') } as const
    for (let i = 1; i <= REFUSALS_MAX; i++) expect(log.say(1, wrong)).toBe('wrong-handover')
    expect(log.say(1, wrong)).toBe('not-heard')
    expect(log.say(2, log.handover())).toBe('done')
    expect(log.state.handovers).toMatchObject([{ notBeforeMs, newSignature }])
    expect(log.state.active?.activatedMs).toBe(log.at.logTimeMs)
    expect(log.say(2, wrong)).toBe('no-ceremony')
  })

  it('that nothing is fixed of is given up when its time is over: the old key signs for the next attempt alone', () => {
    const log = ready.fork()
    log.pass(PHASE_DEADLINES_MAX * TIMES.deadlineMs)
    expect(log.state.ceremony).toBeNull()
    log.run('rotate')
    expect(log.state.handovers).toHaveLength(1)
    expect(log.state.active?.keyId).not.toEqual(firstKey.keyId)
  })

  it('does not follow a key that is revoked, fixed or not', () => {
    const log = ready.fork()
    log.say(0, log.activation())
    for (const member of [0, 1, 2]) log.say(member, { type: 'revoke', keyId: firstKey.keyId })
    expect(log.state).toMatchObject({ active: null, ceremony: null, handovers: [] })
  })
})
