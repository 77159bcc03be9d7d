import { describe, expect, it } from 'vitest'
import { type ReplicaId, replicaId } from '../../src/pbft/types.ts'
import { Askers } from '../../src/runtime/asking.ts'
import type { Answer } from '../../src/runtime/ports.ts'

const ALL = [0, 1, 2].map(replicaId)
const TIMED_OUT: Answer = { ok: false, failure: 'timed-out' }
const REFUSED: Answer = { ok: false, failure: 'refused' }

function createAskers(answerOf: (member: ReplicaId) => Answer, connected: readonly ReplicaId[] = ALL) {
  return new Askers({
    publish: () => {},
    connectedMembers: () => connected,
    request: (to, _protocol, _bytes, _options, done) => done(answerOf(to)),
  })
}

function askMany(askers: Askers, times: number): readonly (ReplicaId | null)[] {
  return Array.from({ length: times }, () => {
    const member = askers.take()
    if (member !== null) askers.ask(member, 'entries', new Uint8Array(0), 1_000, () => {})
    return member
  })
}

describe('whom to ask', () => {
  it('is the next one, whatever they answer', () => {
    const askers = createAskers(() => REFUSED)
    expect(askMany(askers, 6)).toEqual([0, 1, 2, 0, 1, 2])
  })

  it('is seldom one that does not answer, and ever more seldom', () => {
    const askers = createAskers(member => (member === 1 ? TIMED_OUT : REFUSED))
    const asked = askMany(askers, 1_000)
    const timesAsked = asked.filter(member => member === 1).length
    expect(timesAsked).toBeGreaterThan(3)
    expect(timesAsked).toBeLessThan(12)
  })

  it('is in turn again one that answers again', () => {
    let isAwake = false
    const askers = createAskers(member => (member === 1 && !isAwake ? TIMED_OUT : REFUSED))
    askMany(askers, 100)
    isAwake = true
    expect(
      askMany(askers, 300)
        .slice(-30)
        .filter(member => member === 1),
    ).toHaveLength(10)
  })

  it('is one that does not answer where there is nobody else', () => {
    const askers = createAskers(() => TIMED_OUT)
    expect(new Set(askMany(askers, 9)).size).toBe(3)
    expect(askers.take(new Set([replicaId(0), replicaId(2)]))).toBe(1)
    expect(askers.take(new Set(ALL))).toBeNull()
    expect(createAskers(() => REFUSED, []).take()).toBeNull()
  })
})
