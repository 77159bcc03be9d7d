import { sha256Text } from '../crypto/hash.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import { concatBytes } from '../lib/bytes.ts'
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
  readonly #reader: EnvelopeReader
  readonly #valid = new BoundedMap<string, true>(REMEMBERED_MAX)

  constructor(scope: Scope, reader: EnvelopeReader = createEnvelopeReader(scope)) {
    this.#reader = reader
  }

  /** Claims that need no check again. */
  get remembered(): number {
    return this.#valid.size
  }

  /** Both stages at once, for bytes of our own disk or signer, whose signatures are not in doubt. */
  open(bytes: Uint8Array, nowMs: number): PendingEnvelope | Rejection {
    const begun = this.begin(bytes)
    return isRejection(begun) ? begun : this.finish(begun, nowMs)
  }

  /** The first stage: who claims to say this? Costs no more than reading the bytes once, because anybody may send any. */
  begin(bytes: Uint8Array): ClaimedEnvelope | Rejection {
    const claimed = this.#reader.begin(bytes)
    return isRejection(claimed) ? claimed : { ...claimed, claims: this.#unknown(claimed.claims) }
  }

  /** The second stage, when the sender's signature was found valid: what does it say, and what else must hold? */
  finish(claimed: ClaimedEnvelope, nowMs: number): PendingEnvelope | Rejection {
    const read = this.#reader.read(claimed, nowMs)
    if (isRejection(read)) return read
    const { sender, claims } = claimed
    return { sender, main: claims, ...read, rest: this.#unknown(read.rest) }
  }

  /** The claims were valid: the same bytes need no check again. */
  remember(claims: readonly KeyedClaim[]): void {
    for (const claim of claims) this.#valid.set(claim.key, true)
  }

  #unknown(claims: readonly KeyedClaim[]): readonly KeyedClaim[] {
    return claims.filter(({ key }) => !this.#valid.has(key))
  }
}

/** What the bytes of an envelope say, whoever reads them: nothing here remembers anything, so replicas in one process may share it. */
export interface EnvelopeReader {
  begin(bytes: Uint8Array): ClaimedEnvelope | Rejection
  /** @param claimed as `begin` gave it */
  read(claimed: ClaimedEnvelope, nowMs: number): ReadEnvelope | Rejection
}

export function createEnvelopeReader(scope: Scope): EnvelopeReader {
  return {
    begin(bytes) {
      const begun = beginEnvelope(scope, bytes)
      if (isRejection(begun)) return begun
      const { sender, number } = begun.main
      return { sender, number, claims: [envelopeClaim(begun.main)], begun }
    },
    read({ begun }, nowMs) {
      const { main: envelope, attached: bytes } = begun
      const attachments = openAttachments(scope, bytes)
      if (isRejection(attachments)) return attachments
      const decoder = new EnvelopeDecoder(scope, nowMs, [...attachments, envelope])
      const main = decoder.messages(envelope)
      if (main === null) return reject('message-malformed')
      const attached = attachments.flatMap(attachment => decoder.messages(attachment) ?? [])
      const messages = [...attached, ...main]
      const inner = innerClaims(scope, messages)
      if (inner === null) return reject('certificate-signer-unknown')
      return { rest: [...attachments.map(envelopeClaim), ...inner], messages, hash: envelope.hash }
    },
  }
}

/** The name of an envelope stands for its body, which says who signed it. */
function envelopeClaim({ hash, senderKey, signedBytes, signature }: Envelope): KeyedClaim {
  return { publicKey: senderKey, bytes: signedBytes, signature, key: `${hash}${textOf(signature)}` }
}

function innerClaims(scope: Scope, messages: readonly Verified[]): readonly KeyedClaim[] | null {
  const { statements, certificates } = innerSignatures(messages)
  const claims: KeyedClaim[] = []
  for (const { sender, statement, signature } of statements) {
    const publicKey = scope.memberKeys[sender]
    if (publicKey === undefined) return null
    claims.push(keyed({ publicKey, bytes: statementBytes(scope, statement), signature }))
  }
  for (const certificate of certificates) {
    const parts = certificateClaims(scope, certificate)
    if (parts === null) return null
    claims.push(...parts.map(keyed))
  }
  return claims
}

function keyed(claim: Claim): KeyedClaim {
  const hash = sha256Text(concatBytes(claim.publicKey, claim.signature, claim.bytes))
  return { ...claim, key: hash }
}

/** One character a byte. */
function textOf(bytes: Uint8Array): string {
  return String.fromCharCode.apply(null, bytes as unknown as number[])
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

/** What an envelope says when `rest` holds besides the sender's signature. */
export interface ReadEnvelope {
  readonly hash: string
  readonly rest: readonly KeyedClaim[]
  /** Attached messages first, so that what a message builds on comes before it. */
  readonly messages: readonly Verified[]
}

/** Parsed, and good when all claims hold. */
export interface PendingEnvelope extends ReadEnvelope {
  readonly sender: number
  /** The sender's own signature: check this first, alone. */
  readonly main: readonly KeyedClaim[]
}
