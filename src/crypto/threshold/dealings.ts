import { assert, present } from '../../lib/assert.ts'
import { concatBytes, equalBytes, u32, u64, utf8 } from '../../lib/bytes.ts'
import { sha256 } from '../hash.ts'
import { G2_IDENTITY, type G2Point, type PublicCurve } from './public-curve.ts'
import type { Element } from './ristretto.ts'
import { lagrangeAtZero } from './scalar.ts'
import { publicKeyOf } from './secret.ts'
import { polynomialHash, type Session } from './session.ts'
import { createSignatureCombiner, type PublicSharing, type SignatureCombiner } from './signature.ts'

/**
 * What follows from dealings that were accepted: whether a share is the dealer's polynomial at one's coordinate, which dealings
 * count, and the shared key that they add up to. Fresh keys are sums; a key that stays is interpolated from exactly as many
 * dealings as its old threshold, each of which has an old share as its constant.
 */
export interface AcceptedDealing {
  readonly dealer: number
  /** 32 bytes, of the whole dealing. */
  readonly hash: Uint8Array
  readonly commitments: readonly G2Point[]
  readonly ephemeral: Element
  /** By receiver's coordinate, 48 bytes. */
  readonly ciphertexts: ReadonlyMap<number, Uint8Array>
}

/** The dealings that count, and what they give. */
export interface Qualified {
  /** In log order. */
  readonly dealings: readonly AcceptedDealing[]
  /** 32 bytes that name session and dealings. */
  readonly hash: Uint8Array
  readonly sharing: PublicSharing
  readonly combiner: SignatureCombiner
}

const DEALINGS_TAG = utf8('QUORATE/dkg-dealings/v1')
const CONFIRM_TAG = utf8('QUORATE/dkg-confirm/v1')
const ACTIVATE_TAG = utf8('QUORATE/key-activate/v1')

/** share·G2 = Σ receiver^k·A_k, Feldman's check. */
export function isShareRight(
  curve: PublicCurve,
  dealing: Pick<AcceptedDealing, 'commitments'>,
  receiver: number,
  share: bigint,
): boolean {
  return equalBytes(publicKeyOf(share), curve.encodeG2(curve.evaluateG2(dealing.commitments, receiver)))
}

/**
 * @param surviving accepted dealings whose dealers are not convicted, in log order
 * @returns null when they are too few, or give no key
 */
export function qualify(
  curve: PublicCurve,
  session: Session,
  surviving: readonly AcceptedDealing[],
): Qualified | null {
  // Fresh: one of f + 1 dealers is honest, and its constant is what nobody else knows. Reshared: no more than the old threshold,
  // or the coefficients would not be the same for everybody.
  const needed = session.old?.threshold ?? session.faultyMax + 1
  if (surviving.length < needed) return null
  const dealings = session.old === null ? surviving : surviving.slice(0, needed)
  const sharing = addUp(curve, session, dealings)
  if (equalBytes(sharing.publicKey, G2_IDENTITY)) return null
  const names = dealings.flatMap(({ dealer, hash }) => [u32(dealer), hash])
  return {
    dealings,
    hash: sha256(concatBytes(DEALINGS_TAG, session.id, ...names)),
    sharing,
    combiner: createSignatureCombiner(curve, sharing),
  }
}

function addUp(curve: PublicCurve, session: Session, dealings: readonly AcceptedDealing[]): PublicSharing {
  const coefficients = dealingCoefficients(session, dealings)
  const polynomial = Array.from({ length: session.threshold }, (_, k) => {
    const points = dealings.map(({ commitments }) => present(commitments[k], 'a commitment'))
    if (coefficients === null) return points.reduce((sum, point) => curve.addG2(sum, point))
    return curve.sumG2(
      points.map((point, i) => ({ point, scalar: present(coefficients[i], 'a coefficient') })),
    )
  })
  const sharing = sharingOf(curve, polynomial, session.members)
  if (session.old !== null)
    assert(equalBytes(sharing.publicKey, session.old.publicKey), 'dealing a key again has changed it')
  return sharing
}

/** All that is public of a shared key follows from its polynomial. @param polynomial a point for each share that is needed */
export function sharingOf(
  curve: PublicCurve,
  polynomial: readonly G2Point[],
  members: number,
): PublicSharing {
  const commitments = polynomial.map(point => curve.encodeG2(point))
  return {
    threshold: polynomial.length,
    commitments,
    publicKey: present(commitments[0], 'the constant'),
    publicShares: Array.from({ length: members }, (_, i) =>
      curve.encodeG2(curve.evaluateG2(polynomial, i + 1)),
    ),
  }
}

/** With what the dealings, and the shares in them, are multiplied before they are added; null: with one. */
export function dealingCoefficients(
  session: Session,
  dealings: readonly AcceptedDealing[],
): readonly bigint[] | null {
  return session.old === null ? null : lagrangeAtZero(dealings.map(({ dealer }) => dealer))
}

/** What a new share signs to show that it is the right one. */
export function confirmationMessage(session: Session, dealingsHash: Uint8Array): Uint8Array {
  return concatBytes(CONFIRM_TAG, session.id, dealingsHash)
}

/** What the new shares sign together before anybody relies on them: session, dealings, key, polynomial, members, epoch. */
export function activationMessage(session: Session, { hash, sharing }: Qualified): Uint8Array {
  return concatBytes(
    ACTIVATE_TAG,
    session.id,
    hash,
    sharing.publicKey,
    polynomialHash(sharing),
    session.membersHash,
    u64(session.epoch),
  )
}
