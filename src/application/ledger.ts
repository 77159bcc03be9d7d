import { assert } from '../lib/assert.ts'
import { equalBytes, toHex } from '../lib/bytes.ts'
import type { Application, Refusal, Transaction } from './contract.ts'
import {
  AMOUNT_MAX,
  decodeBalance,
  decodeTransfer,
  encodeBalance,
  parseAccount,
  type Transfer,
} from './ledger-operation.ts'
import { type Change, createMapApplication, type Decision, type ReadableState } from './map-application.ts'
import { readSignatures, recordOf } from './options.ts'
import { locateAccount } from './read-proofs.ts'

export { decodeBalance, decodeTransfer, describeTransfer, encodeTransfer } from './ledger-operation.ts'

/**
 * Accounts with balances, each an Ed25519 public key whose owner alone can spend. The genesis file allots the whole supply;
 * transfers move it, and nothing makes or destroys any.
 *
 * A query's text is an account, 64 hexadecimal digits; the value is its balance, 8 bytes big-endian, and no value is a
 * balance of zero. A transfer is answered with the balance that it leaves to the sender, in the same form.
 */
export const LEDGER_CODE = { malformed: 1, notOwner: 2, insufficientFunds: 3 } as const

const REFUSALS = {
  malformed: { code: 'MALFORMED', message: 'this is not an operation of the ledger application' },
  notOwner: { code: 'NOT_OWNER', message: 'a transfer is signed by the account that it takes from' },
  toItself: { code: 'TO_ITSELF', message: 'a transfer goes to another account' },
} as const satisfies Record<string, Refusal>

/**
 * @param options `{ accounts?: [{ account, amount }], signatures?: 'required' | 'none' }`: the genesis allotment, accounts as 64
 * hexadecimal digits, amounts as safe integers or decimal text up to 2^64 - 1 in sum; `none` is for measurements, anybody can
 * then spend from any account
 * @throws TypeError
 */
export default function createLedger(options: unknown): Application {
  const fields = recordOf(options, ['accounts', 'signatures'])
  const accounts = readAccounts(fields.accounts ?? [])
  return createMapApplication({
    signatures: readSignatures(fields),
    genesis: () => accounts,
    check: transaction => checkTransfer(transaction).refusal,
    decide(state, transaction) {
      const { transfer, refusal, code } = checkTransfer(transaction)
      return transfer === null ? { type: 'refused', code, refusal } : decide(state, transfer)
    },
    locate: locateAccount,
  })
}

type Checked =
  | { readonly transfer: Transfer; readonly refusal: null; readonly code: 0 }
  | { readonly transfer: null; readonly refusal: Refusal; readonly code: number }

function checkTransfer({ client, operation }: Transaction): Checked {
  const transfer = decodeTransfer(operation)
  if (transfer === undefined)
    return { transfer: null, refusal: REFUSALS.malformed, code: LEDGER_CODE.malformed }
  if (!equalBytes(transfer.from, client))
    return { transfer: null, refusal: REFUSALS.notOwner, code: LEDGER_CODE.notOwner }
  if (equalBytes(transfer.from, transfer.to)) {
    return { transfer: null, refusal: REFUSALS.toItself, code: LEDGER_CODE.malformed }
  }
  return { transfer, refusal: null, code: 0 }
}

function decide(state: ReadableState, { from, to, amount }: Transfer): Decision {
  const balance = balanceOf(state, from)
  if (balance < amount) {
    const message = `the account has ${balance}, not ${amount}`
    return {
      type: 'refused',
      code: LEDGER_CODE.insufficientFunds,
      refusal: { code: 'INSUFFICIENT_FUNDS', message },
    }
  }
  const received = balanceOf(state, to) + amount
  assert(received <= AMOUNT_MAX, 'no account has more than the supply')
  const left = balance - amount
  return { type: 'done', data: encodeBalance(left), changes: [changeTo(from, left), changeTo(to, received)] }
}

function balanceOf(state: ReadableState, account: Uint8Array): bigint {
  return decodeBalance(state.get(account) ?? null)
}

/** An account without a balance leaves no entry behind. */
function changeTo(account: Uint8Array, balance: bigint): Change {
  return { key: account, value: balance === 0n ? null : encodeBalance(balance) }
}

function readAccounts(accounts: unknown): readonly (readonly [Uint8Array, Uint8Array])[] {
  if (!Array.isArray(accounts)) throw new TypeError('"accounts" is not a list')
  const seen = new Set<string>()
  let supply = 0n
  const entries = accounts.map((item: unknown, i) => {
    const fields = recordOf(item, ['account', 'amount'])
    const account = typeof fields.account === 'string' ? parseAccount(fields.account) : undefined
    if (account === undefined) throw new TypeError(`"accounts[${i}].account" is not 64 hexadecimal digits`)
    const amount = readAmount(fields.amount)
    if (amount === undefined)
      throw new TypeError(`"accounts[${i}].amount" is not a whole number from 1 to 2^64 - 1`)
    supply += amount
    seen.add(toHex(account))
    return [account, encodeBalance(amount)] as const
  })
  if (seen.size !== entries.length) throw new TypeError('"accounts" names an account twice')
  if (supply > AMOUNT_MAX) throw new TypeError('"accounts" come to more than 2^64 - 1')
  return entries
}

function readAmount(amount: unknown): bigint | undefined {
  const isNumber = Number.isSafeInteger(amount) || (typeof amount === 'string' && /^\d{1,20}$/.test(amount))
  const value = isNumber ? BigInt(amount as number | string) : 0n
  return value >= 1n && value <= AMOUNT_MAX ? value : undefined
}
