import { describe, expect, it } from 'vitest'
import { present } from '../../src/lib/assert.ts'
import { decodeKeyState, encodeKeyState } from '../../src/membership/key-encoding.ts'
import { KEY_PART_BYTES_MAX, keyPartsOf } from '../../src/membership/key-parts.ts'
import { EMPTY_KEY_STATE, type KeyState } from '../../src/membership/key-state.ts'
import { KeyLog, rulesFor, TIMES } from './key-log.ts'

const rules = rulesFor(4)

function restored(state: KeyState): KeyState {
  return present(decodeKeyState(rules, encodeKeyState(state)), 'a state')
}

/** Without the functions that a ceremony carries along. */
const plainOf = ({ ceremony, ...rest }: KeyState) => ({
  ...rest,
  ceremony: ceremony && {
    ...ceremony,
    ceremony: {
      ...ceremony.ceremony,
      encryptionKeys: ceremony.ceremony.encryptionKeys.size,
      dealings: 0,
      qualified: ceremony.ceremony.qualified?.hash,
    },
  },
})

/** A rich history: a key, a refresh, a rotation, votes, erasures, and a ceremony in its middle. */
function eventful(): {
  readonly log: KeyLog
  readonly fixed: KeyLog
  readonly states: Map<string, KeyState>
} {
  const log = new KeyLog(rules)
  const states = new Map([['nothing', EMPTY_KEY_STATE]])
  const note = (name: string) => void states.set(name, log.state)
  log.run('fresh')
  note('a key')
  log.pass(1)
  log.run('refresh')
  note('a refreshed key')
  log.pass(TIMES.transitionMs, 20)
  for (const member of [3, 0]) log.say(member, { type: 'erased', epoch: 1 })
  note('an erased epoch')
  log.start('rotate', 2)
  note('a request for a new key')
  log.start('rotate', 1)
  log.registerAll()
  log.dealAll()
  log.confirmAll()
  log.say(0, log.activation())
  note('a key that is to follow')
  const fixed = log.fork()
  log.say(0, log.handover())
  note('a hand-over')
  const key = present(log.state.active, 'a key')
  log.pass(600_000)
  for (const member of [2, 1]) log.say(member, { type: 'revoke', keyId: key.keyId })
  log.start('refresh', 1)
  note('a start')
  log.registerAll(log.members.slice(1))
  log.pass(TIMES.deadlineMs)
  note('registered, without one')
  const { dealing } = log.dealing(0)
  log.say(0, { type: 'deal', dealing: { ...dealing, commitments: dealing.commitments.slice(1) } })
  log.dealAll(log.members.slice(1))
  note('dealt, with a lie')
  log.pass(TIMES.deadlineMs)
  log.confirmAll(log.members.slice(1, 3))
  note('confirmed by some')
  log.confirmAll(log.members.slice(3))
  note('ready')
  return { log, fixed, states }
}

const { log: last, fixed, states } = eventful()

describe('the encoding of keys', () => {
  it.each([...states])('gives back the state: %s', (_, state) => {
    const bytes = encodeKeyState(state)
    const read = restored(state)
    expect(plainOf(read)).toEqual(plainOf(state))
    expect(encodeKeyState(read)).toEqual(bytes)
  })

  it('differs where states do', () => {
    const all = [...states.values()].map(state => encodeKeyState(state).join())
    expect(new Set(all).size).toBe(states.size)
  })

  it('is one for what was voted in any order', () => {
    const one = last.fork()
    const other = last.fork()
    one.state = { ...one.state, rotationVotes: new Map(), ceremony: null }
    other.state = one.state
    for (const epoch of [1, 2]) {
      for (const member of [0, 1, 2]) one.say(member, { type: 'erased', epoch })
    }
    for (const epoch of [2, 1]) {
      for (const member of [2, 1, 0]) other.say(member, { type: 'erased', epoch })
    }
    expect(encodeKeyState(one.state)).toEqual(encodeKeyState(other.state))
  })

  it('is nothing else', () => {
    const bytes = encodeKeyState(present(states.get('a hand-over'), 'a state'))
    expect(decodeKeyState(rules, bytes)).not.toBeNull()
    for (let length = 0; length < bytes.length; length += 7)
      expect(decodeKeyState(rules, bytes.slice(0, length))).toBeNull()
    expect(decodeKeyState(rules, new Uint8Array([...bytes, 0]))).toBeNull()
    expect(decodeKeyState(rules, bytes.with(3, 1))).toBeNull()
  })

  it('is cut into parts', () => {
    expect(keyPartsOf(encodeKeyState(EMPTY_KEY_STATE))).toHaveLength(1)
    const bytes = new Uint8Array(2 * KEY_PART_BYTES_MAX + 1).map((_, i) => i)
    const parts = keyPartsOf(bytes)
    expect(parts.map(({ length }) => length)).toEqual([KEY_PART_BYTES_MAX, KEY_PART_BYTES_MAX, 1])
  })
})

describe('a ceremony that is restored', () => {
  it.each(['a start', 'registered, without one', 'dealt, with a lie', 'confirmed by some', 'ready'])(
    'goes on: %s',
    name => {
      const log = last.fork()
      log.state = restored(present(states.get(name), 'a state'))
      const { phase } = log.running.ceremony
      if (phase === 'registering') {
        log.registerAll(log.members.slice(1))
        log.pass(2 * TIMES.deadlineMs)
      }
      if (log.running.ceremony.phase === 'dealing') {
        const missing = log.members
          .slice(1)
          .filter(member => !log.running.ceremony.dealings.some(({ dealer }) => dealer === member + 1))
        log.dealAll(missing)
        log.pass(2 * TIMES.deadlineMs)
      }
      log.confirmAll(log.members.slice(1))
      log.pass(TIMES.graceMs)
      expect(log.say(1, log.activation())).toBe('done')
      expect(log.state.active?.epoch).toBe(4)
      expect(log.state.active?.keyId).toEqual(last.state.active?.keyId)
    },
  )

  it('goes on when only the hand-over is missing', () => {
    const log = fixed.fork()
    log.state = restored(fixed.state)
    log.pass(100 * TIMES.deadlineMs)
    expect(log.say(1, log.handover())).toBe('done')
    expect(log.state.active?.keyId).toEqual(last.state.active?.keyId)
  })

  it('fails when its time is over, as the original', () => {
    const original = last.fork()
    const copy = last.fork()
    copy.state = restored(original.state)
    for (const log of [original, copy]) log.pass(10 * TIMES.deadlineMs)
    expect(original.state.ceremony).toBeNull()
    expect(encodeKeyState(copy.state)).toEqual(encodeKeyState(original.state))
  })
})
