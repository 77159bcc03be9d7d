/**
 * The JSON of the HTTP API, on one page: what the server writes and what `QuorateClient` reads. Bytes are base64, or
 * hexadecimal where they name something (keys, ids, digests); times are milliseconds since 1970.
 */

/** A signed transaction in a request body, or one line of the bulk form. */
export interface TransactionJson {
  /** 64 hexadecimal digits */
  readonly client: string
  readonly timestampMs: number
  readonly nonce: number
  /** base64 */
  readonly operation: string
  /** base64; empty where the network does not check signatures */
  readonly signature: string
}

/** A code for programs, a sentence for people. */
export interface ErrorJson {
  readonly code: string
  readonly message: string
}

export interface ErrorReplyJson {
  readonly error: ErrorJson
  /** The transaction that the error is about, where there is one. */
  readonly id?: string
}

export interface CommittedJson {
  readonly id: string
  readonly state: 'committed'
  readonly sequence: number
  readonly position: number
  readonly logTimeMs: number
  readonly result: { readonly code: number; readonly data: string }
}

export interface AcceptedJson {
  readonly id: string
  readonly state: 'accepted'
  /** Present when the request asked to wait for the commit, and the time was over before. */
  readonly timedOut?: true
  /** Why it is not committed yet, as far as the node knows. */
  readonly message?: string
  /** Where to ask again. */
  readonly next?: string
}

export interface ExpiredJson {
  readonly id: string
  readonly state: 'expired'
}

export type TransactionStatusJson = CommittedJson | AcceptedJson | ExpiredJson

/** One line of the bulk answer: a status or an error, with the number of the line that it answers, from 1. */
export type BulkLineJson =
  | ({ readonly line: number } & TransactionStatusJson)
  | { readonly line: number; readonly id?: string; readonly error: ErrorJson }
  /** Without a line: the node ends the stream, and this is why. */
  | { readonly error: ErrorJson }

export interface CertificateJson {
  readonly statement: {
    readonly epoch: number
    readonly sequence: number
    readonly historyDigest: string
    readonly stateRoot: string
    readonly membersHash: string
    readonly logTimeMs: number
  }
  readonly signatures: readonly { readonly replica: number; readonly signature: string }[]
}

export interface StateJson {
  readonly key: string
  /** base64, or null: the proof then shows that there is none */
  readonly value: string | null
  readonly proof: string
  readonly sequence: number
  readonly applicationRoot: string
  readonly certificate: CertificateJson | null
}

export interface StallJson {
  readonly code: string
  readonly message: string
  readonly missing: readonly number[]
  readonly sinceMs: number
}

export interface StatusJson {
  readonly networkId: string
  readonly networkName: string
  readonly role: 'member' | 'observer'
  readonly index: number | null
  readonly name: string
  readonly peerId: string
  readonly state: 'starting' | 'recovering' | 'ready' | 'stopping' | 'failed'
  readonly epoch: number
  readonly n: number
  readonly faultyMax: number
  readonly quorum: number
  readonly view: number
  readonly viewActive: boolean
  readonly primary: number
  readonly sequence: number
  readonly stableSequence: number
  readonly certifiedSequence: number
  readonly logTimeMs: number
  readonly pendingTransactions: number
  readonly pendingBatches: number
  readonly executedTransactions: number
  /** Who is missing and why nothing commits; null: nothing is in the way. */
  readonly stall: StallJson | null
  /** Null: the network has no shared key, nor shall have one. */
  readonly sharedKey: SharedKeySummaryJson | null
  readonly listenAddresses: readonly string[]
  readonly connections: number
  readonly application: string
}

export interface MemberJson {
  readonly index: number
  readonly name: string
  readonly peerId: string
  readonly publicKey: string
  readonly self: boolean
  readonly connected: boolean
  readonly lastHeardMs: number | null
  readonly executedSequence: number | null
  readonly view: number | null
}

export interface PeerJson {
  readonly peerId: string
  readonly address: string
  readonly direction: 'inbound' | 'outbound'
  readonly member: number | null
  readonly score: number | null
  readonly connectedSinceMs: number
}

export interface SequenceJson {
  readonly sequence: number
  readonly digest: string
  readonly historyDigest: string
  readonly logTimeMs: number
  readonly view: number
  readonly transactions: readonly { readonly id: string; readonly code: number }[]
}

export type CeremonyKindJson = 'fresh' | 'refresh' | 'rotate'

export interface CeremonySummaryJson {
  /** `fresh`: the first key. `refresh`: the same key, dealt again. `rotate`: another key. */
  readonly kind: CeremonyKindJson
  readonly phase: 'registering' | 'dealing' | 'confirming' | 'activating' | 'handing-over'
  /** Indices of members from whom the phase waits for something. */
  readonly missing: readonly number[]
}

/** The network's key, or what there is of it, in a few words. */
export interface SharedKeySummaryJson {
  /** 192 hexadecimal digits; null while there is none. */
  readonly publicKey: string | null
  readonly keyId: string | null
  /** How often shares of the network's keys were dealt; null while there is none. */
  readonly epoch: number | null
  /** The last sequence with a certificate under the key; 0: none. */
  readonly certifiedSequence: number
  readonly ceremony: CeremonySummaryJson | null
  /** Why this node does not sign, or did not sign a while ago; null: nothing is wrong. */
  readonly trouble: ThreadTroubleJson | null
}

/** What went wrong with the thread that makes signatures under the shared key; agreement goes on without it. */
export interface ThreadTroubleJson {
  /** `timed-out`: it hung. `ended`: it died. `broken`: it could not do what it was asked, or was wrong. */
  readonly reason: 'timed-out' | 'ended' | 'broken' | 'unavailable'
  readonly message: string
  /** How often since it was well for an hour. */
  readonly times: number
  readonly lastMs: number
  /** Another one is at work. */
  readonly isWorking: boolean
}

/** The data of a `gap` event: events `from` to `to` are no longer in the node's history. */
export interface GapJson {
  readonly from: number
  readonly to: number
}
