import { afterEach, describe, expect, it } from 'vitest'
import { keyLinesOf, type NodeState, reportTestnet } from '../../../src/interfaces/cli/testnet/report.ts'
import type { SharedKeySummary } from '../../../src/node/api.ts'
import { type Served, serve } from '../../support/http.ts'
import { cli } from './support/cli.ts'

/** What `quorate status` and `quorate testnet status` say of the shared key. */
const ALL: Served[] = []
afterEach(async () => {
  for (const { server } of ALL.splice(0)) await server.close()
})

async function serveKey(sharedKey: SharedKeySummary | null): Promise<Served> {
  const served = await serve()
  served.node.sharedKey = sharedKey
  ALL.push(served)
  return served
}

const NO_KEY: SharedKeySummary = {
  publicKey: null,
  keyId: null,
  epoch: null,
  certifiedSequence: 0,
  ceremony: { kind: 'fresh', phase: 'dealing', missing: [0] },
  trouble: null,
}
const keyOf = (epoch: number, certifiedSequence: number): SharedKeySummary => ({
  publicKey: `${epoch}`.repeat(192),
  keyId: `${epoch}`.repeat(64),
  epoch,
  certifiedSequence,
  ceremony: null,
  trouble: null,
})

describe('quorate status', () => {
  const status = async (sharedKey: SharedKeySummary | null) => {
    const { server } = await serveKey(sharedKey)
    return (await cli(['status', '--api', server.url])).stdout
  }

  it('shows a key, and one that is being made', async () => {
    expect(await status(null)).not.toContain('shared key')
    expect(await status(NO_KEY)).toMatch(
      /^shared key {3}none yet\nceremony {5}for the first key: dealing, waits for \S+ \(0\)$/m,
    )
    expect(await status(keyOf(2, 17))).toMatch(
      /^shared key {3}2{192}\n {13}key 2{16}, shares of epoch 2\ncertificate {2}sequence 17, by the shared key$/m,
    )
  })

  it('says that the thread does not sign, and that another one does', async () => {
    const message = 'the thread of threshold signatures failed: it ended: out of memory'
    const trouble = {
      reason: 'ended',
      message,
      times: 3,
      lastMs: 1_700_000_000_000,
      isWorking: false,
    } as const
    const when = '(3 times, last at 2023-11-14T22:13:20.000Z)'
    expect(await status({ ...keyOf(1, 1), trouble })).toContain(
      `\nsignatures   not made here: ${message} ${when}\n`,
    )
    const again = { ...trouble, times: 1, isWorking: true }
    expect(await status({ ...keyOf(1, 1), trouble: again })).toContain(
      `\nsignatures   made again: ${message} (once, last at 2023-11-14T22:13:20.000Z)\n`,
    )
  })
})

describe('quorate testnet status', () => {
  async function report(keys: readonly (SharedKeySummary | null)[]) {
    const served = await Promise.all(keys.map(serveKey))
    const nodes = served.map(({ server }, index) => ({
      index,
      role: 'replica' as const,
      name: `node-${index}`,
      peerId: 'peer',
      directory: `replica-${index}`,
      listenPort: 1,
      apiPort: Number(new URL(server.url).port),
    }))
    const running: NodeState = { pid: process.pid, state: 'ready', lastError: null }
    return await reportTestnet(
      '/nowhere',
      {
        format: 'quorate-testnet/1',
        networkId: '00'.repeat(32),
        networkName: 'testnet',
        application: 'key-value',
        signatures: 'none',
        nodes,
      },
      new Map(nodes.map(({ index }) => [index, running])),
    )
  }

  it('shows the key as the node knows it that is furthest', async () => {
    const told = await report([keyOf(1, 90), keyOf(2, 30), keyOf(2, 40), NO_KEY])
    expect(told.sharedKey).toEqual(keyOf(2, 40))
    expect(keyLinesOf(told)).toEqual([
      `shared key   ${'2'.repeat(192)}`,
      `             key ${'2'.repeat(16)}, shares of epoch 2`,
      'certificate  sequence 40, by the shared key',
    ])
  })

  it('names who is missing while there is none', async () => {
    expect(keyLinesOf(await report([NO_KEY]))).toEqual([
      'shared key   none yet',
      'ceremony     for the first key: dealing, waits for node-0 (0)',
    ])
  })

  it('shows nothing where there shall be none', async () => {
    const told = await report([null])
    expect(told.sharedKey).toBeNull()
    expect(keyLinesOf(told)).toEqual([])
  })
})
