/** Receipts and reads that can be verified without trusting this node. What the fields mean is in `client/proof-types.ts`. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Refusal } from '../../../application/contract.ts'
import { keyProofToJson, receiptProofToJson, stateProofToJson } from '../../../client/proof-json.ts'
import type { KeyProofJson, ReceiptProofJson, StateProofJson } from '../../../client/proof-types.ts'
import type { Voucher } from '../../../node/proofs.ts'
import type { RouteContext } from '../context.ts'
import { HttpError } from '../errors.ts'
import { textQuery } from '../query.ts'

/** By the code of the refusal; all others are about what was asked for. */
const STATUSES: Readonly<Record<string, number>> = {
  NOT_CERTIFIED: 503,
  STATE_MOVED_ON: 503,
  TRANSACTION_UNKNOWN: 404,
  NOT_IN_HISTORY: 404,
  PROOF_TOO_LONG: 404,
  NO_SHARED_KEY: 404,
}

export function proofRoutes(app: FastifyInstance, { node }: RouteContext): void {
  app.get<{ Params: { id: string } }>(
    '/v1/proofs/receipts/:id',
    async (request): Promise<ReceiptProofJson> => {
      const id = request.params.id.toLowerCase()
      if (!/^[0-9a-f]{64}$/.test(id))
        throw new HttpError(400, 'INVALID_ID', 'A transaction id is 64 hexadecimal digits.')
      const answer = node.proofs.receipt(id, voucherOf(request))
      if ('code' in answer) throw refusalError(answer, id)
      return receiptProofToJson(node.proofs.networkId, answer.proof, answer.certificate)
    },
  )

  app.get('/v1/proofs/state', async (request): Promise<StateProofJson> => {
    const key = textQuery(request, 'key')
    if (key === undefined) throw new HttpError(400, 'INVALID_QUERY', 'key is missing.')
    const answer = node.proofs.state(key, voucherOf(request))
    if ('code' in answer) throw refusalError(answer)
    return stateProofToJson(node.proofs.networkId, answer.proof, answer.certificate)
  })

  app.get('/v1/proofs/key', async (): Promise<KeyProofJson> => {
    const answer = node.proofs.key()
    if ('code' in answer) throw refusalError(answer)
    return keyProofToJson(node.proofs.networkId, answer.proof, answer.certificate)
  })
}

/** @throws HttpError 400 */
function voucherOf(request: FastifyRequest): Voucher | null {
  const by = textQuery(request, 'by') ?? null
  if (by === null || by === 'key' || by === 'members') return by
  throw new HttpError(400, 'INVALID_QUERY', 'by must be key or members.')
}

function refusalError({ code, message }: Refusal, id?: string): HttpError {
  return new HttpError(STATUSES[code] ?? 400, code, message, id)
}
