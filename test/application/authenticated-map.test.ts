import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AuthenticatedMap } from '../../src/application/authenticated-map.ts'
import { SNAPSHOT_CHUNK_BYTES_MAX } from '../../src/application/contract.ts'
import { verifyChunk } from '../../src/application/merkle-chunk.ts'
import { EMPTY_HASH } from '../../src/application/merkle-node.ts'
import { verifyKeyProof } from '../../src/application/merkle-proof.ts'
import { hashTextToBytes, sha256 } from '../../src/crypto/hash.ts'
import { concatBytes, toHex, utf8 } from '../../src/lib/bytes.ts'

const key = fc.nat(30).map(i => `key ${i}`)
const change = fc.record({ key, value: fc.option(fc.string({ maxLength: 5 })) })

function apply(map: AuthenticatedMap, changes: readonly { key: string; value: string | null }[]): void {
  for (const { key, value } of changes) {
    if (value === null) map.delete(utf8(key))
    else map.set(utf8(key), utf8(value))
  }
}

function chunksOf(map: AuthenticatedMap): readonly Uint8Array[] {
  const { chunkCount, chunk } = map.snapshot()
  return Array.from({ length: chunkCount }, (_, i) => chunk(i))
}

function expectRestorable(map: AuthenticatedMap): readonly Uint8Array[] {
  const chunks = chunksOf(map)
  for (const [i, chunk] of chunks.entries()) {
    expect(chunk.length).toBeLessThanOrEqual(SNAPSHOT_CHUNK_BYTES_MAX)
    expect(verifyChunk(map.root(), i, chunks.length, chunk)).toBe(true)
    expect(verifyChunk(map.root(), (i + 1) % chunks.length, chunks.length, chunk)).toBe(chunks.length === 1)
  }
  expect(toHex(AuthenticatedMap.restore(chunks).root())).toBe(toHex(map.root()))
  return chunks
}

/** The first `count` keys whose hashes begin with `bits` zero bits. */
function groundKeys(count: number, bits: number): Uint8Array[] {
  const keys: Uint8Array[] = []
  for (let i = 0; keys.length < count; i++) {
    const candidate = utf8(`ground ${i}`)
    const hash = sha256(candidate)
    if (new DataView(hash.buffer, hash.byteOffset).getUint32(0) >>> (32 - bits) === 0) keys.push(candidate)
  }
  return keys
}

describe('authenticated map', () => {
  it('is a map', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), changes => {
        const map = new AuthenticatedMap()
        const model = new Map<string, string>()
        for (const one of changes) {
          if (one.value === null) expect(map.delete(utf8(one.key))).toBe(model.delete(one.key))
          else {
            apply(map, [one])
            model.set(one.key, one.value)
          }
        }
        for (let i = 0; i <= 30; i++) {
          const value = model.get(`key ${i}`)
          expect(map.get(utf8(`key ${i}`))).toEqual(value === undefined ? undefined : utf8(value))
          expect(map.has(utf8(`key ${i}`))).toBe(value !== undefined)
        }
      }),
    )
  })

  it('has one root for one content, whatever the way to it', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), fc.infiniteStream(fc.nat()), (changes, random) => {
        const map = new AuthenticatedMap()
        const model = new Map<string, string>()
        for (const one of changes) {
          apply(map, [one])
          if ((random.next().value ?? 0) % 3 === 0) map.root()
          if (one.value === null) model.delete(one.key)
          else model.set(one.key, one.value)
        }
        const direct = new AuthenticatedMap()
        apply(
          direct,
          [...model].reverse().map(([key, value]) => ({ key, value })),
        )
        expect(toHex(map.root())).toBe(toHex(direct.root()))
        expect(chunksOf(map)).toEqual(chunksOf(direct))
      }),
    )
  })

  it('has another root for other content', () => {
    const roots = new Set<string>()
    for (const [a, b] of [
      ['', ''],
      ['a', ''],
      ['', 'a'],
      ['ab', 'c'],
      ['a', 'bc'],
    ] as const) {
      const map = new AuthenticatedMap()
      map.set(utf8(a), utf8(b))
      roots.add(toHex(map.root()))
    }
    expect(roots.size).toBe(5)
  })

  it('hashes as its description says', () => {
    const map = new AuthenticatedMap()
    expect(map.root()).toEqual(hashTextToBytes(EMPTY_HASH))
    const entry = (key: string, value: string) =>
      concatBytes(Uint8Array.of(3, 0, 1), utf8(key), Uint8Array.of(0, 0, 0, 1), utf8(value))
    const u48 = (value: number) => Uint8Array.of(0, 0, 0, 0, 0, value)
    const leaf = (key: string, value: string) =>
      sha256(concatBytes(Uint8Array.of(0), sha256(utf8(key)), sha256(entry(key, value)), u48(9)))
    apply(map, [{ key: 'c', value: '1' }])
    expect(map.root()).toEqual(leaf('c', '1'))
    // SHA-256 of "c" begins with 0x2e and that of "a" with 0xca.
    apply(map, [{ key: 'a', value: '2' }])
    const bytes = u48(1 + 9 + 9)
    expect(map.root()).toEqual(sha256(concatBytes(Uint8Array.of(1), leaf('c', '1'), leaf('a', '2'), bytes)))
    expect(toHex(map.root())).toBe('bc7c594961aec5c1985bde328ed3a8688b97fa41f214f7e8a7ba9c29fbdab05a')
  })

  it('keeps what was set when the caller reuses the bytes, on both ways', () => {
    const map = new AuthenticatedMap()
    const value = utf8('abc')
    map.set(utf8('k'), value)
    value.fill(0)
    map.get(utf8('k'))?.fill(0)
    expect(map.get(utf8('k'))).toEqual(utf8('abc'))
  })

  it('proves presence by the value and absence by what is there instead', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), key, (changes, asked) => {
        const map = new AuthenticatedMap()
        apply(map, changes)
        const proof = map.prove(utf8(asked))
        const value = map.get(utf8(asked)) ?? null
        expect(verifyKeyProof(map.root(), utf8(asked), value, proof)).toBe(true)
        expect(verifyKeyProof(map.root(), utf8(asked), value === null ? utf8('') : null, proof)).toBe(false)
        expect(verifyKeyProof(map.root(), utf8(asked), utf8('another'), proof)).toBe(false)
        // The proof of one key says nothing of another, unless it is absent by the same evidence.
        const other = utf8(`${asked}!`)
        if (value !== null) expect(verifyKeyProof(map.root(), other, value, proof)).toBe(false)
      }),
    )
  })

  it('cannot be made to say that a present key is absent', () => {
    const map = new AuthenticatedMap()
    const keys = Array.from({ length: 200 }, (_, i) => utf8(`k${i}`))
    for (const key of keys) map.set(key, utf8('v'))
    for (const key of keys.slice(0, 20)) {
      for (const other of keys) {
        expect(verifyKeyProof(map.root(), key, null, map.prove(other))).toBe(false)
      }
    }
  })

  it('takes a snapshot that later changes do not touch', () => {
    const map = new AuthenticatedMap()
    apply(map, [{ key: 'a', value: '1' }])
    const before = map.root()
    const snapshot = map.snapshot()
    apply(map, [
      { key: 'a', value: '2' },
      { key: 'b', value: '3' },
    ])
    expect(AuthenticatedMap.restore([snapshot.chunk(0)]).root()).toEqual(before)
  })

  it('cuts a large state into even chunks', () => {
    const map = new AuthenticatedMap()
    for (let i = 0; i < 600; i++) map.set(utf8(`key ${i}`), new Uint8Array((i * 7919) % 20_000).fill(i))
    const chunks = expectRestorable(map)
    expect(chunks.length).toBeGreaterThan(5)
  })

  it('keeps chunks within bounds when keys were ground to share a prefix', () => {
    const map = new AuthenticatedMap()
    for (const key of groundKeys(40, 12)) map.set(key, new Uint8Array(65_536).fill(1))
    expect(expectRestorable(map).length).toBe(3)
  })

  it('refuses a chunk with any byte changed in the path that leads to its span', () => {
    const map = new AuthenticatedMap()
    for (let i = 0; map.snapshot().chunkCount < 3; i++) map.set(utf8(`key ${i}`), new Uint8Array(60_000))
    const chunk = map.snapshot().chunk(1)
    const firstEntry = chunk.findIndex(
      (_, i) => i > 3 && toHex(chunk.subarray(i, i + 3)) === toHex(utf8('key')),
    )
    expect(firstEntry).toBeGreaterThan(39)
    for (let at = 0; at < firstEntry; at++) {
      const forged = chunk.slice()
      forged[at] = (forged[at] as number) ^ (1 << (at % 8))
      expect(verifyChunk(map.root(), 1, 3, forged), `byte ${at}`).toBe(false)
    }
  })

  it('refuses a chunk that hides its entries behind a leaf of false length', () => {
    const map = new AuthenticatedMap()
    const isLeft = (key: Uint8Array) => (sha256(key)[0] as number) < 0x80
    const keys = Array.from({ length: 100 }, (_, i) => utf8(`key ${i}`))
    const left = keys.find(isLeft) as Uint8Array
    map.set(left, utf8('v'))
    for (const key of keys.filter(key => !isLeft(key))) map.set(key, new Uint8Array(50_000))
    expect(map.snapshot().chunkCount).toBe(3)
    // `inner | leafDigest | stub`, right but for 1,900,000 bytes that moved from the stub to the leaf.
    const forged = map.prove(left)
    expect([forged[0], forged[1], forged[72]]).toEqual([1, 4, 2])
    const view = new DataView(forged.buffer, forged.byteOffset)
    view.setUint32(68, view.getUint32(68) + 1_900_000)
    view.setUint32(107, view.getUint32(107) - 1_900_000)
    expect(verifyChunk(map.root(), 1, 3, forged)).toBe(false)
  })

  it('refuses a chunk that leaves an entry out', () => {
    const map = new AuthenticatedMap()
    for (let i = 0; i < 100; i++) map.set(utf8(`key ${i}`), utf8('v'))
    // A proof of one key is a pruned trie with the right root, as a chunk is, but of less than its span.
    expect(verifyChunk(map.root(), 0, 1, map.prove(utf8('key 5')))).toBe(false)
  })
})
