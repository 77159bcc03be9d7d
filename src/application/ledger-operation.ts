import { concatBytes, fromHex, toHex } from '../lib/bytes.ts'

/** The ledger's one operation, as bytes: `1 | from 32 | to 32 | amount u64`, big-endian; there is no other way to write it. */
export interface Transfer {
  /** Ed25519 public key, 32 bytes. */
  readonly from: Uint8Array
  /** Ed25519 public key, 32 bytes. */
  readonly to: Uint8Array
  /** 1 to `AMOUNT_MAX` */
  readonly amount: bigint
}

const ACCOUNT_BYTES = 32
/** 2^64 - 1 */
export const AMOUNT_MAX = 18_446_744_073_709_551_615n

const TRANSFER = 1
const TRANSFER_BYTES = 1 + 2 * ACCOUNT_BYTES + 8

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
  if (operation.length !== TRANSFER_BYTES || operation[0] !== TRANSFER) return undefined
  const amount = decodeAmount(operation.subarray(1 + 2 * ACCOUNT_BYTES))
  if (amount === 0n) return undefined
  const from = operation.subarray(1, 1 + ACCOUNT_BYTES)
  return { from, to: operation.subarray(1 + ACCOUNT_BYTES, 1 + 2 * ACCOUNT_BYTES), amount }
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
  const high = Number(amount >> 32n)
  const low = Number(amount & 0xffff_ffffn)
  return Uint8Array.of(high >> 24, high >> 16, high >> 8, high, low >> 24, low >> 16, low >> 8, low)
}

/** @param value of a query; null, no entry, is a balance of zero @throws RangeError when it is not of 8 bytes */
export function decodeBalance(value: Uint8Array | null): bigint {
  if (value === null) return 0n
  if (value.length !== 8) throw new RangeError(`a balance has 8 bytes, not ${value.length}`)
  return decodeAmount(value)
}

/** By hand: a DataView on so few bytes costs more than the rest of a transfer. */
function decodeAmount(bytes: Uint8Array): bigint {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = bytes
  const high = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0
  const low = ((e << 24) | (f << 16) | (g << 8) | h) >>> 0
  return (BigInt(high) << 32n) | BigInt(low)
}

function accountBytes(account: string | Uint8Array): Uint8Array {
  const bytes = typeof account === 'string' ? parseAccount(account) : account
  if (bytes === undefined || bytes.length !== ACCOUNT_BYTES) {
    throw new RangeError('an account is a public key: 64 hexadecimal digits, or 32 bytes')
  }
  return bytes
}
