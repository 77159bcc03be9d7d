/**
 * The contract of a replicated application.
 *
 * quorate orders transactions; the application gives them meaning. Every replica runs its own copy and executes the same
 * transactions in the same order, so an application is a deterministic state machine: the same operations at the same log
 * times give the same results and the same state root on every machine. Inside it there is no clock (use `logTimeMs`), no
 * randomness, no input or output, no iteration over an unordered collection into results, no floating point in state.
 *
 * All methods are synchronous and are called from one place, one at a time, in log order. Whatever an operation contains,
 * an application answers with a result and never throws: an exception is taken for a defect and stops the replica.
 */

/** 32 bytes, lowercase hexadecimal: what `Transaction` hashes to, and what the client knows it by. */
export type TransactionId = string

/** What a client signs and a replica orders. */
export interface Transaction {
  /** The client's Ed25519 public key, 32 bytes; any 32 bytes where the network does not check signatures. */
  readonly client: Uint8Array
  /** Milliseconds since 1970 by the client's clock; outside the network's window the transaction is refused. */
  readonly timestampMs: number
  /** Tells apart two transactions of one client at one timestamp: a safe non-negative integer. */
  readonly nonce: number
  /** The application's own bytes. */
  readonly operation: Uint8Array
  /** Ed25519 over the signing bytes, 64 bytes; empty where the network does not check signatures. */
  readonly signature: Uint8Array
  /** A member's own, about the network's keys: never shown to an application. Absent: the application's. */
  readonly kind?: 'system'
}

/** What an operation did. `code` 0 means done; every other code is the application's own reason for refusing. */
export interface Result {
  readonly code: number
  /** The application's answer, at most `RESULT_BYTES_MAX` bytes; for a refusal a sentence in UTF-8. */
  readonly data: Uint8Array
}

/** Of the data of one result. */
export const RESULT_BYTES_MAX = 4096

/** A refusal before ordering: a code for programs, a sentence for people. */
export interface Refusal {
  readonly code: string
  readonly message: string
}

/** The answer to a query, with a proof against the state root that `stateRoot()` gave at the same moment. */
export interface QueryAnswer {
  /** The value, or null when the state has none: absence is proved like presence. */
  readonly value: Uint8Array | null
  /** The application's own proof format, checked by `Application.verify`. */
  readonly proof: Uint8Array
}

/**
 * The state at one moment, cut into chunks. It stays readable while execution goes on, and taking it is cheap:
 * keep immutable state, or copy on write.
 */
export interface Snapshot {
  /** 1 to `SNAPSHOT_CHUNKS_MAX`. */
  readonly chunkCount: number
  /** Chunk `index`, at most `SNAPSHOT_CHUNK_BYTES_MAX` bytes. The same state gives the same chunks everywhere. */
  chunk(index: number): Uint8Array
  /**
   * `Application.query` as it was at that moment. With it a node answers proved reads from its last certified state while execution
   * goes on; without it, only while nothing was executed since.
   */
  query?(key: string): QueryAnswer | Refusal
}

/** Of one snapshot, and of each chunk in it. */
export const SNAPSHOT_CHUNKS_MAX = 65_536
export const SNAPSHOT_CHUNK_BYTES_MAX = 1_048_576

/** Facts about the batch list in execution that every replica agrees on. */
export interface ExecutionContext {
  readonly sequence: number
  /** Agreed time of this sequence, milliseconds since 1970; never goes back. */
  readonly logTimeMs: number
}

/** See above for what holds of all methods. */
export interface Application {
  /** `required`: the node checks Ed25519 client signatures before ordering. `none`: the application checks for itself, or nobody. */
  readonly signatures: 'required' | 'none'

  /**
   * Is this operation well-formed? Depends on nothing but the transaction, so every replica gives the same answer for ever:
   * a batch with one transaction that fails here is refused whole.
   */
  check(transaction: Transaction): Refusal | null

  /**
   * Would this transaction be executed with code 0 against the present state? Asked once, at the door, to save the order
   * from hopeless transactions; state may have changed at execution, so `execute` decides for itself.
   */
  checkAgainstState(transaction: Transaction): Refusal | null

  /** Execute in order; one result for each transaction. */
  execute(transactions: readonly Transaction[], context: ExecutionContext): readonly Result[]

  /** 32 bytes that commit to the whole state. May be asked after any sequence; compute lazily, it is not asked after each. */
  stateRoot(): Uint8Array

  /** Look up `key` (the application's own path syntax, UTF-8 text) in the present state. */
  query(key: string): QueryAnswer | Refusal

  /** Does `answer` follow from `root`? Pure: a light client calls it without any state. */
  verify(root: Uint8Array, key: string, answer: QueryAnswer): boolean

  /** The present state, cut into chunks. */
  snapshot(): Snapshot

  /**
   * Is `chunk` the chunk `index` of `chunkCount` of the state with this root? Pure. Chunks come from untrusted peers and
   * are checked one by one before they are stored.
   */
  verifyChunk(root: Uint8Array, index: number, chunkCount: number, chunk: Uint8Array): boolean

  /**
   * Replace the whole state by the verified chunks, in order. Restoring all chunks of a snapshot gives the state root
   * that the snapshot was taken at. With no chunks: the genesis state.
   */
  restore(chunks: Iterable<Uint8Array>): void
}

/** What an application module exports as default: makes an application from the genesis file's `application.options`. */
export type ApplicationFactory = (options: unknown) => Application
