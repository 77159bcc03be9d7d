/**
 * Shows that the network works: submits a few transactions, each through another node, and reads each back from every
 * node's own state.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeSet } from '../../../application/key-value.ts'
import { encodeTransfer } from '../../../application/ledger.ts'
import { createQuorateClient, type QuorateClient } from '../../../client/client.ts'
import { createTransactionSigner, type TransactionSigner } from '../../../client/signer.ts'
import { equalBytes, fromHex, fromUtf8, toHex, utf8 } from '../../../lib/bytes.ts'
import { readKeyFile } from '../../../node/key-file.ts'
import { CommandError, EXIT } from '../failure.ts'
import { apiUrlOf, type TestnetManifest, type TestnetNode, type TestnetPaths } from './layout.ts'

interface Example {
  readonly label: string
  readonly operation: Uint8Array
  /** Where its effect is read. */
  readonly key: string
  /** Null: whatever it is, all nodes must say the same. */
  readonly expected: Uint8Array | null
}

interface Reader {
  readonly node: TestnetNode
  readonly api: QuorateClient
}

const EXAMPLES = 3
const COMMIT_MS = 30_000
const READ_BACK_MS = 30_000
const POLL_MS = 50

/** @param print one line for each transaction @throws CommandError when one is not committed on all nodes in time */
export async function demonstrate(
  manifest: TestnetManifest,
  paths: TestnetPaths,
  signal: AbortSignal,
  print: (line: string) => void,
): Promise<void> {
  const networkId = fromHex(manifest.networkId)
  const prepared = await prepare(manifest.application, paths, networkId)
  if (prepared === null) return print('an application of your own: submit to it with quorate submit raw')
  const readers = manifest.nodes.map(node => ({ node, api: createQuorateClient({ url: apiUrlOf(node) }) }))
  for (const [i, example] of prepared.examples.entries()) {
    const { node, api } = readers[i % readers.length] as Reader
    const transaction = prepared.signer.sign(example.operation)
    const startMs = performance.now()
    const reply = await api.submit(transaction, { wait: 'committed', timeoutMs: COMMIT_MS, signal })
    const tookMs = (performance.now() - startMs).toFixed(1)
    if (reply.state !== 'committed' || reply.result.code !== 0) {
      const why = reply.state === 'committed' ? fromUtf8(reply.result.data) : reply.state
      throw new CommandError(EXIT.failed, `the network did not commit ${example.label} (${why})`)
    }
    await Promise.all(readers.map(reader => readBack(reader, example, reply.sequence, signal)))
    const on = readers.map(reader => reader.node.index).join(' ')
    print(
      `${example.label}: through node ${node.index}, committed in ${tookMs} ms as sequence ${reply.sequence}, read back from nodes ${on}`,
    )
  }
}

async function prepare(
  application: string,
  paths: TestnetPaths,
  networkId: Uint8Array,
): Promise<{ signer: TransactionSigner; examples: readonly Example[] } | null> {
  if (application === 'key-value') {
    const signer = createTransactionSigner(randomBytes(32), networkId)
    return { signer, examples: Array.from({ length: EXAMPLES }, (_, i) => setExample(i + 1)) }
  }
  if (application !== 'ledger') return null
  const seed = await readKeyFile(paths.faucetKey, readFileSync(paths.password, 'utf8').trim())
  const signer = createTransactionSigner(seed, networkId)
  return { signer, examples: Array.from({ length: EXAMPLES }, (_, i) => transferExample(i + 1, signer)) }
}

function setExample(number: number): Example {
  const key = `demo/${number}`
  const value = toHex(randomBytes(4))
  return { label: `${key} = ${value}`, operation: encodeSet(key, utf8(value)), key, expected: utf8(value) }
}

function transferExample(number: number, { client }: TransactionSigner): Example {
  const to = randomBytes(32)
  const operation = encodeTransfer({ from: client, to, amount: BigInt(number) })
  const account = toHex(to)
  return {
    label: `transfer of ${number} to ${account.slice(0, 8)}…`,
    operation,
    key: account,
    expected: null,
  }
}

/** A node may be a little behind the one that answered. */
async function readBack(
  { node, api }: Reader,
  example: Example,
  sequence: number,
  signal: AbortSignal,
): Promise<void> {
  const untilMs = performance.now() + READ_BACK_MS
  for (;;) {
    const state = await api.state(example.key, { signal })
    const { value } = state
    if (state.sequence >= sequence && value !== null) {
      if (example.expected === null || equalBytes(value, example.expected)) return
      throw new CommandError(
        EXIT.failed,
        `node ${node.index} has another value for ${example.key} than was committed`,
      )
    }
    if (performance.now() > untilMs) {
      throw new CommandError(EXIT.failed, `node ${node.index} did not execute sequence ${sequence} in time`)
    }
    await sleep(POLL_MS, undefined, { signal })
  }
}
