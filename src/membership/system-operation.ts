import {
  type Confirmation,
  type Dealing,
  dealingBytes,
  decodeConfirmation,
  decodeDealing,
  decodeRegistration,
  encodeConfirmation,
  encodeDealing,
  encodeRegistration,
  type Registration,
} from '../crypto/threshold/package.ts'
import { concatBytes, u64 } from '../lib/bytes.ts'
import { quorum } from '../pbft/quorum.ts'

/** `fresh`: the first key. `refresh`: the same key, dealt again. `rotate`: a new key, to which the old one hands over. */
export type CeremonyKind = 'fresh' | 'refresh' | 'rotate'

/**
 * What members order about the network's keys. One byte of type, then fixed fields, integers big-endian: each operation has one
 * encoding. Decoding looks at lengths alone; what an operation does is for the state that it meets.
 */
export type SystemOperation =
  /** Asks for a ceremony, and names the epoch of the shares that are to come of it: what is ordered late asks for no other. */
  | { readonly type: 'start'; readonly kind: CeremonyKind; readonly epoch: number }
  | { readonly type: 'register'; readonly registration: Registration }
  | { readonly type: 'deal'; readonly dealing: Dealing }
  | { readonly type: 'confirm'; readonly confirmation: Confirmation }
  | {
      readonly type: 'activate'
      /** 32 bytes */
      readonly sessionId: Uint8Array
      /** 48 bytes, by the new shares. */
      readonly certificate: Uint8Array
      /** Of the hand-over, 48 bytes, by the new shares; null unless a new key is to follow another. */
      readonly newSignature: Uint8Array | null
    }
  /** Does nothing by itself: time passes in a log only by entries. */
  | { readonly type: 'advance' }
  /** This member erased its share of an epoch that is over. */
  | { readonly type: 'erased'; readonly epoch: number }
  /** Asks for the end of a key, now. */
  | { readonly type: 'revoke'; readonly keyId: Uint8Array }
  /** The old key's signature for the new one that ACTIVATE has fixed, 48 bytes. */
  | { readonly type: 'hand-over'; readonly sessionId: Uint8Array; readonly oldSignature: Uint8Array }

const KINDS = ['fresh', 'refresh', 'rotate'] as const satisfies readonly CeremonyKind[]
const TYPES = [
  'start',
  'register',
  'deal',
  'confirm',
  'activate',
  'advance',
  'erased',
  'revoke',
  'hand-over',
] as const
const TYPE_BYTES = 1
const SIGNATURE_BYTES = 48
const HASH_BYTES = 32
const EPOCH_BYTES = 8

/** Bytes of the largest operation that members order, when there are so many: one of them deals to all. */
export function systemOperationBytes(members: number): number {
  return TYPE_BYTES + dealingBytes(quorum(members), members)
}

export function encodeSystemOperation(operation: SystemOperation): Uint8Array {
  return concatBytes(Uint8Array.of(TYPES.indexOf(operation.type)), bodyOf(operation))
}

function bodyOf(operation: SystemOperation): Uint8Array {
  switch (operation.type) {
    case 'start':
      return concatBytes(Uint8Array.of(KINDS.indexOf(operation.kind)), u64(operation.epoch))
    case 'register':
      return encodeRegistration(operation.registration)
    case 'deal':
      return encodeDealing(operation.dealing)
    case 'confirm':
      return encodeConfirmation(operation.confirmation)
    case 'activate': {
      const { sessionId, certificate, newSignature } = operation
      return concatBytes(sessionId, certificate, newSignature ?? new Uint8Array(0))
    }
    case 'advance':
      return new Uint8Array(0)
    case 'erased':
      return u64(operation.epoch)
    case 'revoke':
      return operation.keyId
    case 'hand-over':
      return concatBytes(operation.sessionId, operation.oldSignature)
  }
}

/** @returns null for anything but an encoding */
export function decodeSystemOperation(bytes: Uint8Array): SystemOperation | null {
  const type = TYPES[bytes[0] ?? TYPES.length]
  const body = bytes.subarray(1)
  switch (type) {
    case 'start': {
      const kind = KINDS[body[0] ?? KINDS.length]
      const epoch = decodeEpoch(body.subarray(1))
      return kind === undefined || epoch === null ? null : { type, kind, epoch }
    }
    case 'register': {
      const registration = decodeRegistration(body)
      return registration && { type, registration }
    }
    case 'deal': {
      const dealing = decodeDealing(body)
      return dealing && { type, dealing }
    }
    case 'confirm': {
      const confirmation = decodeConfirmation(body)
      return confirmation && { type, confirmation }
    }
    case 'activate':
      return decodeActivation(body)
    case 'advance':
      return body.length === 0 ? { type } : null
    case 'erased': {
      const epoch = decodeEpoch(body)
      return epoch === null ? null : { type, epoch }
    }
    case 'revoke':
      return body.length === HASH_BYTES ? { type, keyId: body.slice() } : null
    case 'hand-over':
      return body.length === HASH_BYTES + SIGNATURE_BYTES
        ? { type, sessionId: body.slice(0, HASH_BYTES), oldSignature: body.slice(HASH_BYTES) }
        : null
    default:
      return null
  }
}

function decodeEpoch(bytes: Uint8Array): number | null {
  if (bytes.length !== EPOCH_BYTES) return null
  const epoch = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0)
  return epoch < 1n || epoch > Number.MAX_SAFE_INTEGER ? null : Number(epoch)
}

function decodeActivation(body: Uint8Array): SystemOperation | null {
  const certificateEnd = HASH_BYTES + SIGNATURE_BYTES
  const newEnd = certificateEnd + SIGNATURE_BYTES
  if (body.length !== certificateEnd && body.length !== newEnd) return null
  return {
    type: 'activate',
    sessionId: body.slice(0, HASH_BYTES),
    certificate: body.slice(HASH_BYTES, certificateEnd),
    newSignature: body.length === certificateEnd ? null : body.slice(certificateEnd),
  }
}
