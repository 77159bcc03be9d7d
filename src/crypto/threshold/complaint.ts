import { present } from '../../lib/assert.ts'
import { type AcceptedDealing, isShareRight } from './dealings.ts'
import { decryptShare } from './encryption.ts'
import type { Complaint } from './package.ts'
import { PROOF_OF_COMPLAINT, prove, ristrettoEquation, ristrettoKeyEquation, verifyProof } from './proof.ts'
import type { PublicCurve } from './public-curve.ts'
import { decodeElement, type Element } from './ristretto.ts'
import type { RandomBytes } from './scalar.ts'
import { pairContext, type Session } from './session.ts'

/**
 * A receiver that got a bad share opens the one ciphertext in question to everybody, and proves that it does so rightly. Who lied
 * then follows from the log alone: no further round, no answer of the dealer, and nothing but this one share is revealed.
 */
export interface Accusation {
  readonly session: Session
  readonly dealing: AcceptedDealing
  readonly accuser: number
  /** E of the accuser */
  readonly encryptionKey: Element
}

/** `upheld`: the dealer lied. Otherwise the accuser did. */
export type Judgement = 'upheld' | 'wrong-complaint-proof' | 'false-complaint'

/** @param decryptionKey e, with E = e·B @param sharedPoint K = e·R */
export function complain(
  accusation: Accusation,
  decryptionKey: bigint,
  sharedPoint: Element,
  random: RandomBytes,
): Complaint {
  return {
    dealer: accusation.dealing.dealer,
    sharedPoint: sharedPoint.toBytes(),
    proof: prove(
      PROOF_OF_COMPLAINT,
      contextOf(accusation),
      equations(accusation, sharedPoint),
      decryptionKey,
      random,
    ),
  }
}

export function judge(curve: PublicCurve, accusation: Accusation, complaint: Complaint): Judgement {
  const { dealing, accuser, encryptionKey } = accusation
  const sharedPoint = decodeElement(complaint.sharedPoint)
  if (sharedPoint === null) return 'wrong-complaint-proof'
  const context = contextOf(accusation)
  if (!verifyProof(PROOF_OF_COMPLAINT, context, equations(accusation, sharedPoint), complaint.proof))
    return 'wrong-complaint-proof'
  const channel = { sharedPoint, ephemeral: dealing.ephemeral, encryptionKey, context }
  const share = decryptShare(channel, present(dealing.ciphertexts.get(accuser), 'a ciphertext'))
  return share !== null && isShareRight(curve, dealing, accuser, share) ? 'false-complaint' : 'upheld'
}

/** E = e·B and K = e·R */
function equations({ dealing, encryptionKey }: Accusation, sharedPoint: Element) {
  return [ristrettoKeyEquation(encryptionKey), ristrettoEquation(dealing.ephemeral, sharedPoint)]
}

function contextOf({ session, dealing, accuser }: Accusation): Uint8Array {
  return pairContext(session, dealing.dealer, accuser)
}
