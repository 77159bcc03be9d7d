/** The JSON of proofs as schemas. */
import { z } from 'zod'
import type { CertificateJson } from '../../client/api-types.ts'
import type {
  KeyProofJson,
  ReceiptProofJson,
  StateProofJson,
  ThresholdCertificateJson,
} from '../../client/proof-types.ts'

const count = () => z.int().min(0)
const timeMs = () => count().meta({ description: 'Milliseconds since 1970, log time.' })
const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-fA-F]{${2 * bytes}}$`))
const base64 = () => z.string().meta({ contentEncoding: 'base64' })

const thresholdCertificate = z.object({
  purpose: z.literal('checkpoint').optional(),
  networkId: hex(32),
  keyId: hex(32).meta({ description: 'SHA-256 of the public key.' }),
  epoch: count().meta({ description: 'Of the shares that signed.' }),
  statement: z.object({
    epoch: count(),
    sequence: count(),
    historyDigest: hex(32),
    stateRoot: hex(32),
    membersHash: hex(32),
    logTimeMs: timeMs(),
  }),
  signature: hex(48),
}) satisfies z.ZodType<ThresholdCertificateJson>

/** @param members of a certificate that members sign each for itself */
export function proofSchemas(members: z.ZodType<CertificateJson>) {
  const certificate = z.union([thresholdCertificate, members])
  const link = z.object({ proposalDigest: hex(32), receiptsRoot: hex(32), logTimeMs: timeMs() })
  return {
    receipt: z.object({
      format: z.literal('quorate-receipt/1'),
      networkId: hex(32),
      receipt: z.object({
        id: hex(32),
        sequence: count(),
        position: count(),
        code: count().meta({ description: "0: done. Any other: the application's own reason for refusing." }),
        data: base64(),
      }),
      count: count().meta({ description: 'Receipts of the sequence.' }),
      path: z.array(hex(32)).meta({ description: 'Audit path of RFC 6962 to the root over them.' }),
      historyBefore: hex(32),
      proposalDigest: hex(32),
      logTimeMs: timeMs(),
      links: z.array(link).meta({ description: 'The sequences after it, up to the certified one.' }),
      certificate,
    }) satisfies z.ZodType<ReceiptProofJson>,
    state: z.object({
      format: z.literal('quorate-state/1'),
      networkId: hex(32),
      key: z.string(),
      value: base64().nullable().meta({ description: 'null: the proof shows that there is none.' }),
      proof: base64(),
      applicationRoot: hex(32),
      systemRoot: hex(32),
      certificate,
    }) satisfies z.ZodType<StateProofJson>,
    key: z.object({
      format: z.literal('quorate-key/1'),
      networkId: hex(32),
      applicationRoot: hex(32),
      floorMs: timeMs(),
      firstSequence: count(),
      part: base64().meta({ description: 'Of the encoding of the keys; the key that counts stands first.' }),
      otherHashes: z.array(hex(32)),
      certificate,
    }) satisfies z.ZodType<KeyProofJson>,
  }
}
