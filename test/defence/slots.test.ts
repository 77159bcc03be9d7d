import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newConnectionWins } from '../../src/defence/duplicate-dial.ts'
import { type NetGroups, netGroupsByPrefix } from '../../src/defence/netgroup.ts'
import { type SlotOptions, type SlotRequest, Slots } from '../../src/defence/slots.ts'

const options: SlotOptions = {
  inboundMax: 6,
  outboundMax: 3,
  membersMax: 2,
  inboundCaps: { perAddress: 1, perNarrow: 2, perWide: 3 },
  outboundCaps: { perAddress: 1, perNarrow: 1, perWide: 1 },
  loopbackCaps: { perAddress: 5, perNarrow: 5, perWide: 5 },
}

function groups(ip: string): NetGroups {
  const found = netGroupsByPrefix(ip)
  if (found === null) throw new Error(`not an address: ${ip}`)
  return found
}

const inbound = (ip: string, member = false): SlotRequest => ({
  direction: 'inbound',
  groups: groups(ip),
  member,
})
const outbound = (ip: string, member = false): SlotRequest => ({
  direction: 'outbound',
  groups: groups(ip),
  member,
})

describe('slots', () => {
  it('caps strangers by address, narrow group, wide group and total, and names which', () => {
    const slots = new Slots(options)
    slots.take(inbound('10.0.0.1'))
    expect(slots.take(inbound('10.0.0.1'))).toBe('address-full')
    slots.take(inbound('10.0.0.2'))
    expect(slots.take(inbound('10.0.0.3'))).toBe('narrow-group-full')
    slots.take(inbound('10.0.1.1'))
    expect(slots.take(inbound('10.0.2.1'))).toBe('wide-group-full')
    for (const ip of ['20.0.0.1', '30.0.0.1', '40.0.0.1']) slots.take(inbound(ip))
    expect(slots.take(inbound('50.0.0.1'))).toBe('totals-full')
  })

  it('keeps places for members that strangers cannot take, whatever their address', () => {
    const slots = new Slots(options)
    for (let i = 1; i <= 6; i++) slots.take(inbound(`${i}0.0.0.1`))
    expect(typeof slots.take(inbound('10.0.0.1', true))).toBe('function')
    expect(typeof slots.take(outbound('10.0.0.1', true))).toBe('function')
    expect(slots.take(inbound('10.0.0.1', true))).toBe('members-full')
  })

  it('counts directions apart and loopback by its own caps', () => {
    const slots = new Slots(options)
    slots.take(inbound('10.0.0.1'))
    expect(typeof slots.take(outbound('10.0.0.1'))).toBe('function')
    expect(slots.take(outbound('10.0.1.1'))).toBe('wide-group-full')
    for (let i = 0; i < 5; i++) expect(typeof slots.take(inbound('127.0.0.1'))).toBe('function')
    expect(slots.take(inbound('127.0.0.1'))).toBe('totals-full')
  })

  it('is empty again when all was given back, in any order and however often', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 7 }), fc.boolean(), fc.boolean(), fc.boolean())),
        steps => {
          const slots = new Slots(options)
          const held: (() => void)[] = []
          for (const [n, member, out, giveBack] of steps) {
            const ip = `10.${n & 1}.${n & 3}.${n}`
            if (giveBack) held.shift()?.()
            const slot = slots.take(out ? outbound(ip, member) : inbound(ip, member))
            if (typeof slot === 'function') held.push(slot)
          }
          for (const slot of held) {
            slot()
            slot()
          }
          expect(slots.groupCount).toBe(0)
          for (let i = 0; i < options.membersMax; i++)
            expect(typeof slots.take(inbound('10.0.0.1', true))).toBe('function')
        },
      ),
    )
  })
})

describe('duplicate dial', () => {
  const facts = { ourPeerId: 'a', theirPeerId: 'b', simultaneousMs: 1_000 }
  const other = { ourPeerId: 'b', theirPeerId: 'a', simultaneousMs: 1_000 }

  it('lets both sides keep the same connection, whichever each saw first', () => {
    const [ours, theirs] = [
      { direction: 'outbound', openedMs: 0 } as const,
      { direction: 'inbound', openedMs: 5 } as const,
    ]
    expect(newConnectionWins(ours, { ...theirs, openedMs: 5 }, facts)).toBe(false)
    expect(newConnectionWins({ ...theirs, openedMs: 0 }, { ...ours, openedMs: 5 }, facts)).toBe(true)
    // On the other side the same two connections have the opposite directions.
    expect(
      newConnectionWins({ direction: 'inbound', openedMs: 0 }, { direction: 'outbound', openedMs: 5 }, other),
    ).toBe(false)
    expect(
      newConnectionWins({ direction: 'outbound', openedMs: 0 }, { direction: 'inbound', openedMs: 5 }, other),
    ).toBe(true)
  })

  it('believes whoever dials anew after a while', () => {
    expect(
      newConnectionWins(
        { direction: 'inbound', openedMs: 0 },
        { direction: 'inbound', openedMs: 1_001 },
        facts,
      ),
    ).toBe(true)
    expect(
      newConnectionWins(
        { direction: 'inbound', openedMs: 0 },
        { direction: 'inbound', openedMs: 1_000 },
        facts,
      ),
    ).toBe(false)
  })
})
