import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../../src/crypto/hash.ts'
import {
  createBackup,
  createGuardianKey,
  type Fragment,
  fragmentPublicKey,
  guardianOfFragment,
  guardianPublicKey,
  openFragment,
  readBackup,
  restoreShare,
  type VerifiedBackup,
} from '../../../src/crypto/threshold/backup.ts'
import {
  type Backup,
  BackupError,
  checksumCode,
  decodeBackup,
  encodeBackup,
  encodeStatement,
} from '../../../src/crypto/threshold/backup-container.ts'
import { encryptShare } from '../../../src/crypto/threshold/encryption.ts'
import { G2_IDENTITY } from '../../../src/crypto/threshold/public-curve.ts'
import { decodeElement, RISTRETTO_BASE, RISTRETTO_ORDER } from '../../../src/crypto/threshold/ristretto.ts'
import {
  drawScalar,
  encodeScalar,
  Fr,
  lagrangeAtZero,
  parseScalar,
} from '../../../src/crypto/threshold/scalar.ts'
import { publicKeyOf } from '../../../src/crypto/threshold/secret.ts'
import { present } from '../../../src/lib/assert.ts'
import { concatBytes, toHex, u32, utf8 } from '../../../src/lib/bytes.ts'
import { curve, seededBytes, subsets } from './support.ts'

const NAMES = ['ann', 'bob', 'carol', 'dan', 'eve']
const B = 3
const keys = NAMES.map((name, i) => ({ name, ...createGuardianKey(seededBytes(`guardian ${i}`)) }))
const guardians = keys.map(({ name, publicKey }) => ({ name, publicKey }))
const share = encodeScalar(drawScalar(seededBytes('the share')))
const subject = {
  networkId: new Uint8Array(32).fill(1),
  keyId: new Uint8Array(32).fill(2),
  epoch: 7,
  index: 4,
}
const order = { subject, share, guardians, threshold: B, createdMs: 1_800_000_000_000 }
const container = createBackup(curve, order, seededBytes('the backup'))
const verified = readBackup(curve, container)

const secretOf = (place: number): Uint8Array => present(keys[place - 1], 'a guardian').secret
const fragmentsOf = (places: readonly number[], backup = verified): readonly Fragment[] =>
  places.map(place => openFragment(curve, backup, secretOf(place)))

/** The bytes with other content, and a checksum that says nothing of it: what an attacker would send. */
const forged = (changes: Partial<Backup>): Uint8Array =>
  encodeBackup({ ...decodeBackup(container), ...changes })

function refusal(action: () => unknown): readonly [code: string, field: string] {
  try {
    action()
  } catch (error) {
    if (error instanceof BackupError) return [error.code, error.field]
    throw error
  }
  return ['accepted', '']
}

const flipped = (bytes: Uint8Array, at = bytes.length - 1): Uint8Array =>
  bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))
const replaced = <T>(list: readonly T[], at: number, value: T): readonly T[] =>
  list.map((item, i) => (i === at ? value : item))

describe('a backup', () => {
  it('says of which share it is, and has the size that is written', () => {
    expect(verified).toMatchObject({ ...subject, threshold: B, createdMs: order.createdMs, guardians })
    expect(verified.publicShare).toEqual(publicKeyOf(present(parseScalar(share), 'a scalar')))
    expect(container.length).toBe(392 + 96 * B + 81 * NAMES.length + NAMES.join('').length)
    expect(encodeBackup(decodeBackup(container))).toEqual(container)
    expect(toHex(container)).not.toContain(toHex(share))
  })

  it('has a code for people, of the first 80 bits of its checksum', () => {
    expect(verified.checksum).toEqual(sha256(container.subarray(0, -32)))
    expect(verified.checksumCode).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/)
    expect(checksumCode(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 1))).toBe('0000-0000-0000-0001')
    expect(checksumCode(Uint8Array.of(248, 0, 0, 0, 0, 0, 0, 0, 0, 31))).toBe('Z000-0000-0000-000Z')
  })

  it.each(subsets(NAMES.length, B).map(places => [places]))('is restored by guardians %j', places => {
    expect(restoreShare(curve, verified, fragmentsOf(places))).toEqual({ share, wrong: [] })
  })

  it.each(subsets(NAMES.length, B - 1).map(places => [places]))('is not restored by guardians %j', places => {
    const fragments = fragmentsOf(places)
    expect(refusal(() => restoreShare(curve, verified, fragments))).toEqual([
      'TOO_FEW_FRAGMENTS',
      'fragments',
    ])
    const twice = [...fragments, ...fragments]
    expect(refusal(() => restoreShare(curve, verified, twice))[0]).toBe('TOO_FEW_FRAGMENTS')
    // Nor by whoever does not ask: the line through two points of a parabola ends elsewhere.
    const coefficients = lagrangeAtZero(places)
    const value = fragments.reduce(
      (sum, fragment, i) => Fr.add(sum, Fr.mul(parseScalar(fragment.value) ?? 0n, coefficients[i] ?? 0n)),
      0n,
    )
    expect(encodeScalar(value)).not.toEqual(share)
  })

  it('of any size is restored by any of its guardians who are enough, whoever they are', () => {
    const sizes = fc.integer({ min: 1, max: 6 }).chain(m =>
      fc.record({
        m: fc.constant(m),
        b: fc.integer({ min: 1, max: m }),
        turn: fc.nat(m),
        seed: fc.nat().map(String),
      }),
    )
    const property = fc.property(sizes, ({ m, b, turn, seed }) => {
      const random = seededBytes(seed)
      const made = Array.from({ length: m }, (_, i) => ({ name: `g${i}`, ...createGuardianKey(random) }))
      const secret = encodeScalar(drawScalar(random))
      const bytes = createBackup(
        curve,
        {
          ...order,
          share: secret,
          threshold: b,
          guardians: made.map(({ secret: _, ...guardian }) => guardian),
        },
        random,
      )
      const backup = readBackup(curve, bytes)
      const chosen = Array.from({ length: b }, (_, i) => made[(i + turn) % m])
      const fragments = chosen.map(key => openFragment(curve, backup, present(key, 'a key').secret))
      expect(restoreShare(curve, backup, fragments).share).toEqual(secret)
      if (b > 1) expect(() => restoreShare(curve, backup, fragments.slice(1))).toThrow(BackupError)
    })
    fc.assert(property, { numRuns: 12 })
  })
})

describe('whoever looks at a backup', () => {
  it('sees every flipped bit, wherever it is', () => {
    fc.assert(
      fc.property(fc.nat(container.length - 1), fc.nat(7), (at, bit) => {
        const bytes = container.map((byte, i) => (i === at ? byte ^ (1 << bit) : byte))
        const [code] = refusal(() => readBackup(curve, bytes))
        expect(['NOT_A_BACKUP', 'UNSUPPORTED', 'DAMAGED']).toContain(code)
      }),
    )
  })

  it('sees what is missing, and what is too much', () => {
    for (const length of [0, 10, 16, 100, container.length - 1])
      expect(refusal(() => readBackup(curve, container.subarray(0, length)))[0]).not.toBe('accepted')
    const longer = concatBytes(container.subarray(0, -32), new Uint8Array(1))
    const resealed = concatBytes(longer, sha256(longer))
    expect(refusal(() => readBackup(curve, resealed))).toEqual(['MALFORMED', 'length'])
    const shorter = container.subarray(0, -33)
    expect(refusal(() => readBackup(curve, concatBytes(shorter, sha256(shorter))))[0]).toBe('MALFORMED')
  })

  const otherShare = publicKeyOf(5n)
  const otherKey = createGuardianKey(seededBytes('mallory')).publicKey
  const ciphertexts = decodeBackup(container).ciphertexts
  it.each<[string, Partial<Backup>, string, string]>([
    ['networkId', { networkId: flipped(subject.networkId) }, 'NOT_PROVEN', 'constantProof'],
    ['keyId', { keyId: flipped(subject.keyId) }, 'NOT_PROVEN', 'constantProof'],
    ['epoch', { epoch: 8 }, 'NOT_PROVEN', 'constantProof'],
    ['index', { index: 3 }, 'NOT_PROVEN', 'constantProof'],
    ['index of nobody', { index: 0 }, 'MALFORMED', 'index'],
    ['createdMs', { createdMs: order.createdMs + 1 }, 'NOT_PROVEN', 'constantProof'],
    ['publicShare', { publicShare: otherShare }, 'NOT_PROVEN', 'publicShare'],
    [
      'publicShare and C_0',
      { publicShare: otherShare, commitments: replaced(verified.commitments, 0, otherShare) },
      'NOT_PROVEN',
      'constantProof',
    ],
    ['C_1', { commitments: replaced(verified.commitments, 1, otherShare) }, 'NOT_PROVEN', 'constantProof'],
    [
      'C_1, no point',
      { commitments: replaced(verified.commitments, 1, new Uint8Array(96)) },
      'MALFORMED',
      'commitments.1',
    ],
    [
      'C_2, identity',
      { commitments: replaced(verified.commitments, 2, G2_IDENTITY) },
      'MALFORMED',
      'commitments.2',
    ],
    ['threshold above the guardians', { threshold: 6 }, 'MALFORMED', 'guardians'],
    ['threshold of none', { threshold: 0 }, 'MALFORMED', 'threshold'],
    [
      "a guardian's name",
      { guardians: replaced(guardians, 1, { ...present(guardians[1], 'g'), name: 'bib' }) },
      'NOT_PROVEN',
      'constantProof',
    ],
    [
      "a guardian's name, none",
      { guardians: replaced(guardians, 1, { ...present(guardians[1], 'g'), name: 'b b' }) },
      'MALFORMED',
      'guardians.1.name',
    ],
    [
      "a guardian's name twice",
      { guardians: replaced(guardians, 2, { name: 'ann', publicKey: otherKey }) },
      'MALFORMED',
      'guardians.2',
    ],
    [
      "a guardian's key",
      { guardians: replaced(guardians, 1, { name: 'bob', publicKey: otherKey }) },
      'NOT_PROVEN',
      'constantProof',
    ],
    [
      "a guardian's key, identity",
      { guardians: replaced(guardians, 1, { name: 'bob', publicKey: new Uint8Array(32) }) },
      'MALFORMED',
      'guardians.1.publicKey',
    ],
    [
      "a guardian's key twice",
      { guardians: replaced(guardians, 3, { name: 'zoe', publicKey: present(guardians[0], 'g').publicKey }) },
      'MALFORMED',
      'guardians.3',
    ],
    ['ephemeral', { ephemeral: otherKey }, 'NOT_PROVEN', 'constantProof'],
    ['ephemeral, identity', { ephemeral: new Uint8Array(32) }, 'MALFORMED', 'ephemeral'],
    ['constantProof', { constantProof: flipped(verified.constantProof) }, 'NOT_PROVEN', 'constantProof'],
    ['ephemeralProof', { ephemeralProof: flipped(verified.ephemeralProof) }, 'NOT_PROVEN', 'ephemeralProof'],
    ['a ciphertext less', { ciphertexts: ciphertexts.slice(1) }, 'MALFORMED', 'ciphertexts.4'],
    ['a ciphertext more', { ciphertexts: [...ciphertexts, new Uint8Array(48)] }, 'MALFORMED', 'length'],
  ])('finds a changed %s under a new checksum', (_, changes, code, field) => {
    expect(refusal(() => readBackup(curve, forged(changes)))).toEqual([code, field])
  })

  it.each([
    ['networkId', { networkId: flipped(subject.networkId) }],
    ['keyId', { keyId: flipped(subject.keyId) }],
    ['epoch', { epoch: 8 }],
    ['index', { index: 3 }],
    ['publicShare', { publicShare: otherShare }],
  ])('says when it is of another %s than the log has', (field, expected) => {
    expect(refusal(() => readBackup(curve, container, { ...verified, ...expected }))).toEqual([
      'UNEXPECTED',
      field,
    ])
    expect(readBackup(curve, container, subject).epoch).toBe(7)
  })

  it('gets a backup or a named error from any bytes', () => {
    const head = container.subarray(0, 16)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.boolean(), (tail, isSealed) => {
        const content = concatBytes(head, tail)
        const bytes = isSealed ? concatBytes(content, sha256(content)) : content
        expect(refusal(() => readBackup(curve, bytes))[0]).not.toBe('accepted')
      }),
    )
    expect(refusal(() => readBackup(curve, concatBytes(head, new Uint8Array(1e6))))[0]).toBe('DAMAGED')
  })
})

/** The container of a maker that encrypts to one guardian what is not its value. */
function lyingBackup(place: number): VerifiedBackup {
  const random = seededBytes('the backup')
  for (let k = 1; k < B; k++) drawScalar(random)
  const secret = drawScalar(random, RISTRETTO_ORDER)
  const backup = decodeBackup(container)
  const ephemeral = RISTRETTO_BASE.multiply(secret)
  expect(ephemeral.toBytes()).toEqual(backup.ephemeral)
  const id = sha256(concatBytes(utf8('QUORATE/backup/v1'), encodeStatement(backup)))
  const encryptionKey = present(decodeElement(present(guardians[place - 1], 'g').publicKey), 'a key')
  const channel = {
    sharedPoint: encryptionKey.multiply(secret),
    ephemeral,
    encryptionKey,
    context: concatBytes(id, u32(subject.index), u32(place)),
  }
  const ciphertexts = replaced(backup.ciphertexts, place - 1, encryptShare(channel, 12_345n))
  return readBackup(curve, forged({ ciphertexts }))
}

describe('a guardian', () => {
  it('opens its own fragment, known by a public key that follows from the backup', () => {
    const fragment = openFragment(curve, verified, secretOf(2))
    expect(fragment.guardian).toBe(2)
    const publicKey = publicKeyOf(present(parseScalar(fragment.value), 'a scalar'))
    expect(fragmentPublicKey(curve, verified, 2)).toEqual(publicKey)
    expect(guardianOfFragment(curve, verified, publicKey)).toBe(2)
    expect(guardianOfFragment(curve, verified, publicKeyOf(5n))).toBeNull()
  })

  it('has a key that is known by its secret, and no other opens', () => {
    const stranger = createGuardianKey(seededBytes('stranger'))
    expect(guardianPublicKey(stranger.secret)).toEqual(stranger.publicKey)
    for (const secret of [stranger.secret, new Uint8Array(32), new Uint8Array(32).fill(255)])
      expect(refusal(() => openFragment(curve, verified, secret))).toEqual(['NO_GUARDIAN', 'guardians'])
  })

  it('is called by name when its fragment was damaged, and the others are not', () => {
    for (const place of [1, 2, 3, 4, 5]) {
      const { ciphertexts } = verified
      const damaged = replaced(ciphertexts, place - 1, flipped(present(ciphertexts[place - 1], 'c'), 3))
      const backup = readBackup(curve, forged({ ciphertexts: damaged }))
      for (const other of [1, 2, 3, 4, 5]) {
        const expected = other === place ? ['BAD_FRAGMENT', NAMES[place - 1]] : ['accepted', '']
        expect(refusal(() => openFragment(curve, backup, secretOf(other)))).toEqual(expected)
      }
    }
  })

  it('sees that the maker lied to it, and is called by name', () => {
    const backup = lyingBackup(4)
    expect(refusal(() => openFragment(curve, backup, secretOf(4)))).toEqual(['BAD_FRAGMENT', 'dan'])
    // It opens: what is in it is what the maker put there.
    expect(() => openFragment(curve, backup, secretOf(4))).toThrow(/not what the commitments say/)
    expect(restoreShare(curve, backup, fragmentsOf([1, 2, 5], backup)).share).toEqual(share)
  })

  it('does not open the fragment of another in its own place', () => {
    const [first, second] = verified.ciphertexts
    const swapped = [present(second, 'c'), present(first, 'c'), ...verified.ciphertexts.slice(2)]
    const backup = readBackup(curve, forged({ ciphertexts: swapped }))
    expect(refusal(() => openFragment(curve, backup, secretOf(1)))).toEqual(['BAD_FRAGMENT', 'ann'])
  })
})

describe('restoring', () => {
  const liar = (place: number): Fragment => ({ guardian: place, value: encodeScalar(99n) })

  it('goes on without wrong fragments when the others are enough, and names them', () => {
    const fragments = [liar(2), ...fragmentsOf([1, 3]), { guardian: 4, value: new Uint8Array(32).fill(255) }]
    expect(restoreShare(curve, verified, [...fragments, ...fragmentsOf([5])])).toEqual({
      share,
      wrong: ['bob', 'dan'],
    })
    expect(() => restoreShare(curve, verified, fragments)).toThrow(
      'it takes 3 fragments and there are 2 right ones; wrong are those of bob, dan',
    )
  })

  it('takes no fragment at the place of another', () => {
    const [first] = fragmentsOf([1])
    const moved = { guardian: 2, value: present(first, 'a fragment').value }
    expect(() => restoreShare(curve, verified, [moved, ...fragmentsOf([3, 4])])).toThrow(
      /wrong are those of bob/,
    )
  })

  it('takes no fragment of another backup of the same share', () => {
    const other = readBackup(curve, createBackup(curve, order, seededBytes('another backup')))
    const [foreign] = fragmentsOf([1], other)
    expect(
      refusal(() => restoreShare(curve, verified, [present(foreign, 'f'), ...fragmentsOf([2, 3])]))[0],
    ).toBe('TOO_FEW_FRAGMENTS')
  })
})
