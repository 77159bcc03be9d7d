import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import createLedger, {
  decodeBalance,
  describeTransfer,
  encodeTransfer,
  LEDGER_CODE,
} from '../../src/application/ledger.ts'
import { AMOUNT_MAX } from '../../src/application/ledger-operation.ts'
import { concatBytes, toHex } from '../../src/lib/bytes.ts'
import { describeApplication, isAnswer, run, transactionOf } from './application-suite.ts'

const account = (i: number) => new Uint8Array(32).fill(i + 1)
const hex = (i: number) => toHex(account(i))
const ALLOTMENT = [1_000n, 20n, AMOUNT_MAX - 1_020n, 0n]
const create = () =>
  createLedger({
    accounts: [0, 1, 2].map(i => ({
      account: hex(i),
      amount: i === 2 ? `${ALLOTMENT[i]}` : Number(ALLOTMENT[i]),
    })),
  })

const index = fc.nat(3)
const transfer = fc
  .record({ from: index, to: index, amount: fc.oneof(fc.bigInt(1n, 30n), fc.bigInt(1n, AMOUNT_MAX)) })
  .filter(({ from, to }) => from !== to)
const stepOf = ({ from, to, amount }: { from: number; to: number; amount: bigint }) => ({
  client: account(from),
  operation: encodeTransfer({ from: account(from), to: account(to), amount }),
})
const good = stepOf({ from: 0, to: 1, amount: 1n })

describeApplication('ledger', {
  create,
  operation: transfer.map(stepOf),
  badOperations: [
    { ...good, operation: new Uint8Array(0) },
    { ...good, operation: good.operation.slice(0, -1) },
    { ...good, operation: concatBytes(good.operation, Uint8Array.of(0)) },
    { ...good, operation: concatBytes(Uint8Array.of(2), good.operation.slice(1)) },
    { ...good, operation: concatBytes(good.operation.slice(0, -8), new Uint8Array(8)) },
    { ...good, client: account(1) },
    stepOf({ from: 1, to: 1, amount: 1n }),
  ],
  queries: [hex(0), hex(1), hex(3), hex(9)],
})

describe('ledger', () => {
  it('moves what is there, to the unit, and never more', () => {
    fc.assert(
      fc.property(fc.array(transfer, { maxLength: 40 }), transfers => {
        const application = create()
        const model = [...ALLOTMENT]
        const balances = () =>
          model.map((_, i) => {
            const answer = application.query(hex(i))
            return isAnswer(answer) ? decodeBalance(answer.value) : -1n
          })
        for (const one of transfers) {
          const has = model[one.from] as bigint
          const [result] = run(application, [stepOf(one)])
          if (has < one.amount) expect(result?.code).toBe(LEDGER_CODE.insufficientFunds)
          else {
            model[one.from] = has - one.amount
            model[one.to] = (model[one.to] as bigint) + one.amount
            expect(result?.code).toBe(0)
            expect(decodeBalance(result?.data ?? null)).toBe(has - one.amount)
          }
          expect(balances()).toEqual(model)
        }
        expect(balances().reduce((sum, balance) => sum + balance)).toBe(AMOUNT_MAX)
      }),
    )
  })

  it('says why it refuses', () => {
    const application = create()
    const refusalOf = (step: Parameters<typeof transactionOf>[0]) => {
      const transaction = transactionOf(step)
      return application.check(transaction) ?? application.checkAgainstState(transaction)
    }
    expect(refusalOf(good)).toBeNull()
    expect(refusalOf({ ...good, client: account(1) })?.code).toBe('NOT_OWNER')
    expect(refusalOf(stepOf({ from: 1, to: 0, amount: 21n }))).toEqual({
      code: 'INSUFFICIENT_FUNDS',
      message: 'the account has 20, not 21',
    })
    expect(refusalOf(stepOf({ from: 3, to: 0, amount: 1n }))?.code).toBe('INSUFFICIENT_FUNDS')
    expect(application.query('0x12')).toMatchObject({ code: 'BAD_ACCOUNT' })
  })

  it('encodes transfers of accounts as bytes or text, and refuses others', () => {
    const operation = encodeTransfer({ from: hex(0), to: hex(1), amount: 5 })
    expect(operation).toEqual(encodeTransfer({ from: account(0), to: account(1), amount: 5n }))
    expect(describeTransfer(operation)).toBe(`transfer 5 from ${hex(0)} to ${hex(1)}`)
    expect(describeTransfer(Uint8Array.of(1))).toBe('not a ledger operation (1 bytes)')
    for (const amount of [0, -1, 1.5, AMOUNT_MAX + 1n]) {
      expect(() => encodeTransfer({ from: hex(0), to: hex(1), amount })).toThrow(RangeError)
    }
    expect(() => encodeTransfer({ from: 'abc', to: hex(1), amount: 1 })).toThrow(RangeError)
  })

  it.each([
    [{ accounts: {} }, '"accounts" is not a list'],
    [{ accounts: [{ account: 'abc', amount: 1 }] }, '"accounts[0].account" is not 64 hexadecimal digits'],
    [{ accounts: [{ account: hex(0), amount: 0 }] }, '"accounts[0].amount" is not a whole number'],
    [{ accounts: [{ account: hex(0), amount: 1.5 }] }, '"accounts[0].amount" is not a whole number'],
    [{ accounts: [{ account: hex(0), amount: '-1' }] }, '"accounts[0].amount" is not a whole number'],
    [{ accounts: [0, 0].map(i => ({ account: hex(i), amount: 1 })) }, '"accounts" names an account twice'],
    [
      { accounts: [0, 1].map(i => ({ account: hex(i), amount: `${AMOUNT_MAX}` })) },
      'come to more than 2^64 - 1',
    ],
    [{ supply: 5 }, '"supply" is none of accounts, signatures'],
  ])('names a bad option: %j', (options, message) => {
    expect(() => createLedger(options)).toThrow(message)
  })
})
