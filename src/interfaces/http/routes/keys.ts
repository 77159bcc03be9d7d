/** The network's shared key: what it is, certificates under it, and what its operator asks of it. */
import type { FastifyInstance } from 'fastify'
import type { KeyRequestJson, KeysJson } from '../../../client/key-types.ts'
import { handoverToJson, thresholdCertificateToJson } from '../../../client/proof-json.ts'
import type { ThresholdCertificateJson } from '../../../client/proof-types.ts'
import { toHex } from '../../../lib/bytes.ts'
import type { KeyRequest, KeysInfo } from '../../../node/api.ts'
import type { RouteContext } from '../context.ts'
import { HttpError, statusOfRefusal } from '../errors.ts'
import { requireOperator } from '../operator.ts'
import { integerQuery, waitQuery } from '../query.ts'

const REQUESTS: readonly KeyRequest[] = ['refresh', 'rotate', 'revoke']

export function keyRoutes(app: FastifyInstance, context: RouteContext): void {
  const { node } = context
  const keys = (): KeysInfo => {
    const info = node.keys()
    if (info !== null) return info
    throw new HttpError(404, 'NO_SHARED_KEY', 'The members of this network make no key together.')
  }

  app.get('/v1/keys', async (): Promise<KeysJson> => {
    const { networkId, handovers, ...info } = keys()
    return {
      networkId: toHex(networkId),
      ...info,
      handovers: handovers.map(handover => handoverToJson(networkId, handover)),
    }
  })

  app.get('/v1/certificate', async (request): Promise<ThresholdCertificateJson> => {
    const { networkId } = keys()
    const sequence = integerQuery(request, 'sequence', 1, Number.MAX_SAFE_INTEGER) ?? null
    const certificate = node.certificate(sequence)
    if (certificate !== null) return thresholdCertificateToJson(networkId, certificate)
    const above = sequence === null ? '' : ` at or above sequence ${sequence}`
    throw new HttpError(404, 'CERTIFICATE_UNKNOWN', `No certificate${above} is known here yet.`)
  })

  for (const keyRequest of REQUESTS) {
    app.post(`/v1/keys/${keyRequest}`, async (request, reply): Promise<KeyRequestJson> => {
      requireOperator(request, context.operatorToken)
      keys()
      const { timeoutMs } = waitQuery(request, context.limits)
      const outcome = await node.askOfKey(keyRequest, AbortSignal.timeout(timeoutMs))
      if (outcome.state === 'refused') {
        const { refusal } = outcome
        throw new HttpError(statusOfRefusal(refusal), refusal.code, refusal.message)
      }
      reply.code(outcome.state === 'pending' ? 202 : 200)
      return outcome
    })
  }
}
