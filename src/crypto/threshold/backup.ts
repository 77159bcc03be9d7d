import { assert, present } from '../../lib/assert.ts'
import { concatBytes, equalBytes, toHex, u32, utf8 } from '../../lib/bytes.ts'
import { sha256 } from '../hash.ts'
import {
  type Backup,
  BackupError,
  type BackupStatement,
  type BackupSubject,
  checksumCode,
  checksumOf,
  decodeBackup,
  encodeBackup,
  encodeStatement,
  GUARDIAN_NAME,
  GUARDIANS_MAX,
  type Guardian,
} from './backup-container.ts'
import { isShareRight } from './dealings.ts'
import { decryptShare, encryptShare } from './encryption.ts'
import {
  g2KeyEquation,
  PROOF_OF_CONSTANT,
  PROOF_OF_EPHEMERAL,
  prove,
  ristrettoKeyEquation,
  verifyProof,
} from './proof.ts'
import type { G2Point, PublicCurve } from './public-curve.ts'
import {
  decodeElement,
  type Element,
  encodeRistrettoScalar,
  parseRistrettoScalar,
  RISTRETTO_BASE,
  RISTRETTO_ORDER,
} from './ristretto.ts'
import {
  drawPolynomial,
  drawScalar,
  encodeScalar,
  evaluatePolynomial,
  Fr,
  lagrangeAtZero,
  parseScalar,
  type RandomBytes,
} from './scalar.ts'
import { publicKeyOf } from './secret.ts'

/**
 * Verifiable backups of a share: any b of m guardians give it back, fewer learn nothing of it. A backup is a dealing, with guardians
 * for receivers and the share for the constant: a polynomial h of degree b - 1 over Fr with h(0) = s, commitments C_k to it in G2,
 * and h(g) encrypted to guardian g's key in ristretto255.
 *
 * So nobody has to believe anybody. Everybody sees that C_0 = Y, the public share that the log knows, and by a proof that whoever
 * made the backup had the share; each guardian sees that its own fragment is h(g); whoever restores sees the same of each
 * fragment, and calls the guardian whose fragment is wrong by name.
 */
export interface GuardianKey {
  /** 32 bytes, secret. */
  readonly secret: Uint8Array
  /** In ristretto255, 32 bytes. */
  readonly publicKey: Uint8Array
}

/** A container whose every claim was checked that can be checked without a guardian's key. */
export interface VerifiedBackup extends Backup {
  /** 32 bytes */
  readonly checksum: Uint8Array
  /** The same for people. */
  readonly checksumCode: string
  /** The commitments. */
  readonly polynomial: readonly G2Point[]
}

/** What a guardian holds in clear. */
export interface Fragment {
  /** The guardian's place in the backup, from 1. */
  readonly guardian: number
  /** h(g), 32 bytes, secret. */
  readonly value: Uint8Array
}

export interface BackupOrder {
  readonly subject: Omit<BackupSubject, 'publicShare'>
  /** 32 bytes, secret. */
  readonly share: Uint8Array
  readonly guardians: readonly Guardian[]
  /** Fragments that it takes, from 1 to the number of guardians. */
  readonly threshold: number
  /** Milliseconds since 1970. */
  readonly createdMs: number
}

const TAG = utf8('QUORATE/backup/v1')

export function createGuardianKey(random: RandomBytes): GuardianKey {
  const secret = drawScalar(random, RISTRETTO_ORDER)
  return { secret: encodeRistrettoScalar(secret), publicKey: RISTRETTO_BASE.multiply(secret).toBytes() }
}

/** @param secret 32 bytes @returns 32 bytes, or none for what is no secret of a guardian */
export function guardianPublicKey(secret: Uint8Array): Uint8Array {
  const scalar = parseRistrettoScalar(secret)
  return scalar === null ? new Uint8Array(0) : RISTRETTO_BASE.multiply(scalar).toBytes()
}

/** @returns the container */
export function createBackup(curve: PublicCurve, order: BackupOrder, random: RandomBytes): Uint8Array {
  const { subject, guardians, threshold, createdMs } = order
  assert(threshold >= 1 && threshold <= guardians.length, 'as many guardians as are needed')
  assert(guardians.length <= GUARDIANS_MAX, `at most ${GUARDIANS_MAX} guardians`)
  assert(
    guardians.every(({ name }) => GUARDIAN_NAME.test(name)),
    'names that can be written',
  )
  const share = present(parseScalar(order.share), 'a share below the group order')
  const coefficients = drawPolynomial(share, threshold, random)
  const commitments = coefficients.map(publicKeyOf)
  const publicShare = present(commitments[0], 'a commitment to the share')
  const constant = present(curve.decodeG2(publicShare), 'a share that is not zero')
  const ephemeralSecret = drawScalar(random, RISTRETTO_ORDER)
  const ephemeral = RISTRETTO_BASE.multiply(ephemeralSecret)
  const statement: BackupStatement = {
    ...subject,
    publicShare,
    createdMs,
    threshold,
    guardians,
    commitments,
    ephemeral: ephemeral.toBytes(),
  }
  const id = idOf(statement)
  const context = proofContext(id, subject.index)
  const ciphertexts = guardians.map(({ publicKey }, i) => {
    const encryptionKey = present(decodeElement(publicKey), 'a key of a guardian')
    const sharedPoint = encryptionKey.multiply(ephemeralSecret)
    const channel = { sharedPoint, ephemeral, encryptionKey, context: pairContext(id, subject.index, i + 1) }
    return encryptShare(channel, evaluatePolynomial(coefficients, i + 1))
  })
  return encodeBackup({
    ...statement,
    constantProof: prove(PROOF_OF_CONSTANT, context, [g2KeyEquation(curve, constant)], share, random),
    ephemeralProof: prove(
      PROOF_OF_EPHEMERAL,
      context,
      [ristrettoKeyEquation(ephemeral)],
      ephemeralSecret,
      random,
    ),
    ciphertexts,
  })
}

/**
 * Checks all that everybody can check: that nothing is damaged, that it is a backup of what is expected, that C_0 = Y, that all points
 * are points, and that whoever made it had the share and knew for whom.
 * @param container bytes of unknown origin
 * @param expected what the caller knows from elsewhere; above all the public share, which the log has
 * @throws BackupError
 */
export function readBackup(
  curve: PublicCurve,
  container: Uint8Array,
  expected: Partial<BackupSubject> = {},
): VerifiedBackup {
  const backup = decodeBackup(container)
  refuseUnexpected(backup, expected)
  const { commitments, publicShare, index } = backup
  if (!equalBytes(present(commitments[0], 'a commitment'), publicShare))
    throw new BackupError('NOT_PROVEN', 'publicShare', 'C_0 is not its public share')
  const polynomial = commitments.map((bytes, k) => {
    const point = curve.decodeG2(bytes)
    if (point === null)
      throw new BackupError('MALFORMED', `commitments.${k}`, `its commitments.${k} is no point of G2`)
    return point
  })
  const ephemeral = ephemeralOf(backup)
  const context = proofContext(idOf(backup), index)
  const constant = [g2KeyEquation(curve, present(polynomial[0], 'a commitment'))]
  if (!verifyProof(PROOF_OF_CONSTANT, context, constant, backup.constantProof))
    throw notProven('constantProof', 'whoever made it did not know the share, or it was changed afterwards')
  if (!verifyProof(PROOF_OF_EPHEMERAL, context, [ristrettoKeyEquation(ephemeral)], backup.ephemeralProof))
    throw notProven('ephemeralProof', 'its ephemeral key is of somebody else, or it was changed afterwards')
  const checksum = checksumOf(container)
  return { ...backup, polynomial, checksum, checksumCode: checksumCode(checksum) }
}

function refuseUnexpected(backup: Backup, expected: Partial<BackupSubject>): void {
  for (const field of ['networkId', 'keyId', 'epoch', 'index', 'publicShare'] as const) {
    const [found, wanted] = [backup[field], expected[field]]
    if (wanted === undefined || textOf(found) === textOf(wanted)) continue
    const why = `its ${field} is ${textOf(found)}, not ${textOf(wanted)}`
    throw new BackupError('UNEXPECTED', field, why)
  }
}

/**
 * A guardian's fragment, checked against the commitments.
 * @param secret of a guardian, 32 bytes
 * @throws BackupError NO_GUARDIAN when the key is of none of them; BAD_FRAGMENT when what was encrypted to this one is wrong
 */
export function openFragment(curve: PublicCurve, backup: VerifiedBackup, secret: Uint8Array): Fragment {
  const scalar = parseRistrettoScalar(secret)
  const publicKey = guardianPublicKey(secret)
  const place = backup.guardians.findIndex(guardian => equalBytes(guardian.publicKey, publicKey))
  const guardian = backup.guardians[place]
  if (scalar === null || guardian === undefined)
    throw new BackupError('NO_GUARDIAN', 'guardians', `none of its guardians has the key ${toHex(publicKey)}`)
  const ephemeral = ephemeralOf(backup)
  const channel = {
    sharedPoint: ephemeral.multiply(scalar),
    ephemeral,
    encryptionKey: present(decodeElement(publicKey), 'a key of a guardian'),
    context: pairContext(idOf(backup), backup.index, place + 1),
  }
  const value = decryptShare(channel, present(backup.ciphertexts[place], 'a fragment'))
  if (value === null)
    throw badFragment(guardian, 'it does not open: it is damaged, or was made for another key')
  if (!isShareRight(curve, { commitments: backup.polynomial }, place + 1, value))
    throw badFragment(guardian, 'it is not what the commitments say: whoever made the backup lied')
  return { guardian: place + 1, value: encodeScalar(value) }
}

/**
 * By which a fragment is known without being shown: h(g)·G2, which follows from the commitments.
 * @param guardian from 1 @returns 96 bytes
 */
export function fragmentPublicKey(curve: PublicCurve, backup: VerifiedBackup, guardian: number): Uint8Array {
  return curve.encodeG2(curve.evaluateG2(backup.polynomial, guardian))
}

/** @returns the guardian's place from 1, or null when no guardian of this backup has such a fragment */
export function guardianOfFragment(
  curve: PublicCurve,
  backup: VerifiedBackup,
  publicKey: Uint8Array,
): number | null {
  const place = backup.guardians.findIndex((_, i) =>
    equalBytes(fragmentPublicKey(curve, backup, i + 1), publicKey),
  )
  return place < 0 ? null : place + 1
}

/**
 * @param fragments of unknown origin, any number
 * @returns the share, 32 bytes, and the names of guardians whose fragments are wrong: the others were enough
 * @throws BackupError TOO_FEW_FRAGMENTS, which names them as well
 */
export function restoreShare(
  curve: PublicCurve,
  backup: VerifiedBackup,
  fragments: readonly Fragment[],
): { readonly share: Uint8Array; readonly wrong: readonly string[] } {
  const right = new Map<number, bigint>()
  const wrong = new Set<string>()
  for (const { guardian, value } of fragments) {
    const name = backup.guardians[guardian - 1]?.name
    assert(name !== undefined, `there is no guardian ${guardian}`)
    const scalar = parseScalar(value)
    if (scalar !== null && isShareRight(curve, { commitments: backup.polynomial }, guardian, scalar))
      right.set(guardian, scalar)
    else wrong.add(name)
  }
  const { threshold, publicShare } = backup
  if (right.size < threshold) {
    const bad = wrong.size === 0 ? '' : `; wrong are those of ${[...wrong].join(', ')}`
    const why = `it takes ${threshold} fragments and there are ${right.size} right ones${bad}`
    throw new BackupError('TOO_FEW_FRAGMENTS', 'fragments', why)
  }
  const points = [...right].slice(0, threshold)
  const coefficients = lagrangeAtZero(points.map(([guardian]) => guardian))
  const share = points.reduce(
    (sum, [, value], i) => Fr.add(sum, Fr.mul(value, present(coefficients[i], 'a coefficient'))),
    0n,
  )
  assert(equalBytes(publicKeyOf(share), publicShare), 'right fragments give the share')
  return { share: encodeScalar(share), wrong: [...wrong] }
}

/** Names the backup in everything that is said in it. @returns 32 bytes */
function idOf(statement: BackupStatement): Uint8Array {
  return sha256(concatBytes(TAG, encodeStatement(statement)))
}

/** As long as that of a member in a ceremony, and never the same: the id is a hash under a tag of its own. */
function proofContext(id: Uint8Array, index: number): Uint8Array {
  return concatBytes(id, u32(index))
}

function pairContext(id: Uint8Array, index: number, guardian: number): Uint8Array {
  return concatBytes(id, u32(index), u32(guardian))
}

function ephemeralOf({ ephemeral }: Backup): Element {
  const element = decodeElement(ephemeral)
  if (element !== null) return element
  throw new BackupError('MALFORMED', 'ephemeral', 'its ephemeral key is no element of ristretto255')
}

const textOf = (value: number | Uint8Array): string =>
  typeof value === 'number' ? String(value) : toHex(value)

function notProven(field: string, why: string): BackupError {
  return new BackupError('NOT_PROVEN', field, `its ${field} does not hold: ${why}`)
}

function badFragment({ name }: Guardian, why: string): BackupError {
  return new BackupError('BAD_FRAGMENT', name, `the fragment of ${name} is wrong: ${why}`)
}
