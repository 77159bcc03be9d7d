import type { Keystore } from '../crypto/keystore.ts'
import { guardianPublicKey } from '../crypto/threshold/backup.ts'
import { G1_BYTES, G2_BYTES } from '../crypto/threshold/public-curve.ts'
import { parseScalar } from '../crypto/threshold/scalar.ts'
import { publicKeyInG1 } from '../crypto/threshold/secret.ts'
import { equalBytes } from '../lib/bytes.ts'
import { fragmentNameOf, guardianNameOf } from './guardian-files.ts'
import { createNativeSigner } from './native-ed25519.ts'
import { parseShareDescription, publicShareOf } from './share-file.ts'

/**
 * What a keystore may hold, told by its public key and its description, and how each kind's public key follows from the secret: with
 * that any keystore can be opened and checked.
 */
export type KeyKind =
  | 'identity'
  | 'share'
  | 'guardian'
  | 'fragment'
  /** A BLS key with its public key in G1, as Ethereum's are: kept, and of no use to a node. */
  | 'bls-g1'
  | 'unknown'

export function kindOf({ publicKey, description }: Keystore): KeyKind {
  switch (publicKey.length) {
    case G2_BYTES:
      if (parseShareDescription(description) !== null) return 'share'
      return fragmentNameOf(description) === null ? 'unknown' : 'fragment'
    case G1_BYTES:
      return 'bls-g1'
    case 32:
      return guardianNameOf(description) === null ? 'identity' : 'guardian'
    default:
      return 'unknown'
  }
}

/** @returns how the public key of this keystore follows from its secret */
export function publicKeyFunctionOf(keystore: Keystore): (secret: Uint8Array) => Uint8Array {
  switch (keystore.publicKey.length) {
    case G2_BYTES:
      return publicShareOf
    case G1_BYTES:
      return inG1
    case 32:
      return secret => identityOrGuardian(secret, keystore.publicKey)
    default:
      return () => new Uint8Array(0)
  }
}

function inG1(secret: Uint8Array): Uint8Array {
  const scalar = parseScalar(secret)
  return scalar === null || scalar === 0n ? new Uint8Array(0) : publicKeyInG1(scalar)
}

/** Both have 32 bytes, and a description is only words. */
function identityOrGuardian(secret: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const ofGuardian = guardianPublicKey(secret)
  return equalBytes(ofGuardian, publicKey) ? ofGuardian : createNativeSigner(secret).publicKey
}
