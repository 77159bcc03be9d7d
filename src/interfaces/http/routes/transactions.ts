/** Submitting one transaction, and asking what became of it. */
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Transaction, TransactionId } from '../../../application/contract.ts'
import type { AcceptedJson } from '../../../client/api-types.ts'
import type { TransactionStatus } from '../../../node/api.ts'
import type { RouteContext } from '../context.ts'
import { HttpError, statusOfRefusal } from '../errors.ts'
import { parseTransaction, statusToJson } from '../json.ts'
import { type WaitQuery, waitQuery } from '../query.ts'
import type { Settled } from '../waits.ts'

export function transactionRoutes(app: FastifyInstance, context: RouteContext): void {
  app.post('/v1/transactions', async (request, reply) => {
    const query = waitQuery(request, context.limits)
    const parsed = parseTransaction(typeof request.body === 'string' ? request.body : '')
    if (typeof parsed === 'string') throw new HttpError(400, 'INVALID_TRANSACTION', parsed)
    return submit(context, parsed, query, reply)
  })

  app.get<{ Params: { id: string } }>('/v1/transactions/:id', async (request, reply) => {
    const id = request.params.id.toLowerCase()
    if (!/^[0-9a-f]{64}$/.test(id)) {
      throw new HttpError(400, 'INVALID_ID', 'A transaction id is 64 hexadecimal digits.')
    }
    const query = waitQuery(request, context.limits)
    const status = context.node.transaction(id)
    if (status.state !== 'accepted' || query.wait === 'accepted') return answerStatus(reply, id, status, 200)
    return answerStatus(reply, id, await settled(context, id, query.timeoutMs), 200, context)
  })
}

async function submit(
  context: RouteContext,
  transaction: Transaction,
  { wait, timeoutMs }: WaitQuery,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const [outcome] = await context.node.submit([transaction])
  if (outcome === undefined) throw new Error('the outcome is missing')
  const { id } = outcome
  if (!outcome.accepted) {
    throw new HttpError(statusOfRefusal(outcome.refusal), outcome.refusal.code, outcome.refusal.message, id)
  }
  if (outcome.state === 'committed') return answerStatus(reply, id, context.node.transaction(id), 202)
  if (wait === 'accepted') return answerStatus(reply, id, { state: 'accepted', id }, 202)
  return answerStatus(reply, id, await settled(context, id, timeoutMs), 202, context)
}

async function settled({ waits }: RouteContext, id: TransactionId, timeoutMs: number): Promise<Settled> {
  const group = waits.open(timeoutMs)
  try {
    return await group.settled(id)
  } finally {
    group.close()
  }
}

/**
 * @param status null: the time was over; `context` then tells why
 * @param acceptedCode HTTP status of what is not committed: 202 to a submission, 200 to a question
 */
function answerStatus(
  reply: FastifyReply,
  id: TransactionId,
  status: Settled,
  acceptedCode: number,
  context?: RouteContext,
): FastifyReply {
  if (status === null) return reply.code(acceptedCode).send(timedOut(id, context))
  if (status.state === 'unknown') {
    throw new HttpError(404, 'TRANSACTION_UNKNOWN', 'This node does not know the transaction.', id)
  }
  return reply.code(httpStatus(status, acceptedCode)).send(statusToJson(status))
}

function httpStatus(status: TransactionStatus, acceptedCode: number): number {
  return status.state === 'accepted' ? acceptedCode : 200
}

function timedOut(id: TransactionId, context: RouteContext | undefined): AcceptedJson {
  const stall = context?.node.status().stall
  const message = stall?.message ?? 'It was not committed within the time of the request; it may be later.'
  return { id, state: 'accepted', timedOut: true, message, next: nextUrl(id) }
}

function nextUrl(id: TransactionId): string {
  return `/v1/transactions/${id}?wait=committed`
}
