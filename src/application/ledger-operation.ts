import { concatBytes, fromHex, toHex } from '../lib/bytes.ts'
import { ByteReader } from './byte-cursor.ts'

/** The ledger's one operation, as bytes: `1 | from 32 | to 32 | amount u64`, big-endian; there is no other way to write it. */
export interface Transfer {
  /** Ed25519 public key, 32 bytes. */
  readonly from: Uint8Array
  /** Ed25519 public key, 32 bytes. */
  readonly to: Uint8Array
  /** 1 to `AMOUNT_MAX` */
  readonly amount: bigint
}

export const ACCOUNT_BYTES = 32
/** 2^64 - 1 */
export const AMOUNT_MAX = 18_446_744_073_709_551_615n

const TRANSFER = 1

/** @param transfer accounts as 32 bytes or 64 hexadecimal digits @throws RangeError */
export function encodeTransfer(transfer: {
  readonly from: string | Uint8Array
  readonly to: string | Uint8Array
  readonly amount: bigint | number
}): Uint8Array {
  const amount = BigInt(transfer.amount)
  if (amount < 1n || amount > AMOUNT_MAX)
    throw new RangeError(`an amount is 1 to ${AMOUNT_MAX}, not ${amount}`)
  const from = accountBytes(transfer.from)
  const to = accountBytes(transfer.to)
  return concatBytes(Uint8Array.of(TRANSFER), from, to, encodeBalance(amount))
}

/** @returns undefined when the bytes are no transfer */
export function decodeTransfer(operation: Uint8Array): Transfer | undefined {
  const reader = new ByteReader(operation)
  const type = reader.u8()
  const from = reader.bytes(ACCOUNT_BYTES)
  const to = reader.bytes(ACCOUNT_BYTES)
  const amount = reader.u64()
  if (type !== TRANSFER || from === undefined || to === undefined || amount === undefined) return undefined
  return amount === 0n || reader.remaining !== 0 ? undefined : { from, to, amount }
}

/** One line for people. */
export function describeTransfer(operation: Uint8Array): string {
  const transfer = decodeTransfer(operation)
  if (transfer === undefined) return `not a ledger operation (${operation.length} bytes)`
  return `transfer ${transfer.amount} from ${toHex(transfer.from)} to ${toHex(transfer.to)}`
}

/** @returns undefined when the text is not 64 hexadecimal digits */
export function parseAccount(text: string): Uint8Array | undefined {
  return /^[0-9a-f]{64}$/i.test(text) ? fromHex(text) : undefined
}

/** @param amount 0 to `AMOUNT_MAX` @returns 8 bytes: a balance in the state and in answers */
export function encodeBalance(amount: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, amount)
  return bytes
}

/** @param value of a query; null, no entry, is a balance of zero @throws RangeError when it is not of 8 bytes */
export function decodeBalance(value: Uint8Array | null): bigint {
  if (value === null) return 0n
  const amount = value.length === 8 ? new ByteReader(value).u64() : undefined
  if (amount === undefined) throw new RangeError(`a balance has 8 bytes, not ${value.length}`)
  return amount
}

function accountBytes(account: string | Uint8Array): Uint8Array {
  const bytes = typeof account === 'string' ? parseAccount(account) : account
  if (bytes === undefined || bytes.length !== ACCOUNT_BYTES) {
    throw new RangeError('an account is a public key: 64 hexadecimal digits, or 32 bytes')
  }
  return bytes
}
