import { sha256 } from '../crypto/hash.ts'
import { concatBytes, utf8 } from '../lib/bytes.ts'
import { type ReplicaId, replicaId } from '../pbft/types.ts'
import { decodeCount, plain } from './convert.ts'
import { PARTIAL_BYTES_MAX } from './limits.ts'
import { PartialBody, SignedPartial } from './pb/messages.ts'
import { decodeOr, isRejection, type Rejection, reject } from './rejection.ts'
import type { Scope } from './scope.ts'

/**
 * One member's part of a signature by the network's key, signed by the member itself: shares are not attributable, and whoever
 * fills the room of a member must be that member.
 */
export interface MemberPartial {
  readonly sender: ReplicaId
  /** Tells apart what is said twice. */
  readonly number: number
  readonly purpose: PartialPurpose
  /** SHA-256 that names the signed message, 32 bytes. */
  readonly subject: Uint8Array
  /** Of a checkpoint; else 0. */
  readonly sequence: number
  /** Of the share that signed. */
  readonly epoch: number
  /** 48 bytes; not looked at here. */
  readonly signature: Uint8Array
}

/** A partial of ours, before it is said. */
export type OwnPartial = Omit<MemberPartial, 'sender' | 'number'>

export type PartialPurpose = 'checkpoint' | 'handover' | 'activate'

export interface OpenedPartial {
  readonly partial: MemberPartial
  readonly claim: {
    readonly publicKey: Uint8Array
    readonly bytes: Uint8Array
    readonly signature: Uint8Array
  }
}

const TAG = utf8('QUORATE/partial/v1')
const PURPOSES = new Map<number, PartialPurpose>([
  [2, 'checkpoint'],
  [4, 'handover'],
  [6, 'activate'],
])
const PURPOSE_NUMBERS: Readonly<Record<PartialPurpose, number>> = { checkpoint: 2, handover: 4, activate: 6 }
const SUBJECT_BYTES = 32
const SIGNATURE_BYTES = 48

export function encodePartial(
  scope: Scope,
  partial: MemberPartial,
  sign: (bytes: Uint8Array) => Uint8Array,
): Uint8Array {
  const { sender, number, sequence, epoch } = partial
  const body = PartialBody.encode({
    sender,
    number,
    purpose: PURPOSE_NUMBERS[partial.purpose],
    subject: plain(partial.subject),
    sequence,
    epoch,
    partial: plain(partial.signature),
  })
  return SignedPartial.encode({ body, signature: plain(sign(signingBytes(scope, body))) })
}

/** No signature is checked. */
export function openPartial(scope: Scope, bytes: Uint8Array): OpenedPartial | Rejection {
  if (bytes.length > PARTIAL_BYTES_MAX) return reject('partial-too-large')
  const signed = decodeOr('partial-malformed', () => SignedPartial.decode(bytes))
  if (isRejection(signed)) return signed
  const body = decodeOr('partial-malformed', () => PartialBody.decode(signed.body))
  if (isRejection(body)) return body
  const publicKey = scope.memberKeys[body.sender]
  if (publicKey === undefined) return reject('partial-sender-unknown')
  const partial = read(body)
  if (partial === null) return reject('partial-malformed')
  const { signature } = signed
  return { partial, claim: { publicKey, bytes: signingBytes(scope, signed.body), signature } }
}

function read(body: PartialBody): MemberPartial | null {
  const purpose = PURPOSES.get(body.purpose)
  const number = decodeCount(body.number)
  const sequence = decodeCount(body.sequence)
  const epoch = decodeCount(body.epoch)
  if (purpose === undefined || number === null || sequence === null || epoch === null || epoch === 0)
    return null
  if ((purpose === 'checkpoint') !== sequence > 0) return null
  if (body.subject.length !== SUBJECT_BYTES || body.partial.length !== SIGNATURE_BYTES) return null
  const { subject, partial: signature } = body
  return { sender: replicaId(body.sender), number, purpose, subject, sequence, epoch, signature }
}

/** `"QUORATE/partial/v1" | networkId 32 | SHA-256 of the body` */
function signingBytes({ networkId }: Scope, body: Uint8Array): Uint8Array {
  return concatBytes(TAG, networkId, sha256(body))
}
