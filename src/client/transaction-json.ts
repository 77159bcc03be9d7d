import type { Transaction } from '../application/contract.ts'
import { toHex } from '../lib/bytes.ts'
import type { TransactionJson } from './api-types.ts'
import { toBase64 } from './base64.ts'

export function transactionToJson(transaction: Transaction): TransactionJson {
  return {
    client: toHex(transaction.client),
    timestampMs: transaction.timestampMs,
    nonce: transaction.nonce,
    operation: toBase64(transaction.operation),
    signature: toBase64(transaction.signature),
  }
}

/** The same as JSON text on one line, without its newline. Nothing in it needs escaping. */
export function transactionToLine(transaction: Transaction): string {
  const { client, timestampMs, nonce, operation, signature } = transaction
  return (
    `{"client":"${toHex(client)}","timestampMs":${timestampMs},"nonce":${nonce},` +
    `"operation":"${toBase64(operation)}","signature":"${toBase64(signature)}"}`
  )
}
