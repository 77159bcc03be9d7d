import { assert, present } from '../../lib/assert.ts'
import type { Ceremony } from './ceremony.ts'
import { complain } from './complaint.ts'
import {
  type AcceptedDealing,
  activationMessage,
  confirmationMessage,
  dealingCoefficients,
  isShareRight,
} from './dealings.ts'
import { decryptShare, encryptShare } from './encryption.ts'
import type { Complaint, Confirmation, Dealing, Registration } from './package.ts'
import {
  g2KeyEquation,
  PROOF_OF_CONSTANT,
  PROOF_OF_ENCRYPTION_KEY,
  PROOF_OF_EPHEMERAL,
  prove,
  ristrettoKeyEquation,
} from './proof.ts'
import type { PublicCurve } from './public-curve.ts'
import { encodeRistrettoScalar, parseRistrettoScalar, RISTRETTO_BASE, RISTRETTO_ORDER } from './ristretto.ts'
import {
  drawPolynomial,
  drawScalar,
  encodeScalar,
  evaluatePolynomial,
  Fr,
  parseScalar,
  type RandomBytes,
} from './scalar.ts'
import { publicKeyOf, signMessage } from './secret.ts'
import { memberContext, pairContext, type Session } from './session.ts'

/**
 * A member's own part in a ceremony: what to say next, given what the log says, the member's secrets, and randomness. Secrets come
 * and go as bytes that their owner keeps, and wipes when the ceremony is over: the decryption key at `active` or `failed`, an old
 * share only when its epoch is retired.
 */
export interface Registered {
  readonly registration: Registration
  /** e, 32 bytes, secret; for this session alone. */
  readonly decryptionKey: Uint8Array
}

export interface Received {
  readonly confirmation: Confirmation
  /** The new share, 32 bytes, secret; null while a dealing that counts is bad. */
  readonly share: Uint8Array | null
}

/** Shares that were opened and found right, 32 bytes each, secret. */
export type OpenedShares = Map<AcceptedDealing, Uint8Array>

export function register(session: Session, index: number, random: RandomBytes): Registered {
  const secret = drawScalar(random, RISTRETTO_ORDER)
  const key = RISTRETTO_BASE.multiply(secret)
  const proof = prove(
    PROOF_OF_ENCRYPTION_KEY,
    memberContext(session, index),
    [ristrettoKeyEquation(key)],
    secret,
    random,
  )
  return {
    registration: { sessionId: session.id, encryptionKey: key.toBytes(), proof },
    decryptionKey: encodeRistrettoScalar(secret),
  }
}

/**
 * @param ceremony in `dealing`: who has registered is fixed
 * @param oldShare 32 bytes, the share that is dealt again; null for a fresh key
 */
export function deal(
  curve: PublicCurve,
  ceremony: Ceremony,
  dealer: number,
  oldShare: Uint8Array | null,
  random: RandomBytes,
): Dealing {
  const { session, encryptionKeys } = ceremony
  assert(ceremony.phase === 'dealing', 'nobody knows yet who receives')
  assert((oldShare === null) === (session.old === null), 'an old share is dealt if and only if the key stays')
  const constant =
    oldShare === null ? drawScalar(random) : present(parseScalar(oldShare), 'a share below the group order')
  const polynomial = drawPolynomial(constant, session.threshold, random)
  const commitments = polynomial.map(publicKeyOf)
  const ephemeralSecret = drawScalar(random, RISTRETTO_ORDER)
  const ephemeral = RISTRETTO_BASE.multiply(ephemeralSecret)
  const context = memberContext(session, dealer)
  const first = present(curve.decodeG2(present(commitments[0], 'a constant')), 'a constant that is not zero')
  const ciphertexts = [...encryptionKeys].map(([receiver, encryptionKey]) => {
    const sharedPoint = encryptionKey.multiply(ephemeralSecret)
    const channel = { sharedPoint, ephemeral, encryptionKey, context: pairContext(session, dealer, receiver) }
    return encryptShare(channel, evaluatePolynomial(polynomial, receiver))
  })
  return {
    sessionId: session.id,
    commitments,
    constantProof: prove(PROOF_OF_CONSTANT, context, [g2KeyEquation(curve, first)], constant, random),
    ephemeral: ephemeral.toBytes(),
    ephemeralProof: prove(
      PROOF_OF_EPHEMERAL,
      context,
      [ristrettoKeyEquation(ephemeral)],
      ephemeralSecret,
      random,
    ),
    ciphertexts,
  }
}

/**
 * Opens what was sent to this member. Bad shares are complained about, whether their dealings count at the moment or not; when those
 * that count are good, the new share is there, and signs.
 * @param ceremony in `confirming`
 * @param opened what this member has opened in the ceremony, which is not opened again: a conviction changes what counts, not what is in
 * the others' dealings. What is opened now is added; whoever keeps it wipes it
 */
export function confirm(
  curve: PublicCurve,
  ceremony: Ceremony,
  receiver: number,
  decryptionKey: Uint8Array,
  random: RandomBytes,
  opened: OpenedShares = new Map(),
): Received {
  const { session, convicted } = ceremony
  const qualified = present(ceremony.qualified, 'a set of dealings that count')
  const secret = present(parseRistrettoScalar(decryptionKey), 'a decryption key')
  const complaints: Complaint[] = []
  for (const dealing of ceremony.dealings) {
    if (convicted.has(dealing.dealer) || opened.has(dealing)) continue
    const { share, accusation, sharedPoint } = open(curve, ceremony, receiver, secret, dealing)
    if (share !== null) opened.set(dealing, encodeScalar(share))
    else complaints.push(complain(accusation, secret, sharedPoint, random))
  }
  const share = addShares(session, qualified.dealings, opened)
  const message = confirmationMessage(session, qualified.hash)
  const shareProof = share === null ? null : signMessage(share, message)
  return {
    confirmation: { sessionId: session.id, dealingsHash: qualified.hash, complaints, shareProof },
    share,
  }
}

/** A partial signature over the activation. @param share the new one, 32 bytes @returns 48 bytes */
export function signActivation(ceremony: Ceremony, share: Uint8Array): Uint8Array {
  return signMessage(
    share,
    activationMessage(ceremony.session, present(ceremony.qualified, 'a set of dealings that count')),
  )
}

/** A share that its dealer's commitments do not bear out is none. */
function open(
  curve: PublicCurve,
  { session, encryptionKeys }: Ceremony,
  receiver: number,
  secret: bigint,
  dealing: AcceptedDealing,
) {
  const encryptionKey = present(encryptionKeys.get(receiver), 'our own registration')
  const sharedPoint = dealing.ephemeral.multiply(secret)
  const context = pairContext(session, dealing.dealer, receiver)
  const channel = { sharedPoint, ephemeral: dealing.ephemeral, encryptionKey, context }
  const share = decryptShare(channel, present(dealing.ciphertexts.get(receiver), 'our ciphertext'))
  const isRight = share !== null && isShareRight(curve, dealing, receiver, share)
  return {
    share: isRight ? share : null,
    sharedPoint,
    accusation: { session, dealing, accuser: receiver, encryptionKey },
  }
}

function addShares(
  session: Session,
  dealings: readonly AcceptedDealing[],
  opened: OpenedShares,
): Uint8Array | null {
  const coefficients = dealingCoefficients(session, dealings)
  let sum = 0n
  for (const [i, dealing] of dealings.entries()) {
    const bytes = opened.get(dealing)
    if (bytes === undefined) return null
    const share = present(parseScalar(bytes), 'a share below the group order')
    sum = Fr.add(
      sum,
      coefficients === null ? share : Fr.mul(share, present(coefficients[i], 'a coefficient')),
    )
  }
  return encodeScalar(sum)
}
