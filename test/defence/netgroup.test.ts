import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPublicAddress, netGroupsByPrefix, parseIPv6 } from '../../src/defence/netgroup.ts'

describe('net groups', () => {
  it('counts IPv4 by address, /24 and /16', () => {
    expect(netGroupsByPrefix('192.0.2.7')).toEqual({
      address: '4:192.0.2.7',
      narrow: '4:192.0.2/24',
      wide: '4:192.0/16',
      loopback: false,
    })
    expect(netGroupsByPrefix('127.3.2.1')?.loopback).toBe(true)
  })

  it('counts IPv6 by /64, /48 and /32', () => {
    expect(netGroupsByPrefix('2a00:1450:4001:81c::200e')).toEqual({
      address: '6:2a00:1450:4001:81c/64',
      narrow: '6:2a00:1450:4001/48',
      wide: '6:2a00:1450/32',
      loopback: false,
    })
    expect(netGroupsByPrefix('::1')?.loopback).toBe(true)
  })

  it.each([
    ['mapped', '::ffff:192.0.2.7'],
    ['mapped, in hexadecimal', '::ffff:c000:207'],
    ['NAT64', '64:ff9b::c000:207'],
    ['6to4', '2002:c000:207::1'],
    ['Teredo', '2001:0:4136:e378:8000:63bf:3fff:fdf8'],
  ])('counts IPv4 inside IPv6 as itself: %s', (_what, text) => {
    expect(netGroupsByPrefix(text)).toEqual(netGroupsByPrefix('192.0.2.7'))
  })

  it.each([
    '',
    'localhost',
    '1.2.3',
    '1.2.3.256',
    '1.2.3.4.5',
    ':',
    ':::',
    '1::2::3',
    '12345::',
    '1:2:3:4:5:6:7:8:9',
    '::ffff:1.2.3',
  ])('knows that "%s" is no address', text => {
    expect(netGroupsByPrefix(text)).toBeNull()
    expect(isPublicAddress(text)).toBe(false)
  })

  it('reads every way of writing an IPv6 address alike, and survives any text', () => {
    expect(parseIPv6('fe80::1%eth0')).toEqual([0xfe80, 0, 0, 0, 0, 0, 0, 1])
    fc.assert(
      fc.property(fc.ipV6(), text => {
        expect(parseIPv6(text)).toHaveLength(8)
      }),
    )
    fc.assert(
      fc.property(fc.string(), text => {
        netGroupsByPrefix(text)
      }),
    )
  })

  it('tells public addresses from private ones', () => {
    for (const text of ['8.8.8.8', '172.32.0.1', '100.128.0.1', '2a00::1'])
      expect(isPublicAddress(text)).toBe(true)
    for (const text of [
      '10.1.2.3',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
      '127.0.0.1',
      '169.254.1.1',
    ]) {
      expect(isPublicAddress(text)).toBe(false)
    }
    for (const text of [
      '100.64.0.1',
      '0.0.0.0',
      '224.0.0.1',
      '::',
      '::1',
      'fe80::1',
      'fd00::1',
      'ff02::1',
      '::ffff:10.0.0.1',
    ]) {
      expect(isPublicAddress(text)).toBe(false)
    }
  })
})
