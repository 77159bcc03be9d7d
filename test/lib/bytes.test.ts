import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareBytes, concatBytes, fromHex, fromUtf8, toHex, u32, u64 } from '../../src/lib/bytes.ts'

describe('bytes', () => {
  it('go to hexadecimal and back, in either case', () => {
    fc.assert(
      fc.property(fc.uint8Array(), bytes => {
        expect(toHex(bytes)).toBe(Buffer.from(bytes).toString('hex'))
        expect(fromHex(toHex(bytes))).toEqual(bytes)
        expect(fromHex(toHex(bytes).toUpperCase())).toEqual(bytes)
      }),
    )
  })

  it('are not made of anything but pairs of hexadecimal digits', () => {
    for (const text of ['0', 'abc', '0g', 'g0', ' 00', '0x00', '０0', '0\u0130'])
      expect(() => fromHex(text)).toThrow(TypeError)
    fc.assert(
      fc.property(fc.string(), text => {
        if (/^([0-9a-f]{2})*$/i.test(text)) expect(fromHex(text)).toHaveLength(text.length / 2)
        else expect(() => fromHex(text)).toThrow(TypeError)
      }),
    )
  })

  it('are ordered as Buffer orders them', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(a, b))
      }),
    )
  })

  it('hold integers big-endian, up to the largest safe one', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.maxSafeNat(), (small, large) => {
        expect(Buffer.from(u32(small)).readUInt32BE()).toBe(small)
        expect(Buffer.from(u64(large)).readBigUInt64BE()).toBe(BigInt(large))
      }),
    )
  })

  it('join in order, and are text only when they are UTF-8', () => {
    expect(concatBytes(new Uint8Array([1]), new Uint8Array(0), new Uint8Array([2, 3]))).toEqual(
      new Uint8Array([1, 2, 3]),
    )
    expect(fromUtf8(new Uint8Array([0xe2, 0x82, 0xac]))).toBe('€')
    expect(fromUtf8(new Uint8Array([0xff]))).toBeUndefined()
  })
})
