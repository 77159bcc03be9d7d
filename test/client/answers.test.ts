import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ClientEvent, createQuorateClient, type QuorateClient } from '../../src/client/client.ts'
import { createTransactionSigner } from '../../src/client/signer.ts'
import { type AnsweringNode, answeringNode, eventText } from '../support/answering-node.ts'
import {
  CERTIFICATE,
  CERTIFICATE_EVENT,
  COMMITTED,
  EXECUTED,
  KEY_EVENTS,
  KEYS,
  MEMBERS,
  PEERS,
  SEQUENCE,
  STATE,
  STATUS,
} from '../support/sample-answers.ts'

let node: AnsweringNode
let client: QuorateClient
beforeAll(async () => {
  node = await answeringNode()
  client = createQuorateClient({ url: node.url })
})
afterAll(() => node.close())

const transaction = createTransactionSigner(new Uint8Array(32), new Uint8Array(32)).sign(new Uint8Array(1))
const ID = COMMITTED.id

type Json = Readonly<Record<string, unknown>>
const ROUTES: readonly (readonly [string, string, Json, (asked: QuorateClient) => Promise<unknown>])[] = [
  ['status', '/v1/status', { ...STATUS }, asked => asked.status()],
  ['members', '/v1/members', MEMBERS, asked => asked.members()],
  ['peers', '/v1/peers', PEERS, asked => asked.peers()],
  ['sequence', '/v1/sequences/9', { ...SEQUENCE }, asked => asked.sequence(9)],
  ['state', '/v1/state', { ...STATE }, asked => asked.state('colour')],
  ['keys', '/v1/keys', { ...KEYS }, asked => asked.keys()],
  ['certificate', '/v1/certificate', { ...CERTIFICATE }, asked => asked.certificate()],
  ['transaction', `/v1/transactions/${ID}`, COMMITTED, asked => asked.transaction(ID)],
  ['submit', '/v1/transactions', COMMITTED, asked => asked.submit(transaction)],
  ['askOfKey', '/v1/keys/refresh', EXECUTED, asked => asked.askOfKey('refresh', 'token')],
]

/** Every place in a value, each once with something strange there, and once, where it is a field, with nothing. */
function* damaged(value: unknown, path = ''): Generator<readonly [string, unknown]> {
  yield [path, { strange: true }]
  if (typeof value !== 'object' || value === null) return
  for (const [name, inner] of Object.entries(value)) {
    const put = (one: unknown) =>
      Array.isArray(value) ? value.with(Number(name), one) : { ...value, [name]: one }
    for (const [at, one] of damaged(inner, `${path}.${name}`)) yield [at, put(one)]
    if (!Array.isArray(value)) yield [`${path}.${name} left out`, put(undefined)]
  }
}

describe.each(ROUTES)('%s', (_, path, answer, ask) => {
  it('takes what the API says, and leaves alone what only newer nodes say', async () => {
    node.answers.set(path, { ...answer, novelty: 1 })
    expect(await ask(client)).toBeTruthy()
  })

  it('refuses an answer with damage at any place, and says where', async () => {
    for (const [at, damage] of damaged(answer)) {
      node.answers.set(path, damage)
      const outcome = await ask(client).catch((error: unknown) => error)
      const name = at.split(' ')[0]?.split('.').at(-1) ?? ''
      const place = /^\d*$/.test(name) ? `[${name}]` : `.${name}`
      const why = `The answer is not one of the API of quorate: answer${at === '' ? '' : '.*'}`
      expect(outcome, at).toMatchObject({ name: 'QuorateClientError', code: 'BAD_ANSWER' })
      expect(outcome, at).toHaveProperty('message', expect.stringMatching(why))
      if (at !== '') expect((outcome as Error).message).toContain(place)
    }
  })
})

it('refuses numbers that count nothing and times that no calendar has', async () => {
  for (const wrong of [-1, 0.5, 2 ** 53, 1e300, '9', true]) {
    node.answers.set('/v1/status', { ...STATUS, sequence: wrong })
    await expect(client.status(), `${wrong}`).rejects.toMatchObject({ code: 'BAD_ANSWER' })
  }
  node.answers.set('/v1/status', { ...STATUS, logTimeMs: 8_640_000_000_000_001 })
  await expect(client.status()).rejects.toMatchObject({ code: 'BAD_ANSWER' })
})

describe('bulk', () => {
  const submit = async (text: string) => {
    const strange = async () => new Response(text)
    const asked = createQuorateClient({ url: node.url, fetch: strange })
    const results: unknown[] = []
    for await (const result of asked.submitBulk([transaction], { upload: 'pieces' })) results.push(result)
    return results
  }

  it('takes a line of the API', async () => {
    expect(await submit(`${JSON.stringify({ line: 1, ...COMMITTED })}\n`)).toMatchObject([
      { index: 0, ok: true },
    ])
  })

  const LINE = JSON.stringify({ line: 1, ...COMMITTED })

  it.each([
    `${LINE}\n${LINE}`,
    LINE.replace('"line":1', '"line":2'),
    'null',
    '7',
    '[]',
    '{}',
    '{"error":null}',
    '{"error":{"code":1,"message":"no"}}',
    '{"line":1}',
    '{"line":1,"error":7}',
    '{"line":1,"state":"committed"}',
    '{"line":0,"error":{"code":"NO","message":"no"}}',
    '{"line":"1","error":{"code":"NO","message":"no"}}',
  ])('refuses the line %s', async line => {
    await expect(submit(`${line}\n`)).rejects.toMatchObject({
      name: 'QuorateClientError',
      code: 'BAD_ANSWER',
    })
  })
})

describe('events', () => {
  async function first(): Promise<ClientEvent | undefined> {
    for await (const event of client.events({ afterId: 1, reconnectMs: 1 })) return event
    return undefined
  }

  const EVENTS = [
    ['executed', { ...SEQUENCE }],
    ['certificate', { ...CERTIFICATE_EVENT }],
    ['gap', { from: 2, to: 3 }],
    ...KEY_EVENTS.map(event => ['key', { ...event }] as const),
  ] as const

  it.each(EVENTS)('%s %j is taken as it is, and with damage refused at once', async (type, data) => {
    node.events = eventText(9, type, data)
    expect(await first()).toMatchObject(type === 'gap' ? { type, ...data } : { type, id: 9, info: data })
    for (const [at, damage] of damaged(data)) {
      node.events = eventText(9, type, damage)
      node.streams = 0
      await expect(first(), at).rejects.toMatchObject({ code: 'BAD_ANSWER' })
      expect(node.streams).toBe(1)
    }
  })

  it('steps of a kind that is not known are passed over', async () => {
    for (const type of ['reborn', 'constructor', '__proto__']) {
      node.events = eventText(8, 'key', { type }) + eventText(9, 'executed', SEQUENCE)
      expect(await first()).toMatchObject({ type: 'executed' })
    }
  })

  it.each([
    ['no id that counts', eventText('NaN', 'executed', SEQUENCE)],
    ['an id that is too large', eventText('9007199254740993', 'executed', SEQUENCE)],
    ['no JSON', eventText(9, 'executed', '{"sequence":')],
    ['null', eventText(9, 'gap', 'null')],
  ])('an event with %s is refused at once', async (_, events) => {
    node.events = events
    await expect(first()).rejects.toMatchObject({ code: 'BAD_ANSWER' })
  })

  it('a page of something else is no stream', async () => {
    node.contentType = 'text/html'
    await expect(first()).rejects.toMatchObject({ code: 'BAD_ANSWER' })
    node.contentType = 'text/event-stream'
  })
})
