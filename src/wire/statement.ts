import { sha256 } from '../crypto/hash.ts'
import { concatBytes, fromHex, u64, utf8 } from '../lib/bytes.ts'
import type { Certificate, Statement } from '../pbft/types.ts'
import type { Scope } from './scope.ts'

/**
 * What is signed of an executed sequence, and of a key that follows another. Members sign a statement twice, each for itself and
 * together: by Ed25519 in a CHECKPOINT, where no key is named, and by a share of the network's key once it is certain. One layout:
 * `tag | purpose u8 | networkId 32 | keyId 32 | epoch u64 | sequence u64 | historyDigest 32 | stateRoot 32 | membersHash 32 | logTimeMs u64`
 *
 * A key that signs for several purposes says for which in every message. Shared keys sign the SHA-256 of a layout.
 */
const TAG = utf8('QUORATE/tsig/v1')
const PURPOSE_CHECKPOINT = new Uint8Array([2])
const PURPOSE_HANDOVER = new Uint8Array([4])
/** Stands where the shared key's id would: no such key exists. */
const NO_KEY = new Uint8Array(32)

/** A shared key, and which sharing of it: 32 bytes, and a count from 1. */
export interface KeyName {
  readonly keyId: Uint8Array
  readonly epoch: number
}

/** One signature by the network's key over an executed sequence: all that a client needs to believe what follows from it. */
export interface ThresholdCertificate extends KeyName {
  readonly statement: Statement
  /** 48 bytes */
  readonly signature: Uint8Array
}

/** What an old key says of the one that follows it. */
export interface HandoverFields {
  /** 32 bytes */
  readonly oldKeyId: Uint8Array
  /** 96 bytes */
  readonly newKey: Uint8Array
  /** Of the new key's shares. */
  readonly epoch: number
  /** Milliseconds since 1970, log time: the new key counts from here … */
  readonly notBeforeMs: number
  /** … and the old one up to here. */
  readonly oldNotAfterMs: number
}

/** Signed by the old key and, to show that somebody has it, by the new one; 48 bytes each. */
export interface Handover extends HandoverFields {
  readonly newKeyId: Uint8Array
  readonly oldSignature: Uint8Array
  readonly newSignature: Uint8Array
}

/** @param publicKey 96 bytes @returns 32 bytes */
export function keyIdOf(publicKey: Uint8Array): Uint8Array {
  return sha256(publicKey)
}

/** What a member signs in a CHECKPOINT. */
export function statementBytes(scope: Scope, statement: Statement): Uint8Array {
  return checkpointLayout(scope.networkId, { keyId: NO_KEY, epoch: statement.epoch }, statement)
}

/** What a shared key signs of a statement. @param networkId 32 bytes @returns 32 bytes */
export function checkpointMessage(networkId: Uint8Array, key: KeyName, statement: Statement): Uint8Array {
  return sha256(checkpointLayout(networkId, key, statement))
}

/**
 * What an old key signs of a new one: the hash of
 * `tag | 4 | networkId 32 | oldKeyId 32 | newKey 96 | epoch u64 | notBeforeMs u64 | oldNotAfterMs u64`.
 * @param networkId 32 bytes @returns 32 bytes
 */
export function handoverMessage(networkId: Uint8Array, fields: HandoverFields): Uint8Array {
  const { oldKeyId, newKey, epoch, notBeforeMs, oldNotAfterMs } = fields
  const times = [u64(epoch), u64(notBeforeMs), u64(oldNotAfterMs)]
  return sha256(concatBytes(TAG, PURPOSE_HANDOVER, networkId, oldKeyId, newKey, ...times))
}

function checkpointLayout(networkId: Uint8Array, key: KeyName, statement: Statement): Uint8Array {
  return concatBytes(
    TAG,
    PURPOSE_CHECKPOINT,
    networkId,
    key.keyId,
    u64(key.epoch),
    u64(statement.sequence),
    fromHex(statement.historyDigest),
    fromHex(statement.stateRoot),
    fromHex(statement.membersHash),
    u64(statement.logTimeMs),
  )
}

/** One signature claim for each signature of a certificate; null when a signer is not a member. */
export function certificateClaims(
  scope: Scope,
  certificate: Certificate,
):
  | readonly { readonly publicKey: Uint8Array; readonly bytes: Uint8Array; readonly signature: Uint8Array }[]
  | null {
  const bytes = statementBytes(scope, certificate.statement)
  const claims = []
  for (const { replica, signature } of certificate.signatures) {
    const publicKey = scope.memberKeys[replica]
    if (publicKey === undefined) return null
    claims.push({ publicKey, bytes, signature })
  }
  return claims
}
