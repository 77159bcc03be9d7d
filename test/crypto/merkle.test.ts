import { describe, expect, it } from 'vitest'
import { sha256 } from '../../src/crypto/hash.ts'
import { merkleLevels, merklePath, merkleRoot, rootOfPath } from '../../src/crypto/merkle.ts'
import { concatBytes, fromHex, toHex } from '../../src/lib/bytes.ts'

const leavesOf = (count: number) => Array.from({ length: count }, (_, i) => Uint8Array.of(i, count))

describe('the tree', () => {
  it('has the roots of RFC 6962: nothing, one leaf, and an odd leaf that rises', () => {
    // Known answers of the test data that implementations of the RFC share.
    const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657'].map(fromHex)
    expect(toHex(merkleRoot([]))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect(toHex(merkleRoot(leaves.slice(0, 1)))).toBe(
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    )
    expect(toHex(merkleRoot(leaves.slice(0, 3)))).toBe(
      'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    )
    expect(toHex(merkleRoot(leaves))).toBe('ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c')
  })
})

describe('a path', () => {
  it('leads from every leaf of every small tree to the root', () => {
    for (let size = 1; size <= 33; size++) {
      const leaves = leavesOf(size)
      const root = merkleRoot(leaves)
      for (const [index, leaf] of leaves.entries())
        expect(rootOfPath(leaf, { index, size }, merklePath(merkleLevels(leaves), index))).toEqual(root)
    }
  })

  it('leads nowhere else: another leaf, another place, a hash more, fewer, or changed', () => {
    const [leaves, index] = [leavesOf(7), 4]
    const [root, path, leaf] = [
      merkleRoot(leaves),
      merklePath(merkleLevels(leaves), index),
      leaves[index] as Uint8Array,
    ]
    const at = { index, size: 7 }
    expect(rootOfPath(Uint8Array.of(9), at, path)).not.toEqual(root)
    expect(rootOfPath(leaf, { index: 5, size: 7 }, path)).not.toEqual(root)
    expect(rootOfPath(leaf, { index: 6, size: 7 }, path)).toBeNull()
    expect(rootOfPath(leaf, at, [...path, sha256(leaf)])).toBeNull()
    expect(rootOfPath(leaf, at, path.slice(1))).toBeNull()
    expect(rootOfPath(leaf, at, [...path.slice(1), sha256(leaf)])).not.toEqual(root)
  })

  it('takes no inner node for a leaf', () => {
    const leaves = leavesOf(4)
    const [left, right] = [merkleRoot(leaves.slice(0, 2)), merkleRoot(leaves.slice(2))]
    expect(rootOfPath(concatBytes(left, right), { index: 0, size: 1 }, [])).not.toEqual(merkleRoot(leaves))
  })

  it.each([
    [-1, 4],
    [4, 4],
    [0.5, 4],
    [0, 0],
    [0, Number.NaN],
    [0, 2 ** 53],
  ])('is none at place %d of %d', (index, size) => {
    expect(rootOfPath(Uint8Array.of(1), { index, size }, [])).toBeNull()
  })
})
