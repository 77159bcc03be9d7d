import { describe, expect, it } from 'vitest'
import type { Transaction } from '../../../src/application/contract.ts'
import type { BulkResult } from '../../../src/client/bulk.ts'
import { QuorateClientError } from '../../../src/client/error.ts'
import {
  type BulkTarget,
  type LoadClock,
  type LoadOptions,
  runLoad,
} from '../../../src/interfaces/cli/bench/load.ts'
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

/** Time that goes on when nothing is left to do in a moment, so that a quick machine and a slow one measure the same. */
function createTime() {
  const timers = new Set<{ readonly atMs: number; readonly expired: () => void }>()
  let timeMs = 0
  const clock: LoadClock = {
    nowMs: () => timeMs,
    sleep: ms => new Promise(resolve => clock.after(ms, resolve)),
    after(delayMs, expired) {
      const timer = { atMs: timeMs + delayMs, expired }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
  }
  return {
    clock,
    async passDuring<T>(work: Promise<T>): Promise<T> {
      let isOver = false
      const end = (): void => {
        isOver = true
      }
      work.then(end, end)
      for (;;) {
        await new Promise(resolve => setImmediate(resolve))
        if (isOver) return await work
        const [next] = [...timers].sort((a, b) => a.atMs - b.atMs)
        if (next === undefined) throw new Error('what is measured waits for nothing')
        timers.delete(next)
        timeMs = next.atMs
        next.expired()
      }
    },
  }
}
type Time = ReturnType<typeof createTime>

/** Answers each transaction after what `delayMs` says; keeps count of what is on the way. */
function target(
  { clock }: Time,
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
          clock.after(delayMs(own), () => {
            inFlight--
            results.push(answer(own))
            wake()
          })
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
const run = (time: Time, options: Partial<LoadOptions>, target: BulkTarget) => {
  const clients = [{ target, next: () => TRANSACTION }]
  const { signal } = new AbortController()
  return time.passDuring(runLoad({ ...OPTIONS, ...options }, clients, signal, time.clock))
}

describe('load', () => {
  it('keeps so many on the way in the closed loop, and never more', async () => {
    const time = createTime()
    const network = target(time, () => 10)
    const result = await run(time, { inFlight: 7 }, network)
    expect(network.inFlightMax).toBe(7)
    expect(result.committed).toBe(7 * 50)
    expect(result.unanswered).toBe(0)
  })

  it('offers a fixed rate, whatever the answers do', async () => {
    const time = createTime()
    const result = await run(
      time,
      { ratePerSecond: 400 },
      target(time, () => 50),
    )
    expect(latenciesOf(result.latenciesMs)).toMatchObject({ p50: 50, max: 50, samples: 200 })
  })

  it('charges a stall with everything that came due in it', async () => {
    const time = createTime()
    const { nowMs, sleep } = time.clock
    const untilMs = 400
    const stalling: BulkTarget = {
      async *submitBulk(transactions) {
        let index = 0
        for await (const _ of transactions) {
          // The network takes nothing for a while: a client that sends only after an answer would not notice.
          if (nowMs() < untilMs) await sleep(untilMs - nowMs())
          yield committed(index++)
        }
      },
    }
    const result = await run(time, { ratePerSecond: 200 }, stalling)
    // One came due every 5 ms of the 300 that the stall lasted within the measured time.
    expect(result.latenciesMs).toEqual(Array.from({ length: 100 }, (_, i) => Math.max(0, 300 - 5 * i)))
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
    const time = createTime()
    const result = await run(
      time,
      { ratePerSecond: 100, warmupMs: 0, durationMs: 300 },
      target(
        time,
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
    const options = { inFlight: 1, warmupMs: 0, durationMs: 50, drainMs: 50 }
    const result = await run(createTime(), options, deaf)
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
