import { describe, expect, it } from 'vitest'
import type { Refusal } from '../../src/application/contract.ts'
import { EMPTY_KEY_STATE, type KeyState } from '../../src/membership/key-state.ts'
import type { SystemOperation } from '../../src/membership/system-operation.ts'
import { systemResult } from '../../src/membership/system-result.ts'
import type { KeyRequest, TransactionStatus } from '../../src/node/api.ts'
import { askOfKey } from '../../src/node/key-requests.ts'
import type { IntakeOutcome } from '../../src/runtime/intake.ts'
import { KeyLog, rulesFor } from '../membership/key-log.ts'

/** What an operator asks, and what is said of it: the answer of the log, or why there is none. */
const ID = 'ab'.repeat(32)
const ACCEPTED: IntakeOutcome = { accepted: true, id: ID, state: 'accepted' }
const log = new KeyLog(rulesFor(4))
log.run('fresh')

interface Answers {
  readonly keys?: KeyState
  /** Null: an observer's. */
  readonly outcome?: IntakeOutcome | null
  /** Null: not in time. */
  readonly status?: TransactionStatus | null
}

async function ask(request: KeyRequest, answers: Answers = {}) {
  const { keys = log.state, outcome = ACCEPTED, status = null } = answers
  const ordered: SystemOperation[] = []
  const runtime = {
    keys,
    orderForKeys(operation: SystemOperation, done: (outcome: IntakeOutcome | null) => void) {
      ordered.push(operation)
      done(outcome)
    },
  }
  const settled = async () => status ?? Promise.reject(new Error('the time is over'))
  return { ordered, outcome: await askOfKey(request, { runtime, settled }) }
}

const executed = (code: Parameters<typeof systemResult>[0]): TransactionStatus => ({
  state: 'committed',
  id: ID,
  sequence: 9,
  position: 0,
  logTimeMs: 1,
  result: systemResult(code),
})

describe('what an operator asks of the key', () => {
  it('is ordered in the words of the log', async () => {
    const keyId = log.state.active?.keyId
    expect((await ask('refresh')).ordered).toEqual([{ type: 'start', kind: 'refresh', epoch: 2 }])
    expect((await ask('rotate')).ordered).toEqual([{ type: 'start', kind: 'rotate', epoch: 2 }])
    expect((await ask('revoke')).ordered).toEqual([{ type: 'revoke', keyId }])
  })

  it('is answered with what the log made of it', async () => {
    const done = await ask('refresh', { status: executed('done') })
    expect(done.outcome).toEqual({ state: 'executed', sequence: 9, code: 0, reason: '' })
    const early = await ask('refresh', { status: executed('too-early') })
    expect(early.outcome).toEqual({
      state: 'executed',
      sequence: 9,
      code: systemResult('too-early').code,
      reason: 'too-early',
    })
  })

  it('may still be executed when the time is over', async () => {
    expect((await ask('rotate')).outcome).toEqual({ state: 'pending' })
    const accepted = await ask('rotate', { status: { state: 'accepted', id: ID } })
    expect(accepted.outcome).toEqual({ state: 'pending' })
  })

  it('never will be executed when it expired', async () => {
    const expired = await ask('rotate', { status: { state: 'expired', id: ID } })
    expect(expired.outcome).toEqual({ state: 'expired' })
  })

  it('is not ordered where there is no key, and refused where nobody has a voice or the intake does not take it', async () => {
    const none = await ask('revoke', { keys: EMPTY_KEY_STATE })
    expect(none).toMatchObject({ ordered: [], outcome: { state: 'refused', refusal: { code: 'NO_KEY' } } })
    const observer = await ask('refresh', { outcome: null })
    expect(observer.outcome).toMatchObject({ state: 'refused', refusal: { code: 'NOT_A_MEMBER' } })
    const refusal: Refusal = { code: 'STOPPING', message: 'this replica is stopping; ask another' }
    const stopping = await ask('refresh', { outcome: { accepted: false, id: ID, refusal } })
    expect(stopping.outcome).toEqual({ state: 'refused', refusal })
  })
})
