/**
 * Clients that keep the network busy and remember every word that they were given: what was accepted (on one node's disk),
 * what was committed and where. A node that is gone is tried again until it is back; its unanswered transactions are open.
 */
import { onTestFinished } from 'vitest'
import { encodeSet } from '../../../src/application/key-value.ts'
import { QuorateClientError } from '../../../src/client/error.ts'
import type { TransactionReply } from '../../../src/client/replies.ts'
import { createTransactionSigner, createUnsignedKey } from '../../../src/client/signer.ts'
import { utf8 } from '../../../src/lib/bytes.ts'
import type { NodeProcess } from './node-process.ts'
import { pause } from './until.ts'

export interface Committed {
  readonly sequence: number
  readonly position: number
  /** performance.now() when it was handed over, and when the word came. */
  readonly submittedMs: number
  readonly committedMs: number
  /** Through which node. */
  readonly through: number
}

export interface Load {
  /** Ids that a node said to have on its disk, and through which node. */
  readonly accepted: ReadonlyMap<string, number>
  readonly committed: ReadonlyMap<string, Committed>
  /** Answers that are no acknowledgement, by code. */
  readonly refusals: ReadonlyMap<string, number>
  /** Two answers about one transaction that contradict each other: there must be none. */
  readonly contradictions: readonly string[]
  /** No new transaction; resolves when nothing is on the way. */
  stop(): Promise<void>
}

export interface LoadOptions {
  readonly nodes: readonly NodeProcess[]
  readonly networkId: Uint8Array
  /** Transactions on the way through each node at a time, of each kind. */
  readonly inFlight?: number
  readonly valueBytes?: number
  readonly prefix?: string
  /** Signed transactions are checked by the network; a name of a client is enough where it does not. */
  readonly seed?: Uint8Array
}

const RETRY_MS = 25
const COMMIT = { wait: 'committed', timeoutMs: 30_000 } as const

export function startLoad(options: LoadOptions): Load {
  const { nodes, networkId, inFlight = 4, valueBytes = 64, prefix = 'load' } = options
  const key = options.seed ?? createUnsignedKey(globalThis.crypto.getRandomValues(new Uint8Array(32)))
  const signer = createTransactionSigner(key, networkId)
  const accepted = new Map<string, number>()
  const committed = new Map<string, Committed>()
  const refusals = new Map<string, number>()
  const contradictions: string[] = []
  const value = 'x'.repeat(valueBytes)
  let number = 0
  let running = true

  function note(reply: TransactionReply, through: number, submittedMs: number): void {
    if (reply.state === 'expired') return void contradictions.push(`${reply.id} expired`)
    if (reply.state === 'accepted') return void accepted.set(reply.id, through)
    const { id, sequence, position } = reply
    const known = committed.get(id)
    if (known !== undefined && (known.sequence !== sequence || known.position !== position))
      contradictions.push(`${id} at ${known.sequence}/${known.position} and ${sequence}/${position}`)
    committed.set(id, { sequence, position, submittedMs, committedMs: performance.now(), through })
  }

  async function worker(node: NodeProcess, wait: 'accepted' | 'committed'): Promise<void> {
    const pipeline = pipelineOf(node, wait)
    while (running) {
      const n = number++
      const transaction = signer.sign(encodeSet(`${prefix}/${n % 512}`, utf8(`${n} ${value}`)))
      const submittedMs = performance.now()
      try {
        const reply = await pipeline.submit(transaction)
        note(reply, node.index, submittedMs)
        // Whoever only hears that it was accepted waits for the commit by another way, so that the load stays bounded.
        const settled = wait === 'accepted' && (await node.api.transaction(reply.id, COMMIT))
        if (settled) note(settled, node.index, submittedMs)
      } catch (error) {
        if (!(error instanceof QuorateClientError)) throw error
        refusals.set(error.code, (refusals.get(error.code) ?? 0) + 1)
        await pause(RETRY_MS)
      }
    }
  }

  const pipelines = new Map<string, ReturnType<NodeProcess['api']['pipeline']>>()
  function pipelineOf(node: NodeProcess, wait: 'accepted' | 'committed') {
    const name = `${node.index} ${wait}`
    const known = pipelines.get(name) ?? node.api.pipeline({ wait, timeoutMs: COMMIT.timeoutMs })
    pipelines.set(name, known)
    return known
  }

  const workers = nodes.flatMap(node =>
    Array.from({ length: inFlight }, () => [worker(node, 'accepted'), worker(node, 'committed')]).flat(),
  )
  // A test that failed has not stopped it, and would leave it to the next one.
  onTestFinished(() => {
    running = false
  })
  return {
    accepted,
    committed,
    refusals,
    contradictions,
    async stop() {
      running = false
      await Promise.all(workers)
      await Promise.all([...pipelines.values()].map(pipeline => pipeline.close()))
    },
  }
}
