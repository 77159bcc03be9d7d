/**
 * The nouns of the paper (Castro and Liskov, OSDI'99), as types that cannot be mixed up.
 * Values are branded at a boundary (wire, configuration, recovery) and nowhere else.
 */
declare const brand: unique symbol
type Brand<T, Name extends string> = T & { readonly [brand]: Name }

/** View number v, from 0. §4.1 */
export type View = Brand<number, 'View'>
/** Sequence number n, from 1; 0 is the genesis state. §4.2 */
export type Sequence = Brand<number, 'Sequence'>
/** Position of a member in the epoch's order, 0 to n-1. */
export type ReplicaId = Brand<number, 'ReplicaId'>
/** SHA-256 as 64 lowercase hexadecimal digits. */
export type Digest = Brand<string, 'Digest'>

export const view = (value: number): View => value as View
export const sequence = (value: number): Sequence => value as Sequence
export const replicaId = (value: number): ReplicaId => value as ReplicaId
export const digest = (hex: string): Digest => hex as Digest

export const nextSequence = (n: Sequence): Sequence => (n + 1) as Sequence
export const nextView = (v: View): View => (v + 1) as View

/** What a primary proposes for one sequence. `digest` covers all fields and is computed where bytes are decoded. */
export interface Proposal {
  readonly sequence: Sequence
  /** Digests of the batches to execute, in order. Empty: the null request. */
  readonly batchDigests: readonly Digest[]
  /** The primary's clock, milliseconds since 1970. 0 for a null request. */
  readonly logTimeMs: number
  /** Ask for a checkpoint at this sequence. */
  readonly certify: boolean
  readonly digest: Digest
}

/** What was executed up to and including `sequence`; what a CHECKPOINT says and a certificate proves. */
export interface Statement {
  readonly epoch: number
  readonly sequence: Sequence
  readonly historyDigest: Digest
  readonly stateRoot: Digest
  readonly membersHash: Digest
  readonly logTimeMs: number
}

/** q members' signatures over one statement: the proof of a stable checkpoint. §4.3 */
export interface Certificate {
  readonly statement: Statement
  /** Sorted by replica, each replica once. */
  readonly signatures: readonly { readonly replica: ReplicaId; readonly signature: Uint8Array }[]
}

/** A sequence with its commit certificate: what a member that fell behind needs of it. */
export interface CommittedEntry {
  readonly proposal: Proposal
  /** q matching COMMITs of one view. */
  readonly commits: readonly Verified<Commit>[]
}

/**
 * The signed bytes of a message, kept because certificates and evidence must be transferable.
 * `attachments` are the signed bytes that the message refers to by hash; they are not covered by its signature.
 */
export interface Proof {
  readonly hash: Digest
  readonly bytes: Uint8Array
  readonly attachments: readonly Proof[]
}

/** A message whose signature, sender, epoch and shape were checked. Made by `wire/verify` only. */
export interface Verified<T extends Message = Message> {
  readonly sender: ReplicaId
  readonly message: T
  readonly proof: Proof
}

/** §4.2. `timely` is the receiver's own judgement of `logTimeMs` on arrival. */
export interface PrePrepare {
  readonly type: 'pre-prepare'
  readonly view: View
  readonly proposal: Proposal
  readonly timely: boolean
}
/** §4.2 */
export interface Prepare {
  readonly type: 'prepare'
  readonly view: View
  readonly sequence: Sequence
  readonly digest: Digest
}
/** §4.2 */
export interface Commit {
  readonly type: 'commit'
  readonly view: View
  readonly sequence: Sequence
  readonly digest: Digest
}
/** §4.3. `signature` is over the statement alone, so that it can stand in a certificate. */
export interface Checkpoint {
  readonly type: 'checkpoint'
  readonly statement: Statement
  readonly signature: Uint8Array
}
/** A request prepared at some member: the proposal and q-1 matching PREPAREs of backups. §4.2 and §4.4, an element of P. */
export interface PreparedCertificate {
  readonly view: View
  readonly proposal: Proposal
  /** The PRE-PREPARE, or the NEW-VIEW that proposed it. */
  readonly prePrepare: Verified<PrePrepare> | Verified<NewView>
  readonly prepares: readonly Verified<Prepare>[]
}
/** §4.4. `view` is the view to be entered; `stable` null stands for the genesis state. */
export interface ViewChange {
  readonly type: 'view-change'
  readonly view: View
  readonly stable: Certificate | null
  /** Ascending by sequence. */
  readonly prepared: readonly PreparedCertificate[]
}
/** §4.4. `viewChanges` is V, `proposals` is O. */
export interface NewView {
  readonly type: 'new-view'
  readonly view: View
  readonly viewChanges: readonly Verified<ViewChange>[]
  /** Ascending by sequence, without gaps. */
  readonly proposals: readonly Proposal[]
}
/**
 * Where a member stands: lets others see who lags and send again what he misses, and tells a member that lost its disk what it
 * may have said. Claims, never proofs, but for `stable`.
 */
export interface Status {
  readonly type: 'status'
  readonly view: View
  readonly viewActive: boolean
  readonly stableSequence: Sequence
  readonly executedSequence: Sequence
  /** The highest sequence that the sender knows any vote for. */
  readonly votedSequence: Sequence
  /** The sender lost its state (or never had one) and may not vote yet: it asks everybody for a status. */
  readonly recovering: boolean
  /** While recovering: names this start of the sender, so that old answers are not taken for new ones; else 0. */
  readonly question: number
  /** The question that this status answers; 0: none. */
  readonly answers: number
  /** The certificate of our stable checkpoint, for whoever seems to lack it. */
  readonly stable: Certificate | null
  /** Of recovering members, each once: the view of the latest VIEW-CHANGE that the sender has of them. */
  readonly departures: readonly { readonly replica: ReplicaId; readonly view: View }[]
}

export type Message = PrePrepare | Prepare | Commit | Checkpoint | ViewChange | NewView | Status
