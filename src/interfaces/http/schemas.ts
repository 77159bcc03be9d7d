/** The JSON of the API as schemas: what `/openapi.json` shows, held against the types that the routes answer with. */
import { z } from 'zod'
import type * as api from '../../client/api-types.ts'
import {
  certificateEvent,
  keyEvent,
  keyRequest,
  keys,
  sharedKeySummary,
  thresholdCertificate,
} from './key-schemas.ts'
import { proofSchemas } from './proof-schemas.ts'
import { base64, count, statement } from './schema-fields.ts'

const timeMs = () => count().meta({ description: 'Milliseconds since 1970.' })
const hex32 = () => z.string().regex(/^[0-9a-fA-F]{64}$/)
const transactionId = () => hex32().meta({ description: 'SHA-256 of the signed part of the transaction.' })

const transaction = z.object({
  client: hex32().meta({ description: 'Ed25519 public key of the client.' }),
  timestampMs: timeMs(),
  nonce: count().meta({ description: 'Tells apart transactions of one client with one timestamp.' }),
  operation: base64().meta({ description: "The application's own bytes." }),
  signature: base64().meta({
    description: '64 bytes, or empty where the network does not check signatures.',
  }),
}) satisfies z.ZodType<api.TransactionJson>

const reason = z.object({
  code: z.string().meta({ description: 'For programs.' }),
  message: z.string().meta({ description: 'One sentence for people.' }),
}) satisfies z.ZodType<api.ErrorJson>

const error = z.object({
  error: reason,
  id: transactionId().optional(),
}) satisfies z.ZodType<api.ErrorReplyJson>

const result = z.object({
  code: count().meta({ description: "0: done. Any other: the application's own reason for refusing." }),
  data: base64(),
})

const committed = z.object({
  id: transactionId(),
  state: z.literal('committed'),
  sequence: count(),
  position: count().meta({ description: 'Place of the transaction within its sequence, from 0.' }),
  logTimeMs: timeMs(),
  result,
}) satisfies z.ZodType<api.CommittedJson>

const accepted = z.object({
  id: transactionId(),
  state: z.literal('accepted'),
  timedOut: z.literal(true).optional().meta({ description: 'The commit was waited for, in vain so far.' }),
  message: z.string().optional(),
  next: z.string().optional().meta({ description: 'Path to ask again.' }),
}) satisfies z.ZodType<api.AcceptedJson>

const expired = z.object({
  id: transactionId(),
  state: z.literal('expired').meta({ description: 'It will never be executed. Submit a new one.' }),
}) satisfies z.ZodType<api.ExpiredJson>

const status = z.union([committed, accepted, expired]) satisfies z.ZodType<api.TransactionStatusJson>

const line = z.object({ line: z.int().min(1).meta({ description: 'Number of the line that this answers.' }) })
const bulkLine = z.union([
  committed.extend(line.shape),
  accepted.extend(line.shape),
  expired.extend(line.shape),
  line.extend({ id: transactionId().optional(), error: reason }),
  z.object({ error: reason }).meta({ description: 'The last line, when the node ends the stream.' }),
]) satisfies z.ZodType<api.BulkLineJson>

const certificate = z.object({
  statement,
  signatures: z.array(z.object({ replica: count(), signature: base64() })),
}) satisfies z.ZodType<api.CertificateJson>

const proofs = proofSchemas(certificate)

const state = z.object({
  key: z.string(),
  value: base64().nullable().meta({ description: 'null: the proof shows that there is none.' }),
  proof: base64(),
  sequence: count().meta({ description: 'The last sequence executed when the answer was made.' }),
  applicationRoot: hex32().meta({ description: 'What the proof leads to.' }),
  certificate: certificate.nullable(),
}) satisfies z.ZodType<api.StateJson>

const nodeStatus = z.object({
  networkId: hex32(),
  networkName: z.string(),
  role: z.enum(['member', 'observer']),
  index: count().nullable(),
  name: z.string(),
  peerId: z.string(),
  state: z.enum(['starting', 'recovering', 'ready', 'stopping', 'failed']),
  epoch: count(),
  n: count(),
  faultyMax: count(),
  quorum: count(),
  view: count(),
  viewActive: z.boolean(),
  primary: count(),
  sequence: count(),
  stableSequence: count(),
  certifiedSequence: count(),
  logTimeMs: timeMs(),
  pendingTransactions: count(),
  pendingBatches: count(),
  executedTransactions: count(),
  stall: z
    .object({ code: z.string(), message: z.string(), missing: z.array(count()), sinceMs: z.number() })
    .nullable()
    .meta({ description: 'Who is missing and why nothing commits; null: nothing is in the way.' }),
  sharedKey: sharedKeySummary
    .nullable()
    .meta({ description: 'null: the network has no shared key, nor shall have one.' }),
  listenAddresses: z.array(z.string()),
  connections: count(),
  application: z.string(),
}) satisfies z.ZodType<api.StatusJson>

const member = z.object({
  index: count(),
  name: z.string(),
  peerId: z.string(),
  publicKey: hex32(),
  self: z.boolean(),
  connected: z.boolean(),
  lastHeardMs: timeMs().nullable(),
  executedSequence: count().nullable(),
  view: count().nullable(),
}) satisfies z.ZodType<api.MemberJson>

const peer = z.object({
  peerId: z.string(),
  address: z.string(),
  direction: z.enum(['inbound', 'outbound']),
  member: count().nullable(),
  score: z.number().nullable(),
  connectedSinceMs: timeMs(),
}) satisfies z.ZodType<api.PeerJson>

const sequence = z.object({
  sequence: count(),
  digest: hex32(),
  historyDigest: hex32(),
  logTimeMs: timeMs(),
  view: count(),
  transactions: z.array(z.object({ id: transactionId(), code: count() })),
}) satisfies z.ZodType<api.SequenceJson>

const gap = z.object({ from: count(), to: count() }) satisfies z.ZodType<api.GapJson>

/** By the names that `/openapi.json` gives them. */
export const SCHEMAS = {
  Transaction: transaction,
  Error: error,
  TransactionStatus: status,
  BulkLine: bulkLine,
  State: state,
  NodeStatus: nodeStatus,
  Members: z.object({ members: z.array(member) }),
  Peers: z.object({ peers: z.array(peer) }),
  Sequence: sequence,
  Gap: gap,
  ReceiptProof: proofs.receipt,
  StateProof: proofs.state,
  KeyProof: proofs.key,
  Keys: keys,
  ThresholdCertificate: thresholdCertificate,
  KeyRequest: keyRequest,
  KeyEvent: keyEvent,
  CertificateEvent: certificateEvent,
  Alive: z.object({ alive: z.literal(true) }),
  Ready: z.object({ ready: z.literal(true) }),
} as const

export type SchemaName = keyof typeof SCHEMAS
