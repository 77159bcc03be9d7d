import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TICKET_BYTES } from '../../src/crypto/pow-ticket.ts'
import { parseAddress, peerIn } from '../../src/network/addresses.ts'
import {
  gossipMessageId,
  gossipOptions,
  meshSizes,
  SCORE_THRESHOLDS,
} from '../../src/network/gossip-options.ts'
import {
  decodeHello,
  decodeVerdict,
  encodeHello,
  encodeVerdict,
  HELLO_VERSION,
  VERDICTS,
} from '../../src/network/hello.ts'
import { protocolNames } from '../../src/network/protocols.ts'

const names = protocolNames(Uint8Array.from({ length: 32 }, (_, i) => 0xa0 + i))

describe('hello', () => {
  it('survives the wire', () => {
    const hello = {
      version: HELLO_VERSION,
      networkId: new Uint8Array(32).fill(4),
      role: 'member',
      ticket: new Uint8Array(TICKET_BYTES).fill(5),
    } as const
    expect(decodeHello(encodeHello(hello))).toEqual(hello)
    for (const verdict of VERDICTS) expect(decodeVerdict(encodeVerdict(verdict))).toBe(verdict)
  })

  it('refuses noise without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), noise => {
        const hello = decodeHello(noise)
        if (hello?.version === HELLO_VERSION) expect(encodeHello(hello)).toEqual(noise)
        decodeVerdict(noise)
      }),
    )
    expect(decodeHello(new Uint8Array(33))).toBeNull()
    expect(decodeVerdict(Uint8Array.of(VERDICTS.length))).toBeNull()
    expect(decodeVerdict(Uint8Array.of(0, 0))).toBeNull()
  })
})

describe('names', () => {
  it('carry the first eight digits of the network id', () => {
    expect(names.hello).toBe('/quorate/a0a1a2a3/hello/1')
    expect(names.kad).toBe('/quorate/a0a1a2a3/kad/1.0.0')
    expect(names.topics).toEqual({
      consensus: '/quorate/a0a1a2a3/1/consensus',
      batch: '/quorate/a0a1a2a3/1/batch',
      certificate: '/quorate/a0a1a2a3/1/certificate',
    })
    expect(names.requests.snapshot).toBe('/quorate/a0a1a2a3/snapshot/1')
  })
})

describe('addresses', () => {
  it('accepts TCP multiaddrs only, with a reason', () => {
    const peer = '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5'
    expect(peerIn(parseAddress(`/ip4/192.0.2.1/tcp/4001/p2p/${peer}`))).toBe(peer)
    expect(peerIn(parseAddress('/dns4/seed.example.org/tcp/4001'))).toBeNull()
    for (const text of [
      '',
      'x',
      '192.0.2.1:4001',
      '/ip4/192.0.2.1/udp/4001',
      '/ip4/1.2.3.4/tcp/1/ws',
      '/ip4/300.0.0.1/tcp/1',
    ]) {
      expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'BAD_ADDRESS' }))
    }
  })
})

describe('gossip parameters', () => {
  it('have mesh sizes that gossipsub can keep, for every number of members that needs a mesh', () => {
    for (let n = 10; n <= 100; n++) {
      const { D, Dlo, Dhi, Dscore, Dout } = meshSizes(n)
      expect(Dlo).toBeLessThanOrEqual(D)
      expect(D).toBeLessThan(Dhi)
      expect(Dscore).toBeLessThanOrEqual(D)
      expect(Dout).toBeLessThan(Dlo)
      expect(Dout).toBeLessThanOrEqual(D / 2)
    }
  })

  it('have no mesh among members that are all connected to each other', () => {
    for (let n = 1; n < 10; n++) expect(meshSizes(n)).toMatchObject({ D: 0, Dlo: 0, Dhi: 0 })
  })

  it('let no reward outweigh the penalty for invalid messages', () => {
    const options = gossipOptions({ names, memberCount: 4, loopback: false, isMember: () => true })
    const appScore =
      (options.scoreParams?.appSpecificScore?.('peer') ?? 0) * (options.scoreParams?.appSpecificWeight ?? 0)
    for (const topic of Object.values(options.scoreParams?.topics ?? {})) {
      const reward = topic.firstMessageDeliveriesCap * topic.firstMessageDeliveriesWeight
      expect(reward + topic.timeInMeshCap * topic.timeInMeshWeight).toBeLessThan(
        -topic.invalidMessageDeliveriesWeight,
      )
      expect(topic.meshMessageDeliveriesWeight).toBe(0)
      const worst =
        (options.scoreParams?.topicScoreCap ?? 0) + appScore + topic.invalidMessageDeliveriesWeight * 11 ** 2
      expect(worst).toBeLessThan(SCORE_THRESHOLDS.graylistThreshold)
    }
  })

  it('identify a message by topic and data', () => {
    const data = Uint8Array.of(1, 2, 3)
    expect(gossipMessageId('a', data)).toHaveLength(20)
    expect(gossipMessageId('a', data)).toEqual(gossipMessageId('a', Uint8Array.of(1, 2, 3)))
    expect(gossipMessageId('b', data)).not.toEqual(gossipMessageId('a', data))
  })
})
