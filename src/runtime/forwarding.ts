import type { Transaction } from '../application/contract.ts'
import type { ReplicatedState } from '../membership/replicated-state.ts'
import { decodeTransaction, encodeTransaction, identify } from '../wire/batch.ts'
import { TRANSACTIONS_REQUEST_MAX } from '../wire/limits.ts'
import { type TransactionOutcome, TransactionsAnswer, TransactionsRequest } from '../wire/pb/messages.ts'
import { decodeOr, isRejection } from '../wire/rejection.ts'
import type { Scope } from '../wire/scope.ts'
import type { Askers } from './asking.ts'
import type { Intake, IntakeOutcome } from './intake.ts'

/** Observers hand transactions to a member, many in one request, and pass its answer on. */
export interface ForwardingComponents {
  readonly scope: Scope
  readonly askers: Askers
  readonly state: ReplicatedState
}

const REQUEST_TIMEOUT_MS = 5_000
const MEMBERS_TRIED_MAX = 3

export function forwardTo(
  components: ForwardingComponents,
  transactions: readonly Transaction[],
  done: (outcomes: readonly IntakeOutcome[]) => void,
): void {
  const groups: Transaction[][] = []
  for (let i = 0; i < transactions.length; i += TRANSACTIONS_REQUEST_MAX) {
    groups.push(transactions.slice(i, i + TRANSACTIONS_REQUEST_MAX))
  }
  const outcomes: (readonly IntakeOutcome[])[] = []
  let open = groups.length
  if (open === 0) return done([])
  for (const [i, group] of groups.entries()) {
    askMember(components, group, MEMBERS_TRIED_MAX, answer => {
      outcomes[i] = answer
      if (--open === 0) done(outcomes.flat())
    })
  }
}

function askMember(
  components: ForwardingComponents,
  group: readonly Transaction[],
  triesLeft: number,
  done: (outcomes: readonly IntakeOutcome[]) => void,
): void {
  const ids = group.map(transaction => identify(components.scope, transaction).id)
  const member = triesLeft > 0 ? components.askers.take() : null
  if (member === null) return done(ids.map(unreachableMembers))
  const request = TransactionsRequest.encode({ transactions: group.map(encodeTransaction) })
  components.askers.ask(member, 'transactions', request, REQUEST_TIMEOUT_MS, answer => {
    const outcomes = answer.ok ? decodeOutcomes(ids, answer.bytes) : null
    if (outcomes !== null) return done(outcomes)
    askMember(components, group, triesLeft - 1, done)
  })
}

const unreachableMembers = (id: string): IntakeOutcome => ({
  accepted: false,
  id,
  refusal: { code: 'NO_MEMBER', message: 'no member of the network answers; try again later' },
})

function decodeOutcomes(ids: readonly string[], bytes: Uint8Array): readonly IntakeOutcome[] | null {
  const answer = decodeOr('answer-malformed', () =>
    TransactionsAnswer.decode(bytes, { limits: { outcomes: TRANSACTIONS_REQUEST_MAX } }),
  )
  if (isRejection(answer) || answer.outcomes.length !== ids.length) return null
  return ids.map((id, i) => decodeOutcome(id, answer.outcomes[i]))
}

function decodeOutcome(id: string, outcome: TransactionOutcome | undefined): IntakeOutcome {
  if (outcome?.accepted) return { accepted: true, id, state: outcome.committed ? 'committed' : 'accepted' }
  const { code, message } = outcome ?? { code: '', message: '' }
  return { accepted: false, id, refusal: { code: code.slice(0, 64), message: message.slice(0, 512) } }
}

/** A member's side. @param respond null refuses the whole request */
export function acceptForwarded(
  intake: Intake,
  operationBytesMax: number,
  bytes: Uint8Array,
  respond: (answer: Uint8Array | null) => void,
): void {
  const request = decodeOr('request-malformed', () =>
    TransactionsRequest.decode(bytes, { limits: { transactions: TRANSACTIONS_REQUEST_MAX } }),
  )
  if (isRejection(request)) return respond(null)
  const transactions: Transaction[] = []
  for (const fields of request.transactions) {
    const transaction = decodeTransaction(fields, operationBytesMax)
    // What is about the keys a member says itself.
    if (transaction === null || transaction.kind === 'system') return respond(null)
    transactions.push(transaction)
  }
  intake.submit(transactions, outcomes =>
    respond(TransactionsAnswer.encode({ outcomes: outcomes.map(encodeOutcome) })),
  )
}

function encodeOutcome(outcome: IntakeOutcome): TransactionOutcome {
  if (outcome.accepted)
    return { accepted: true, committed: outcome.state === 'committed', code: '', message: '' }
  const { code, message } = outcome.refusal
  return { accepted: false, committed: false, code, message }
}
