import { afterEach, beforeEach, expect, it } from 'vitest'
import { LightClient } from '../../../src/client/light-client.ts'
import { SCHEMAS } from '../../../src/interfaces/http/schemas.ts'
import { createHttpApp, type HttpApp } from '../../../src/interfaces/http/server.ts'
import { silentLogger } from '../../../src/lib/logger.ts'
import { Proofs, type Voucher } from '../../../src/node/proofs.ts'
import { CertifiedNetwork } from '../../client/certified-network.ts'
import { MemoryStore, World } from '../../runtime/world.ts'
import { ScriptedNode } from '../../support/scripted-node.ts'

const network = new CertifiedNetwork('a node that is asked for proofs')
const [id = ''] = network.execute({ colour: 'red' })
network.execute({ flavour: 'sweet' })

let app: HttpApp

function nodeWith(certified: Readonly<Record<Voucher, boolean>>): ScriptedNode {
  const node = new ScriptedNode()
  const { networkId, application, state } = network
  const sourceOf = (by: Voucher) => ({
    latest: () => (certified[by] ? network.certificate(2, by) : null),
    covering: (sequence: number) => (certified[by] && sequence <= 2 ? network.certificate(2, by) : null),
  })
  node.proofs = new Proofs({
    networkId,
    application,
    state,
    store: new MemoryStore(new World()),
    sources: { key: sourceOf('key'), members: sourceOf('members') },
  })
  return node
}

function open(certified: Readonly<Record<Voucher, boolean>>): void {
  app = createHttpApp({ port: 0 }, { node: nodeWith(certified), logger: silentLogger })
}
beforeEach(() => open({ key: true, members: true }))
afterEach(() => app.close())

async function get(url: string) {
  const { statusCode, body } = await app.fastify.inject({ url })
  return { status: statusCode, body: JSON.parse(body) }
}

it('a light client believes what the routes answer, by the key unless it is asked for the members', async () => {
  const byKey = new LightClient({
    anchor: { networkId: network.networkId, publicKey: network.publicKey },
    application: 'key-value',
  })
  const byMembers = new LightClient({ anchor: { genesis: network.genesis } })
  const clients = [
    [byKey, '', 'key'],
    [byKey, '&by=key', 'key'],
    [byMembers, '&by=members', 'members'],
  ] as const
  for (const [client, by, voucher] of clients) {
    const receipt = await get(`/v1/proofs/receipts/${id.toUpperCase()}?${by.slice(1)}`)
    expect(receipt.status).toBe(200)
    expect(SCHEMAS.ReceiptProof.parse(receipt.body)).toEqual(receipt.body)
    const verified = client.verifyReceipt(id, receipt.body)
    expect([verified.sequence, verified.certificate.sequence, verified.certificate.by]).toEqual([
      1,
      2,
      voucher,
    ])
    for (const [key, value] of [
      ['colour', 'red'],
      ['sound', null],
    ] as const) {
      const state = await get(`/v1/proofs/state?key=${key}${by}`)
      expect(SCHEMAS.StateProof.parse(state.body)).toEqual(state.body)
      const read = client.verifyState(key, state.body)
      expect(read.value === null ? null : new TextDecoder().decode(read.value)).toBe(value)
    }
  }
})

it('who vouches by themselves is the members, where there is no key', async () => {
  await app.close()
  open({ key: false, members: true })
  const { body } = await get('/v1/proofs/state?key=colour')
  expect(
    new LightClient({ anchor: { genesis: network.genesis } }).verifyState('colour', body).certificate.by,
  ).toBe('members')
  expect(await get('/v1/proofs/state?key=colour&by=key')).toMatchObject({
    status: 503,
    body: { error: { code: 'NOT_CERTIFIED' } },
  })
  expect(await get(`/v1/proofs/receipts/${id}?by=key`)).toMatchObject({
    status: 503,
    body: { id, error: { code: 'NOT_CERTIFIED' } },
  })
})

it.each([
  ['/v1/proofs/receipts/xyz', 400, 'INVALID_ID'],
  [`/v1/proofs/receipts/${'ab'.repeat(32)}`, 404, 'TRANSACTION_UNKNOWN'],
  [`/v1/proofs/receipts/${id}?by=nobody`, 400, 'INVALID_QUERY'],
  ['/v1/proofs/state', 400, 'INVALID_QUERY'],
  ['/v1/proofs/state?key=colour&by=key&by=key', 400, 'INVALID_QUERY'],
  ['/v1/proofs/state?key=', 400, 'BAD_KEY'],
])('%s is refused with %d %s', async (url, status, code) => {
  expect(await get(url)).toMatchObject({ status, body: { error: { code } } })
})
