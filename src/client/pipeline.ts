/**
 * One promise for each transaction over one bulk request: for programs that have many transactions on the way at a time and
 * do not want a request for each. When the connection is lost, all that are on the way fail, and the next one connects anew.
 */
import type { Transaction } from '../application/contract.ts'
import type { BulkResult } from './bulk.ts'
import { QuorateClientError } from './error.ts'
import type { TransactionReply } from './replies.ts'

export interface Pipeline {
  /** @throws QuorateClientError the node's refusal, CONNECTION_LOST (the outcome is then open: ask for the id), TOO_MANY_PENDING */
  submit(transaction: Transaction): Promise<TransactionReply>
  /** Waits for what is on the way. Nothing can be submitted afterwards. */
  close(): Promise<void>
}

interface Waiter {
  resolve(reply: TransactionReply): void
  reject(error: unknown): void
}

/** @param open starts one bulk request */
export function createPipeline(
  open: (source: AsyncIterable<Transaction>) => AsyncIterable<BulkResult>,
  { pendingMax }: { readonly pendingMax: number },
): Pipeline {
  let current: Run | null = null
  let closed = false
  let finished: Promise<void> = Promise.resolve()

  function start(): Run {
    const run = createRun()
    finished = drive(run)
    return run
  }

  async function drive(run: Run): Promise<void> {
    let reason: unknown = CONNECTION_LOST
    try {
      for await (const result of open(run.source)) run.answer(result)
    } catch (error) {
      reason = error
    }
    if (current === run) current = null
    run.fail(reason)
  }

  return {
    submit(transaction) {
      if (closed) return Promise.reject(new QuorateClientError(CLOSED))
      current ??= start()
      if (current.pending() >= pendingMax) return Promise.reject(new QuorateClientError(TOO_MANY_PENDING))
      return current.push(transaction)
    },
    close() {
      closed = true
      current?.end()
      return finished
    },
  }
}

/** The transactions of one request, and who waits for them. */
interface Run {
  readonly source: AsyncIterable<Transaction>
  push(transaction: Transaction): Promise<TransactionReply>
  answer(result: BulkResult): void
  pending(): number
  end(): void
  fail(reason: unknown): void
}

function createRun(): Run {
  const waiters = new Map<number, Waiter>()
  let queue: Transaction[] = []
  let pushed = 0
  let ended = false
  let wake = () => {}

  async function* drain(): AsyncGenerator<Transaction, void, void> {
    for (;;) {
      const taken = queue
      queue = []
      yield* taken
      if (queue.length > 0) continue
      if (ended) return
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
  }

  return {
    source: drain(),
    push(transaction) {
      const index = pushed++
      queue.push(transaction)
      wake()
      return new Promise((resolve, reject) => waiters.set(index, { resolve, reject }))
    },
    answer(result) {
      const waiter = waiters.get(result.index)
      waiters.delete(result.index)
      if (result.ok) waiter?.resolve(result.reply)
      else waiter?.reject(result.error)
    },
    pending: () => waiters.size,
    end() {
      ended = true
      wake()
    },
    fail(reason) {
      ended = true
      wake()
      for (const waiter of waiters.values()) waiter.reject(reason)
      waiters.clear()
    },
  }
}

const CLOSED = { code: 'CLOSED', message: 'The pipeline is closed.' }
const CONNECTION_LOST = { code: 'CONNECTION_LOST', message: 'The node ended the stream.' }
const TOO_MANY_PENDING = {
  code: 'TOO_MANY_PENDING',
  message: 'Too many transactions are on the way already.',
}
