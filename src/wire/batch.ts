import type { Transaction, TransactionId } from '../application/contract.ts'
import { sha256 } from '../crypto/hash.ts'
import { concatBytes, toHex, utf8 } from '../lib/bytes.ts'
import { type Digest, digest, type ReplicaId, replicaId } from '../pbft/types.ts'
import { decodeCount, plain } from './convert.ts'
import { BATCH_OVERHEAD_BYTES, SYSTEM_OPERATION_BYTES_MAX } from './limits.ts'
import { BatchBody, SignedBatch, type TransactionFields } from './pb/messages.ts'
import { decodeOr, isRejection, type Rejection, reject } from './rejection.ts'
import type { Scope } from './scope.ts'
import { transactionSigningBytes } from './transaction.ts'

/**
 * A batch: transactions that one member spreads once and that proposals name by digest. The digest is the SHA-256 of the body's
 * bytes as they came; the author's signature over it tells who spread it.
 */
const TAG = utf8('QUORATE/batch/v1')

export interface IdentifiedTransaction {
  readonly id: TransactionId
  readonly transaction: Transaction
  /** What the client's signature is over. */
  readonly signingBytes: Uint8Array
}

export interface Batch {
  readonly digest: Digest
  readonly author: ReplicaId
  readonly transactions: readonly IdentifiedTransaction[]
  /** The whole signed batch as it is spread and stored. */
  readonly bytes: Uint8Array
  readonly signature: Uint8Array
  /** What the author's signature is over. */
  readonly signedBytes: Uint8Array
}

export interface BatchLimits {
  readonly batchBytesMax: number
  readonly batchTransactionsMax: number
  readonly operationBytesMax: number
}

/** Names a transaction. */
export function identify(scope: Scope, transaction: Transaction): IdentifiedTransaction {
  const signingBytes = transactionSigningBytes(scope.networkId, transaction)
  return { id: toHex(sha256(signingBytes)), transaction, signingBytes }
}

/** @param sign Ed25519 by the author's key */
export function createBatch(
  scope: Scope,
  author: ReplicaId,
  transactions: readonly IdentifiedTransaction[],
  sign: (bytes: Uint8Array) => Uint8Array,
): Batch {
  const fields = transactions.map(({ transaction }) => encodeTransaction(transaction))
  const body = BatchBody.encode({ epoch: scope.epoch, author, transactions: fields })
  const hash = sha256(concatBytes(TAG, scope.networkId, body))
  const signedBytes = concatBytes(TAG, hash)
  const signature = sign(signedBytes)
  const bytes = SignedBatch.encode({ body: plain(body), signature: plain(signature), attempt: 0 })
  return { digest: digest(toHex(hash)), author, transactions, bytes, signature, signedBytes }
}

/** Everything about a batch but its signatures. */
export function decodeBatch(scope: Scope, limits: BatchLimits, bytes: Uint8Array): Batch | Rejection {
  if (bytes.length > limits.batchBytesMax + BATCH_OVERHEAD_BYTES) return reject('batch-too-large')
  const signed = decodeOr('batch-malformed', () => SignedBatch.decode(bytes))
  if (isRejection(signed)) return signed
  if (signed.signature.length !== 64) return reject('batch-signature-malformed')
  const body = decodeOr('batch-malformed', () =>
    BatchBody.decode(signed.body, { limits: { transactions: limits.batchTransactionsMax } }),
  )
  if (isRejection(body)) return body
  if (body.epoch !== scope.epoch) return reject('batch-of-another-epoch')
  if (body.author >= scope.memberKeys.length) return reject('batch-author-unknown')
  if (body.transactions.length === 0) return reject('batch-empty')
  const transactions: IdentifiedTransaction[] = []
  for (const fields of body.transactions) {
    const transaction = decodeTransaction(fields, limits.operationBytesMax)
    if (transaction === null) return reject('batch-transaction-malformed')
    transactions.push(identify(scope, transaction))
  }
  const hash = sha256(concatBytes(TAG, scope.networkId, signed.body))
  return {
    digest: digest(toHex(hash)),
    author: replicaId(body.author),
    transactions,
    bytes,
    signature: signed.signature,
    signedBytes: concatBytes(TAG, hash),
  }
}

/** The same batch in other bytes, for gossip that has seen the first ones. */
export function encodeAgain(batch: Batch, attempt: number): Uint8Array {
  const { body, signature } = SignedBatch.decode(batch.bytes)
  return SignedBatch.encode({ body, signature, attempt })
}

export function encodeTransaction(transaction: Transaction): TransactionFields {
  return {
    client: plain(transaction.client),
    timestampMs: transaction.timestampMs,
    nonce: transaction.nonce,
    operation: plain(transaction.operation),
    signature: plain(transaction.signature),
    kind: transaction.kind === 'system' ? 1 : 0,
  }
}

/** Null when a field is out of its range. @param operationBytesMax of the application's; the system's have a bound of their own */
export function decodeTransaction(fields: TransactionFields, operationBytesMax: number): Transaction | null {
  const { client, operation, signature, kind } = fields
  const timestampMs = decodeCount(fields.timestampMs)
  const nonce = decodeCount(fields.nonce)
  if (client.length !== 32 || timestampMs === null || nonce === null) return null
  if (signature.length !== 0 && signature.length !== 64) return null
  if (kind > 1 || operation.length > (kind === 1 ? SYSTEM_OPERATION_BYTES_MAX : operationBytesMax))
    return null
  const transaction = { client, timestampMs, nonce, operation, signature }
  return kind === 1 ? { ...transaction, kind: 'system' } : transaction
}
