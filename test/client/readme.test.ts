import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { LightClient } from '../../src/client/light-client.ts'
import { fromUtf8, toHex } from '../../src/lib/bytes.ts'
import { CertifiedNetwork } from './certified-network.ts'

/** The example as it stands in the README, against a node whose answers are true. */
it('the example of the light client runs', async () => {
  const text = readFileSync(new URL('../../src/client/README.md', import.meta.url), 'utf8')
  const from = text.indexOf('\n', text.indexOf("import { LightClient } from 'quorate/light-client'"))
  const example = text.slice(from, text.indexOf('```', from))
  expect(example.split('\n').filter(line => line !== '').length).toBeLessThanOrEqual(15)

  const network = new CertifiedNetwork('the example of the readme')
  const { networkId, publicKey } = network
  const [id = ''] = network.execute({ colour: 'red' })
  network.execute({ colour: 'green' })
  const handover = network.handoverJson(network.rotate())
  network.execute({ flavour: 'sweet' })
  const answers: Readonly<Record<string, () => unknown>> = {
    '/v1/certificate': () => network.certificateJson(2),
    '/v1/certificate?sequence=1': () => network.certificateJson(1),
    '/v1/certificate?sequence=2': () => network.certificateJson(2),
    '/v1/certificate?sequence=3': () => network.certificateJson(2),
    '/v1/proofs/state?key=colour': () => state,
    [`/v1/proofs/receipts/${id}`]: () => network.receiptProof(id, 2),
    '/v1/keys': () => ({ networkId: toHex(networkId), handovers: [handover] }),
  }
  const before = new CertifiedNetwork('the example of the readme')
  before.execute({ colour: 'red' })
  before.execute({ colour: 'green' })
  const state = before.stateProof('colour')

  const fetch = async (url: string) => ({ json: async () => answers[url.replace('http://node', '')]?.() })
  const printed: unknown[][] = []
  const names = ['LightClient', 'fetch', 'console', 'Date', 'node', 'networkId', 'publicKey', 'id']
  const AsyncFunction = (async () => {}).constructor as new (
    ...parts: string[]
  ) => (...values: unknown[]) => Promise<void>
  const clock = { now: () => network.certificateJson(2).statement.logTimeMs + 30_000 }
  const log = { log: (...values: unknown[]) => void printed.push(values) }
  await new AsyncFunction(...names, example)(
    LightClient,
    fetch,
    log,
    clock,
    'http://node',
    networkId,
    publicKey,
    id,
  )
  const [sequence, randomness, value, code, count, pin] = printed[0] ?? []
  expect([sequence, fromUtf8(value as Uint8Array), code, count]).toEqual([2, 'green', 0, 3])
  expect(randomness).toHaveLength(32)
  expect(pin).toEqual({ networkId, publicKey: network.publicKey })
  expect(network.publicKey).not.toEqual(publicKey)
})
