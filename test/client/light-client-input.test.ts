import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { LightClient } from '../../src/client/light-client.ts'
import { CertifiedNetwork } from './certified-network.ts'
import { code } from './refusal.ts'

const network = new CertifiedNetwork('what a light client is given')
let ids: readonly string[] = []

beforeAll(() => {
  ids = network.execute({ colour: 'red', count: '1', same: 'same' })
  network.execute({ colour: 'green' })
})

const clientOf = () =>
  new LightClient({
    anchor: { networkId: network.networkId, publicKey: network.publicKey },
    application: 'key-value',
  })

describe('what is malformed', () => {
  it('is refused by name, whatever it is', () => {
    const client = clientOf()
    const calls = [
      (json: unknown) => client.verifyCertificate(json),
      (json: unknown) => client.verifyReceipt(null, json),
      (json: unknown) => client.verifyState(null, json),
      (json: unknown) => client.followHandover(json),
    ]
    fc.assert(
      fc.property(fc.jsonValue(), json => {
        for (const call of calls) expect(code(() => call(json))).toBe('MALFORMED')
      }),
      { numRuns: 100 },
    )
  })

  it('every field is looked at: what is missing, of another kind, or too long', () => {
    const client = clientOf()
    const damage = (value: unknown, call: (json: unknown) => unknown, path: readonly string[] = []): void => {
      if (typeof value !== 'object' || value === null) return
      for (const [name, field] of Object.entries(value)) {
        // What does not have to be there, and what is only for who reads the file.
        if (name === 'purpose' || name === 'format') continue
        for (const wrong of [undefined, -1, 0.5, 'x'.repeat(9_000_000), {}, [[]], true]) {
          const damaged = replace([...path, name], wrong)
          expect(
            code(() => call(damaged)),
            [...path, name].join('.'),
          ).toBe('MALFORMED')
        }
        damage(field, call, [...path, name])
      }
    }
    let whole: unknown
    const replace = (path: readonly string[], wrong: unknown): unknown => {
      const copy = structuredClone(whole) as Record<string, unknown>
      const last = path.slice(0, -1).reduce((at, name) => at[name] as Record<string, unknown>, copy)
      last[path.at(-1) ?? ''] = wrong
      return copy
    }
    whole = network.receiptProof(ids[1] ?? '', 2)
    damage(whole, json => client.verifyReceipt(null, json))
    whole = network.stateProof('colour')
    damage(whole, json => client.verifyState(null, json))
  })
})

describe('an anchor', () => {
  it.each([
    ['a key of another length', { networkId: new Uint8Array(32), publicKey: new Uint8Array(48) }],
    ['a key that is no point', { networkId: new Uint8Array(32), publicKey: new Uint8Array(96).fill(1) }],
    ['a network id of another length', { networkId: new Uint8Array(31), publicKey: new Uint8Array(96) }],
    ['no genesis', { genesis: null }],
    ['another genesis', { genesis: { format: 'other' } }],
    ['a genesis without members', { genesis: { format: 'quorate-genesis/1', members: [] } }],
    [
      'a genesis with a member without key',
      { genesis: { format: 'quorate-genesis/1', members: [{ publicKey: 'x' }] } },
    ],
  ])('is refused: %s', (_, anchor) => {
    expect(code(() => new LightClient({ anchor }))).toBe('BAD_ANCHOR')
  })
})
