import type { Ceremony, FaultCode } from '../crypto/threshold/ceremony.ts'
import type { PublicSharing } from '../crypto/threshold/signature.ts'
import type { ReplicaId } from '../pbft/types.ts'
import type { Handover, KeyName } from '../wire/statement.ts'
import type { CeremonyKind, SystemOperation } from './system-operation.ts'

/**
 * The network's keys as the log has them: the one that counts, those that are retiring, the ceremony that makes the next one.
 * Values; `key-ledger.ts` says how an entry of the log turns one into the next. Everything in it follows from the log, so that every
 * member, and whoever reads the log later, finds the same keys at the same sequence.
 */
export interface KeyState {
  /** Signs the checkpoints from its activation on; null before the first key, and after a revocation. */
  readonly active: SharedKey | null
  /** Followed by another, and still served; oldest first, at most `RETIRING_MAX`. */
  readonly retiring: readonly RetiringKey[]
  /** Served no more, and remembered for the sequences that they certified; oldest first, at most `RETIRED_MAX`. */
  readonly retired: readonly RetiredKey[]
  readonly ceremony: RunningCeremony | null
  /** Of the next shares; from 1. */
  readonly nextEpoch: number
  /** Of the next ceremony: how many failed since the last key. */
  readonly nextAttempt: number
  /** Oldest first, the last `HANDOVERS_MAX`. */
  readonly handovers: readonly Handover[]
  /** Members that ask for a new key. */
  readonly rotationVotes: Votes
  /** By key id in hexadecimal digits: members that ask for its end. */
  readonly revokeVotes: ReadonlyMap<string, Votes>
  /** Log time of the last refresh that a member asked for before it was due; null: none. */
  readonly lastStartMs: number | null
  /** By epoch: members that say that they erased their share. The last `ERASED_EPOCHS_MAX` epochs. */
  readonly erased: ReadonlyMap<number, ReadonlySet<ReplicaId>>
}

/** By member: the log time at which it asked. One that stands no more may be among them, until somebody else asks. */
export type Votes = ReadonlyMap<ReplicaId, number>

export interface SharedKey extends KeyName {
  readonly sharing: PublicSharing
  /** The ACTIVATE was executed here: from this sequence on the key certifies. */
  readonly activatedSequence: number
  readonly activatedMs: number
}

/** Retiring keys; a start is refused beyond. */
export const RETIRING_MAX = 4
export const RETIRED_MAX = 8
export const HANDOVERS_MAX = 64
export const ERASED_EPOCHS_MAX = 16
/**
 * Misconduct of one member in one ceremony, after which it is not heard in it again: judging costs more than lying. A bad dealing is all
 * of it. See `refusalsMax` for ceremonies with as many convictions.
 */
export const REFUSALS_MAX = 8

/** Ends when log time and sequence have both come to these. */
export interface RetiringKey extends SharedKey {
  /** The last sequence that it certifies. */
  readonly lastSequence: number
  readonly retiresMs: number
  readonly retiresSequence: number
}

export interface RetiredKey extends SharedKey {
  readonly lastSequence: number
  readonly isRevoked: boolean
}

export interface RunningCeremony {
  readonly ceremony: Ceremony
  readonly kind: CeremonyKind
  readonly attempt: number
  readonly startSequence: number
  readonly startMs: number
  /** Log time at which the phase began; in `confirming` also when a conviction has changed the shares, or the key is fixed. */
  readonly phaseSinceMs: number
  /** May the new shares sign the activation? */
  readonly isReady: boolean
  /** Log time at which it became ready; null when it is not. */
  readonly notBeforeMs: number | null
  /** Of the hand-over, 48 bytes: in a rotation, once the log has fixed which key follows; it waits for the old key's alone. */
  readonly newSignature: Uint8Array | null
  /** Entries that no honest member says, by member; see `REFUSALS_MAX`. */
  readonly refusals: ReadonlyMap<ReplicaId, number>
  /** What brought the ceremony where it is, in log order. */
  readonly entries: readonly CeremonyEntry[]
}

/** An entry of the log that had an effect, or a deadline that had one. With the session it gives the ceremony again. */
export type CeremonyEntry =
  | { readonly type: 'said'; readonly member: ReplicaId; readonly operation: CeremonyOperation }
  | { readonly type: 'closed' }

export type CeremonyOperation = Extract<SystemOperation, { readonly type: 'register' | 'deal' | 'confirm' }>

export type FailureReason =
  /** A phase took too long: too few members took part. */
  | 'stalled'
  /** Too few dealers are left that did not lie. */
  | 'too-few-dealers'
  /** The key that was dealt again, or was to hand over, is revoked. */
  | 'revoked'

/** What a sequence changed about the keys: for people, and for the stream of events. */
export type KeyEvent = { readonly sequence: number; readonly logTimeMs: number } & KeyEventDetails

export type KeyEventDetails =
  | {
      readonly type: 'ceremony-started'
      readonly kind: CeremonyKind
      readonly epoch: number
      readonly attempt: number
      readonly sessionId: Uint8Array
    }
  | { readonly type: 'registered' | 'dealt' | 'confirmed'; readonly member: ReplicaId }
  | { readonly type: 'phase'; readonly phase: Ceremony['phase'] | 'ready' | 'handing-over' }
  | {
      readonly type: 'fault'
      readonly member: ReplicaId
      readonly role: 'dealer' | 'receiver'
      readonly code: FaultCode | 'wrong-handover'
    }
  | {
      readonly type: 'failed'
      readonly reason: FailureReason
      readonly epoch: number
      readonly attempt: number
    }
  /** One more member asks for a new key, or for the end of one. */
  | {
      readonly type: 'asked'
      readonly request: 'rotate' | 'revoke'
      readonly member: ReplicaId
      readonly votes: number
      readonly needed: number
    }
  | {
      readonly type: 'activated'
      readonly kind: CeremonyKind
      readonly keyId: Uint8Array
      readonly epoch: number
      /** 96 bytes */
      readonly publicKey: Uint8Array
    }
  | { readonly type: 'handed-over'; readonly handover: Handover }
  | { readonly type: 'retired'; readonly keyId: Uint8Array; readonly epoch: number }
  | { readonly type: 'erased'; readonly member: ReplicaId; readonly epoch: number }
  | { readonly type: 'revoked'; readonly keyId: Uint8Array }

/** The active key and the retiring ones: their shares may still sign. */
export function servedKeys({
  active,
  retiring,
}: Pick<KeyState, 'active' | 'retiring'>): readonly SharedKey[] {
  return active === null ? retiring : [active, ...retiring]
}

export const EMPTY_KEY_STATE: KeyState = {
  active: null,
  retiring: [],
  retired: [],
  ceremony: null,
  nextEpoch: 1,
  nextAttempt: 0,
  handovers: [],
  rotationVotes: new Map(),
  revokeVotes: new Map(),
  lastStartMs: null,
  erased: new Map(),
}
