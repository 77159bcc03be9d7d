/** The JSON of what the API says of the network's shared key. Bytes are hexadecimal; times are milliseconds since 1970. */
import type { CeremonyKindJson, CeremonySummaryJson } from './api-types.ts'
import type { HandoverJson } from './proof-types.ts'

export interface SharedKeyJson {
  readonly keyId: string
  readonly epoch: number
  /** 192 hexadecimal digits */
  readonly publicKey: string
  /** Points of G2, as many as sign, the key first; member i has the public share Σ (i + 1)^k · P_k. */
  readonly polynomial: readonly string[]
  /** Shares that sign, and shares that there are. */
  readonly threshold: number
  readonly members: number
  readonly activatedSequence: number
  readonly activatedMs: number
}

export interface RetiringKeyJson extends SharedKeyJson {
  /** The last sequence that it certifies. */
  readonly lastSequence: number
  /** It ends when log time and sequence have both come to these. */
  readonly retiresMs: number
  readonly retiresSequence: number
}

export interface CeremonyJson extends CeremonySummaryJson {
  readonly epoch: number
  readonly attempt: number
  readonly sessionId: string
  readonly startSequence: number
  readonly startMs: number
  readonly phaseSinceMs: number
  readonly notBeforeMs: number | null
}

export interface KeysJson {
  readonly networkId: string
  readonly active: SharedKeyJson | null
  readonly retiring: readonly RetiringKeyJson[]
  readonly ceremony: CeremonyJson | null
  /** From the first key to the active one, as far as they are remembered, oldest first. */
  readonly handovers: readonly HandoverJson[]
  /** Indices of members that ask for another key, and of those that ask for the end of this one; each for a day of log time. */
  readonly rotationVotes: readonly number[]
  readonly revokeVotes: readonly number[]
  /** Log time from which the shares are dealt again. */
  readonly refreshDueMs: number | null
  readonly certifiedSequence: number
}

/** What became of an operator's request. */
export type KeyRequestJson =
  /** In the log; `code` 0 had an effect, otherwise `reason` is a word that says why not. */
  | { readonly state: 'executed'; readonly sequence: number; readonly code: number; readonly reason: string }
  /** Accepted, and not executed within the time that the node waits: it may still be. */
  | { readonly state: 'pending' }
  /** Accepted, and grown too old before it was ordered: it will never be executed. Ask anew. */
  | { readonly state: 'expired' }

/** One step in the life of the network's key; members by index. */
export type KeyEventJson = { readonly sequence: number; readonly logTimeMs: number } & (
  | {
      readonly type: 'ceremony-started'
      readonly kind: CeremonyKindJson
      readonly epoch: number
      readonly attempt: number
      readonly sessionId: string
    }
  | { readonly type: 'registered' | 'dealt' | 'confirmed'; readonly member: number }
  | { readonly type: 'phase'; readonly phase: string }
  | {
      readonly type: 'fault'
      readonly member: number
      readonly role: 'dealer' | 'receiver'
      readonly code: string
    }
  | { readonly type: 'failed'; readonly reason: string; readonly epoch: number; readonly attempt: number }
  | {
      readonly type: 'asked'
      readonly request: 'rotate' | 'revoke'
      readonly member: number
      readonly votes: number
      readonly needed: number
    }
  | {
      readonly type: 'activated'
      readonly kind: CeremonyKindJson
      readonly keyId: string
      readonly epoch: number
      readonly publicKey: string
    }
  | {
      readonly type: 'handed-over'
      readonly handover: Omit<HandoverJson, 'format' | 'networkId'> & { readonly newKeyId: string }
    }
  | { readonly type: 'retired'; readonly keyId: string; readonly epoch: number }
  | { readonly type: 'erased'; readonly member: number; readonly epoch: number }
  | { readonly type: 'revoked'; readonly keyId: string }
)

/** The data of a `certificate` event: a certificate under the network's key, in short. */
export interface CertificateEventJson {
  readonly sequence: number
  readonly keyId: string
  readonly epoch: number
  readonly logTimeMs: number
  /** 96 hexadecimal digits */
  readonly signature: string
}
