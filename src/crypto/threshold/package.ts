import { concatBytes } from '../../lib/bytes.ts'
import { sha256 } from '../hash.ts'
import { PROOF_BYTES } from './proof.ts'
import { G1_BYTES, G2_BYTES } from './public-curve.ts'
import { ELEMENT_BYTES } from './ristretto.ts'

/**
 * What members say in a ceremony, and its one encoding: fixed fields, integers big-endian, no field that could be left out. No
 * package names its sender: the log knows who signed an entry, and a coordinate that one chooses oneself is an attack.
 *
 * Decoding looks at lengths alone; whether points are points and proofs hold is for the ceremony.
 */

/** A key for the shares that are sent to this member, for one session. 128 bytes: `session 32 | encryptionKey 32 | proof 64` */
export interface Registration {
  readonly sessionId: Uint8Array
  /** E_j = e_j·B in ristretto255 */
  readonly encryptionKey: Uint8Array
  /** that e_j is known */
  readonly proof: Uint8Array
}

/**
 * A polynomial in the exponent, and its values, encrypted. 196 + 96 t + 48 n bytes:
 * `session 32 | t u16 | A_0 … A_{t-1} 96 each | constantProof 64 | R 32 | ephemeralProof 64 | n u16 | ciphertexts 48 each`
 */
export interface Dealing {
  readonly sessionId: Uint8Array
  /** A_k = a_k·G2 */
  readonly commitments: readonly Uint8Array[]
  /** that a_0 is known */
  readonly constantProof: Uint8Array
  /** R = r·B in ristretto255, for all ciphertexts of this dealing */
  readonly ephemeral: Uint8Array
  /** that r is known */
  readonly ephemeralProof: Uint8Array
  /** One for each registered member, by coordinate. */
  readonly ciphertexts: readonly Uint8Array[]
}

/** Opens one ciphertext to everybody. 98 bytes: `dealer u16 | K 32 | proof 64` */
export interface Complaint {
  readonly dealer: number
  /** K = e_j·R_i, the point behind the key of this ciphertext alone */
  readonly sharedPoint: Uint8Array
  /** that K and E_j have one e_j */
  readonly proof: Uint8Array
}

/**
 * What a member found in the dealings that were sent to it. 67 + 48 (with a proof) + 98 complaints bytes:
 * `session 32 | dealings 32 | proofs u8 | shareProof 48 | complaints u16 | …`
 */
export interface Confirmation {
  readonly sessionId: Uint8Array
  /** Which dealings the share is from. */
  readonly dealingsHash: Uint8Array
  readonly complaints: readonly Complaint[]
  /** A partial signature by the new share over the session and the dealings; null while a dealing is complained about. */
  readonly shareProof: Uint8Array | null
}

const HASH_BYTES = 32
const COUNT_BYTES = 2
/** A share, and the tag of Poly1305. */
export const CIPHERTEXT_BYTES = 48
const COMPLAINT_BYTES = 2 + ELEMENT_BYTES + PROOF_BYTES

export function encodeRegistration({ sessionId, encryptionKey, proof }: Registration): Uint8Array {
  return concatBytes(sessionId, encryptionKey, proof)
}

/** @returns null for anything but an encoding */
export function decodeRegistration(bytes: Uint8Array): Registration | null {
  const reader = createReader(bytes)
  const registration = {
    sessionId: reader.take(HASH_BYTES),
    encryptionKey: reader.take(ELEMENT_BYTES),
    proof: reader.take(PROOF_BYTES),
  }
  return reader.isExhausted() ? registration : null
}

export function encodeDealing(dealing: Dealing): Uint8Array {
  return concatBytes(
    dealing.sessionId,
    u16(dealing.commitments.length),
    ...dealing.commitments,
    dealing.constantProof,
    dealing.ephemeral,
    dealing.ephemeralProof,
    u16(dealing.ciphertexts.length),
    ...dealing.ciphertexts,
  )
}

/** Bytes of a dealing's encoding. @param threshold shares that sign @param receivers registered members */
export function dealingBytes(threshold: number, receivers: number): number {
  const fixed = HASH_BYTES + ELEMENT_BYTES + 2 * PROOF_BYTES + 2 * COUNT_BYTES
  return fixed + threshold * G2_BYTES + receivers * CIPHERTEXT_BYTES
}

/** @returns null for anything but an encoding */
export function decodeDealing(bytes: Uint8Array): Dealing | null {
  const reader = createReader(bytes)
  const dealing = {
    sessionId: reader.take(HASH_BYTES),
    commitments: reader.takeMany(reader.u16(), G2_BYTES),
    constantProof: reader.take(PROOF_BYTES),
    ephemeral: reader.take(ELEMENT_BYTES),
    ephemeralProof: reader.take(PROOF_BYTES),
    ciphertexts: reader.takeMany(reader.u16(), CIPHERTEXT_BYTES),
  }
  return reader.isExhausted() ? dealing : null
}

/** @returns 32 bytes */
export function dealingHash(dealing: Dealing): Uint8Array {
  return sha256(encodeDealing(dealing))
}

export function encodeConfirmation(confirmation: Confirmation): Uint8Array {
  const { sessionId, dealingsHash, complaints, shareProof } = confirmation
  return concatBytes(
    sessionId,
    dealingsHash,
    Uint8Array.of(shareProof === null ? 0 : 1),
    shareProof ?? new Uint8Array(0),
    u16(complaints.length),
    ...complaints.flatMap(({ dealer, sharedPoint, proof }) => [u16(dealer), sharedPoint, proof]),
  )
}

/** @returns null for anything but an encoding */
export function decodeConfirmation(bytes: Uint8Array): Confirmation | null {
  const reader = createReader(bytes)
  const sessionId = reader.take(HASH_BYTES)
  const dealingsHash = reader.take(HASH_BYTES)
  const proofs = reader.take(1)[0] ?? 0
  if (proofs > 1) return null
  const shareProof = proofs === 1 ? reader.take(G1_BYTES) : null
  const complaints = reader.takeMany(reader.u16(), COMPLAINT_BYTES).map(complaint => {
    const fields = createReader(complaint)
    return { dealer: fields.u16(), sharedPoint: fields.take(ELEMENT_BYTES), proof: fields.take(PROOF_BYTES) }
  })
  return reader.isExhausted() ? { sessionId, dealingsHash, complaints, shareProof } : null
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 255)
}

/** Past the end it goes on with nothing, and is never exhausted any more: one look at the end is enough. */
function createReader(bytes: Uint8Array) {
  let offset = 0
  function take(length: number): Uint8Array {
    const taken = bytes.slice(offset, offset + length)
    offset += length
    return taken
  }
  return {
    take,
    u16: () => take(2).reduce((value, byte) => value * 256 + byte, 0),
    /** Nothing is made that is not there, however many are announced. */
    takeMany(count: number, length: number): readonly Uint8Array[] {
      if (offset + count * length <= bytes.length) return Array.from({ length: count }, () => take(length))
      offset = Number.POSITIVE_INFINITY
      return []
    },
    isExhausted: () => offset === bytes.length,
  }
}
