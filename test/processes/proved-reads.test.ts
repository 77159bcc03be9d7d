/**
 * Proved reads and receipts while the network works: each read is what the log says that the state was at its certificate's sequence, each
 * receipt is believed, whichever node is asked.
 */
import { expect, it } from 'vitest'
import { encodeSet } from '../../src/application/key-value.ts'
import { LightClient, type VerifiedState } from '../../src/client/light-client.ts'
import { createTransactionSigner, createUnsignedKey } from '../../src/client/signer.ts'
import { present } from '../../src/lib/assert.ts'
import { fromHex, fromUtf8, toHex } from '../../src/lib/bytes.ts'
import { DEFAULT_THRESHOLD } from '../../src/membership/genesis.ts'
import { type Cluster, createCluster, expectNoErrors } from './support/cluster.ts'
import { startLoad } from './support/load.ts'
import type { NodeProcess } from './support/node-process.ts'
import { say } from './support/say.ts'
import { pause, until } from './support/until.ts'

const READS = 60
/** On a busy machine a state is certified less often than it is read. */
const STATES_MIN = 3
const READ_EVERY_MS = 25

it('go on, and are true', async () => {
  const cluster = await createCluster({ replicas: 4, threshold: DEFAULT_THRESHOLD })
  await cluster.start()
  const light = await lightClientOf(cluster)
  const load = startLoad({ nodes: cluster.members, networkId: cluster.networkId })
  const writer = startWriter(cluster)
  await until('the first value is certified', async () => {
    return (
      (await proofOf(cluster.member(1), '/v1/proofs/state?key=counter')) !== null && writer.written.length > 0
    )
  })
  const reads: VerifiedState[] = []
  const certified = new Set<number>()
  const answeredMs: number[] = []
  for (let i = 0; i < READS || certified.size < STATES_MIN; i++) {
    const node = cluster.member(i % 4)
    const startMs = performance.now()
    const proof = await until('the node has a certificate', () =>
      proofOf(node, '/v1/proofs/state?key=counter'),
    )
    answeredMs.push(performance.now() - startMs)
    const read = light.verifyState('counter', proof)
    reads.push(read)
    certified.add(read.certificate.sequence)
    await pause(READ_EVERY_MS)
  }
  await writer.stop()
  await load.stop()

  for (const { value, certificate } of reads) {
    const last = writer.written.findLast(({ sequence }) => sequence <= certificate.sequence)
    expect(value === null ? null : fromUtf8(value), `at sequence ${certificate.sequence}`).toBe(
      last?.value ?? null,
    )
  }
  const ids = [...load.committed.keys()].filter((_, i, all) => i % Math.ceil(all.length / 20) === 0)
  for (const [i, id] of ids.entries()) {
    const receipt = await until('the receipt is certified', () =>
      proofOf(cluster.member(i % 4), `/v1/proofs/receipts/${id}`),
    )
    const verified = light.verifyReceipt(id, receipt)
    expect(verified).toMatchObject({ sequence: load.committed.get(id)?.sequence, result: { code: 0 } })
  }
  expectNoErrors(cluster.nodes)
  answeredMs.sort((a, b) => a - b)
  const median = present(answeredMs[answeredMs.length >> 1], 'a time').toFixed(1)
  say(
    `${certified.size} states read, ${median} ms a read, ${load.committed.size} transactions beside, ${ids.length} receipts`,
  )
})

async function lightClientOf(cluster: Cluster): Promise<LightClient> {
  const key = await until('the network has a key', async () => {
    return (await cluster.member(0).api.status()).sharedKey?.publicKey ?? false
  })
  const anchor = { networkId: cluster.networkId, publicKey: fromHex(key) }
  return new LightClient({ anchor, application: 'key-value' })
}

/** null: there is no certificate by the key yet. */
async function proofOf(node: NodeProcess, path: string): Promise<unknown> {
  const response = await fetch(`${node.apiUrl}${path}${path.includes('?') ? '&' : '?'}by=key`)
  const json: unknown = await response.json()
  if (response.status === 503) {
    expect(json).toMatchObject({ error: { code: 'NOT_CERTIFIED' } })
    return null
  }
  expect(response.status, JSON.stringify(json)).toBe(200)
  return json
}

/** Counts up under one key, one value after the other. */
function startWriter(cluster: Cluster) {
  const written: { readonly sequence: number; readonly value: string }[] = []
  const signer = createTransactionSigner(createUnsignedKey(new Uint8Array(32).fill(3)), cluster.networkId)
  let running = true
  const done = (async () => {
    for (let i = 0; running; i++) {
      const value = `${i} of ${toHex(cluster.networkId).slice(0, 8)}`
      const reply = await cluster.member(0).api.submit(signer.sign(encodeSet('counter', value)), {
        wait: 'committed',
        timeoutMs: 90_000,
      })
      if (reply.state !== 'committed') throw new Error(`the value ${i} is ${reply.state}`)
      written.push({ sequence: reply.sequence, value })
    }
  })()
  return {
    written,
    async stop() {
      running = false
      await done
    },
  }
}
