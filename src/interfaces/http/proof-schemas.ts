/** The JSON of proofs as schemas. */
import { z } from 'zod'
import type { CertificateJson } from '../../client/api-types.ts'
import type { KeyProofJson, ReceiptProofJson, StateProofJson } from '../../client/proof-types.ts'
import { thresholdCertificate } from './key-schemas.ts'
import { base64, count, hex, logTimeMs } from './schema-fields.ts'

/** @param members of a certificate that members sign each for itself */
export function proofSchemas(members: z.ZodType<CertificateJson>) {
  const certificate = z.union([thresholdCertificate, members])
  const link = z.object({ proposalDigest: hex(32), receiptsRoot: hex(32), logTimeMs: logTimeMs() })
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
      logTimeMs: logTimeMs(),
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
      floorMs: logTimeMs(),
      firstSequence: count(),
      part: base64().meta({ description: 'Of the encoding of the keys; the key that counts stands first.' }),
      otherHashes: z.array(hex(32)),
      certificate,
    }) satisfies z.ZodType<KeyProofJson>,
  }
}
