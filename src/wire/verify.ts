import { sha256 } from '../crypto/hash.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import { concatBytes, toHex } from '../lib/bytes.ts'
import type { ReplicaId, Verified } from '../pbft/types.ts'
import { EnvelopeDecoder, innerSignatures } from './decode.ts'
import { type BegunEnvelope, beginEnvelope, type Envelope, openAttachments } from './envelope.ts'
import { isRejection, type Rejection, reject } from './rejection.ts'
import type { Scope } from './scope.ts'
import { certificateClaims, statementBytes } from './statement.ts'

/** Envelopes and certificates whose signatures were found valid lately; the same bytes come again as attachments. */
const REMEMBERED_MAX = 8_192

export interface Claim {
  readonly publicKey: Uint8Array
  readonly bytes: Uint8Array
  readonly signature: Uint8Array
}

/**
 * From received bytes to verified messages, cheap checks first: sizes and shape of everything, then the sender's signature, then
 * those of attachments, checkpoints and certificates. The caller checks claims, wherever that is done best, and comes back.
 */
export class EnvelopeVerifier {
  readonly #scope: Scope
  readonly #valid = new BoundedMap<string, true>(REMEMBERED_MAX)

  constructor(scope: Scope) {
    this.#scope = scope
  }

  /** Both stages at once, for bytes of our own disk or signer, whose signatures are not in doubt. */
  open(bytes: Uint8Array, nowMs: number): PendingEnvelope | Rejection {
    const begun = this.begin(bytes)
    return isRejection(begun) ? begun : this.finish(begun, nowMs)
  }

  /** The first stage: who claims to say this? Costs no more than reading the bytes once, because anybody may send any. */
  begin(bytes: Uint8Array): ClaimedEnvelope | Rejection {
    const begun = beginEnvelope(this.#scope, bytes)
    if (isRejection(begun)) return begun
    const { sender, number } = begun.main
    return { sender, number, claims: this.#claimsOf([begun.main]), begun }
  }

  /** The second stage, when the sender's signature was found valid: what does it say, and what else must hold? */
  finish({ claims, begun }: ClaimedEnvelope, nowMs: number): PendingEnvelope | Rejection {
    const { main: envelope, attached: bytes } = begun
    const attachments = openAttachments(this.#scope, bytes)
    if (isRejection(attachments)) return attachments
    const decoder = new EnvelopeDecoder(this.#scope, nowMs, [...attachments, envelope])
    const main = decoder.messages(envelope)
    if (main === null) return reject('message-malformed')
    const attached = attachments.flatMap(attachment => decoder.messages(attachment) ?? [])
    const inner = this.#innerClaims([...attached, ...main])
    if (inner === null) return reject('certificate-signer-unknown')
    return {
      sender: envelope.sender,
      main: claims,
      rest: [...this.#claimsOf(attachments), ...inner],
      messages: [...attached, ...main],
      hash: envelope.hash,
    }
  }

  /** The claims were valid: the same bytes need no check again. */
  remember(claims: readonly KeyedClaim[]): void {
    for (const claim of claims) this.#valid.set(claim.key, true)
  }

  #claimsOf(envelopes: readonly Envelope[]): KeyedClaim[] {
    const claims: KeyedClaim[] = []
    for (const { senderKey, signedBytes, signature } of envelopes) {
      this.#add(claims, { publicKey: senderKey, bytes: signedBytes, signature })
    }
    return claims
  }

  #innerClaims(messages: readonly Verified[]): KeyedClaim[] | null {
    const { statements, certificates } = innerSignatures(messages)
    const claims: KeyedClaim[] = []
    for (const { sender, statement, signature } of statements) {
      const publicKey = this.#scope.memberKeys[sender]
      if (publicKey === undefined) return null
      this.#add(claims, { publicKey, bytes: statementBytes(this.#scope, statement), signature })
    }
    for (const certificate of certificates) {
      const parts = certificateClaims(this.#scope, certificate)
      if (parts === null) return null
      for (const claim of parts) this.#add(claims, claim)
    }
    return claims
  }

  #add(claims: KeyedClaim[], claim: Claim): void {
    const key = toHex(sha256(concatBytes(claim.publicKey, claim.signature, claim.bytes)))
    if (!this.#valid.has(key)) claims.push({ ...claim, key })
  }
}

export interface KeyedClaim extends Claim {
  readonly key: string
}

/** Whose envelope it is, when `claims` hold. */
export interface ClaimedEnvelope {
  readonly sender: ReplicaId
  readonly number: number
  readonly claims: readonly KeyedClaim[]
  readonly begun: BegunEnvelope
}

/** Parsed, and good when all claims hold. */
export interface PendingEnvelope {
  readonly sender: number
  readonly hash: string
  /** The sender's own signature: check this first, alone. */
  readonly main: readonly KeyedClaim[]
  readonly rest: readonly KeyedClaim[]
  /** Attached messages first, so that what a message builds on comes before it. */
  readonly messages: readonly Verified[]
}
