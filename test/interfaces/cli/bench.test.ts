import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Transaction } from '../../../src/application/contract.ts'
import type { BulkResult } from '../../../src/client/bulk.ts'
import { QuorateClientError } from '../../../src/client/error.ts'
import { type BulkTarget, type LoadOptions, runLoad } from '../../../src/interfaces/cli/bench/load.ts'
import { sumOf } from '../../../src/interfaces/cli/bench/prometheus.ts'
import { latenciesOf } from '../../../src/interfaces/cli/bench/statistics.ts'
import { createTransactionSource } from '../../../src/interfaces/cli/bench/transactions.ts'

const TRANSACTION: Transaction = {
  client: new Uint8Array(32),
  timestampMs: 1,
  nonce: 0,
  operation: new Uint8Array(1),
  signature: new Uint8Array(0),
}

const committed = (index: number, code = 0): BulkResult => ({
  index,
  ok: true,
  reply: {
    state: 'committed',
    id: '',
    sequence: 1,
    position: 0,
    logTimeMs: 0,
    result: { code, data: new Uint8Array(0) },
  },
})

/** Answers each transaction after what `delayMs` says; keeps count of what is on the way. */
function target(
  delayMs: (index: number) => number,
  answer: (index: number) => BulkResult = committed,
): BulkTarget & { inFlightMax: number } {
  const state = {
    inFlightMax: 0,
    async *submitBulk(transactions: AsyncIterable<Transaction>) {
      const results: BulkResult[] = []
      let inFlight = 0
      let index = 0
      let over = false
      let wake = (): void => {}
      const pump = (async () => {
        for await (const _ of transactions) {
          const own = index++
          inFlight++
          state.inFlightMax = Math.max(state.inFlightMax, inFlight)
          setTimeout(() => {
            inFlight--
            results.push(answer(own))
            wake()
          }, delayMs(own))
        }
        over = true
        wake()
      })()
      while (!over || inFlight > 0 || results.length > 0) {
        yield* results.splice(0)
        if (over && inFlight === 0) continue
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
      await pump
    },
  }
  return state
}

const OPTIONS: LoadOptions = {
  warmupMs: 100,
  durationMs: 500,
  ratePerSecond: null,
  inFlight: 10,
  drainMs: 2_000,
}
const run = (options: Partial<LoadOptions>, target: BulkTarget) =>
  runLoad({ ...OPTIONS, ...options }, [{ target, next: () => TRANSACTION }], new AbortController().signal)

describe('load', () => {
  it('keeps so many on the way in the closed loop, and never more', async () => {
    const network = target(() => 10)
    const result = await run({ inFlight: 7 }, network)
    expect(network.inFlightMax).toBe(7)
    expect(result.committed).toBeGreaterThan(7 * 20)
    expect(result.committed).toBeLessThanOrEqual(7 * 51)
    expect(result.unanswered).toBe(0)
  })

  it('offers a fixed rate, whatever the answers do', async () => {
    const network = target(() => 50)
    const result = await run({ ratePerSecond: 400 }, network)
    expect(Math.abs(result.latenciesMs.length - 200)).toBeLessThanOrEqual(1)
    expect(latenciesOf(result.latenciesMs).p50).toBeGreaterThan(45)
    expect(latenciesOf(result.latenciesMs).p50).toBeLessThan(90)
  })

  it('charges a stall with everything that came due in it', async () => {
    const startMs = performance.now()
    const untilMs = startMs + 400
    const stalling: BulkTarget = {
      async *submitBulk(transactions) {
        let index = 0
        for await (const _ of transactions) {
          // The network takes nothing for a while: a client that sends only after an answer would not notice.
          if (performance.now() < untilMs) await sleep(untilMs - performance.now())
          yield committed(index++)
        }
      },
    }
    const result = await run({ ratePerSecond: 200 }, stalling)
    const slow = result.latenciesMs.filter(latencyMs => latencyMs > 100).length
    expect(Math.abs(result.latenciesMs.length - 100)).toBeLessThanOrEqual(1)
    expect(slow).toBeGreaterThan(25)
    expect(Math.max(...result.latenciesMs)).toBeGreaterThan(250)
  })

  it('counts what was not done by its reason', async () => {
    const answers = [
      (index: number): BulkResult => ({
        index,
        ok: false,
        error: new QuorateClientError({ code: 'OVERLOADED', message: '' }),
      }),
      (index: number) => committed(index, 3),
      (index: number) => committed(index),
    ]
    const result = await run(
      { ratePerSecond: 100, warmupMs: 0, durationMs: 300 },
      target(
        () => 1,
        index => answers[index % 3]?.(index) ?? committed(index),
      ),
    )
    expect(result.failures).toEqual({ OVERLOADED: 10, 'REFUSED (3)': 10 })
    expect(result.latenciesMs.length).toBe(10)
  })

  it('gives up on answers that never come', async () => {
    const deaf: BulkTarget = {
      async *submitBulk(transactions, { signal }) {
        const iterator = transactions[Symbol.asyncIterator]()
        await iterator.next()
        await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
      },
    }
    const result = await run({ inFlight: 1, warmupMs: 0, durationMs: 50, drainMs: 50 }, deaf)
    expect(result).toMatchObject({ committed: 0, unanswered: 1 })
  })
})

describe('figures', () => {
  it('are exact percentiles by nearest rank', () => {
    const samples = Array.from({ length: 200 }, (_, i) => 200 - i)
    expect(latenciesOf(samples)).toEqual({ p50: 100, p95: 190, p99: 198, max: 200, samples: 200 })
    expect(latenciesOf([7])).toEqual({ p50: 7, p95: 7, p99: 7, max: 7, samples: 1 })
    expect(latenciesOf([])).toEqual({ p50: 0, p95: 0, p99: 0, max: 0, samples: 0 })
  })

  it('are summed over labels, by the whole name', () => {
    const text =
      '# HELP a_total x\na_total{topic="batch"} 3\na_total{topic="consensus"} 4\na_total_more 100\nb 1.5e3\n'
    expect(sumOf(text, 'a_total')).toBe(7)
    expect(sumOf(text, 'a_total', ['topic="batch"'])).toBe(3)
    expect(sumOf(text, 'b')).toBe(1_500)
    expect(sumOf(text, 'a')).toBeNull()
  })
})

describe('transactions of the benchmark', () => {
  it('have the stated size, differ, and are signed beforehand', async () => {
    const source = createTransactionSource({
      networkId: new Uint8Array(32),
      payloadBytes: 256,
      signed: true,
      name: '0001',
    })
    const controller = new AbortController()
    await source.prepare(3, controller.signal)
    const transactions = Array.from({ length: 4 }, () => source.next())
    expect(transactions.map(({ operation }) => operation.length)).toEqual([256, 256, 256, 256])
    expect(transactions.every(({ signature }) => signature.length === 64)).toBe(true)
    expect(new Set(transactions.map(({ operation }) => Buffer.from(operation).toString('hex'))).size).toBe(4)
    expect(source.late()).toBe(1)
    controller.abort(new Error('Ctrl-C'))
    await expect(source.prepare(1_000_000, controller.signal)).rejects.toThrow('Ctrl-C')
    expect(() =>
      createTransactionSource({
        networkId: new Uint8Array(32),
        payloadBytes: 8,
        signed: false,
        name: '0001',
      }),
    ).toThrow(/--payload 8 is too small/)
  })
})
