import { concatBytes, fromHex, u64, utf8 } from '../lib/bytes.ts'
import type { Certificate, Statement } from '../pbft/types.ts'
import type { Scope } from './scope.ts'

/**
 * What members sign of an executed sequence. The layout is that of a threshold-signed message, so that a network which has no
 * threshold key yet certifies the same bytes by q Ed25519 signatures:
 * `tag | purpose u8 | networkId 32 | keyId 32 | epoch u64 | sequence u64 | historyDigest 32 | stateRoot 32 | membersHash 32 | logTimeMs u64`
 */
const TAG = utf8('QUORATE/tsig/v1')
const PURPOSE_CHECKPOINT = new Uint8Array([2])
/** Stands where the threshold key's id will: no such key exists. */
const NO_KEY = new Uint8Array(32)

export function statementBytes(scope: Scope, statement: Statement): Uint8Array {
  return concatBytes(
    TAG,
    PURPOSE_CHECKPOINT,
    scope.networkId,
    NO_KEY,
    u64(statement.epoch),
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
