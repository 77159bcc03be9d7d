import type { Transaction } from '../../src/application/contract.ts'
import { createTransactionSigner, createUnsignedKey } from '../../src/client/signer.ts'
import { utf8 } from '../../src/lib/bytes.ts'
import { NETWORK_ID } from './scripted-node.ts'

const signer = createTransactionSigner(createUnsignedKey(new Uint8Array(32).fill(9)), NETWORK_ID)

/** A new transaction each time, for a network that checks no signatures. */
export function transactionOf(operation: string): Transaction {
  return signer.sign(utf8(operation), { timestampMs: 1_700_000_000_000 })
}
