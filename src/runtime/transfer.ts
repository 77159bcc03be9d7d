import type { Application } from '../application/contract.ts'
import type { Logger } from '../lib/logger.ts'
import { quorum } from '../pbft/quorum.ts'
import type { Certificate, CommittedEntry, Digest, Sequence } from '../pbft/types.ts'
import type { Batch } from '../wire/batch.ts'
import { decodeCertificate } from '../wire/convert.ts'
import { ENTRIES_ANSWER_MAX } from '../wire/limits.ts'
import { EntriesAnswer, EntriesRequest, type WireEntry } from '../wire/pb/messages.ts'
import { decodeOr, isRejection } from '../wire/rejection.ts'
import type { Scope } from '../wire/scope.ts'
import { certificateClaims } from '../wire/statement.ts'
import type { Askers } from './asking.ts'
import type { BatchStore } from './batches.ts'
import type { Clock, SignatureChecker, SignatureClaim, StorageError, Store } from './ports.ts'
import { decodeEntry } from './records.ts'
import { type FetchedSnapshot, SnapshotTransfer } from './snapshot-transfer.ts'

/**
 * Brings a replica that fell behind to where the others are: committed sequences with their commit certificates, one member after the
 * other; and where those were pruned, a snapshot. What a member claims decides only what is asked next, never what is taken.
 */
export interface TransferComponents {
  readonly scope: Scope
  readonly application: Application
  readonly checker: SignatureChecker
  readonly clock: Clock
  readonly store: Store
  readonly askers: Askers
  readonly batches: BatchStore
  readonly logger: Logger
  /** In order, without gaps; its batches are held. */
  onEntry(entry: CommittedEntry): void
  onSnapshot(fetched: FetchedSnapshot): void
  /** Last executed here. */
  executed(): Sequence
  onFailure(error: StorageError): void
}

const REQUEST_TIMEOUT_MS = 5_000
const PAUSE_MS = 100
const PAUSE_MAX_MS = 3_000

export class Transfer {
  readonly #components: TransferComponents
  #target = 0
  /** The first sequence that was asked for last. */
  #from = 0
  #running = false
  #pauseMs = PAUSE_MS
  #snapshot: SnapshotTransfer | null = null
  #stopped = false

  constructor(components: TransferComponents) {
    this.#components = components
  }

  get isRunning(): boolean {
    return this.#running
  }

  /** Goes on until `target` is executed; a later call only moves the target. */
  fetch(target: Sequence): void {
    this.#target = Math.max(this.#target, target)
    if (this.#running || this.#stopped) return
    this.#running = true
    this.#ask()
  }

  stop(): void {
    this.#stopped = true
    this.#snapshot?.cancel()
  }

  #ask(): void {
    if (this.#stopped) return
    const { askers, executed, logger } = this.#components
    const from = executed() + 1
    this.#from = from
    if (from > this.#target) {
      this.#running = false
      this.#pauseMs = PAUSE_MS
      return
    }
    const member = askers.take()
    if (member === null) return this.#askLater()
    logger.debug({ from, target: this.#target, member }, 'Fetching committed sequences')
    const request = EntriesRequest.encode({ from, to: this.#target })
    askers.ask(member, 'entries', request, REQUEST_TIMEOUT_MS, answer => {
      if (!answer.ok) return this.#askLater()
      this.#onAnswer(answer.bytes)
    })
  }

  #askLater(): void {
    if (this.#stopped) return
    this.#components.clock.after(this.#pauseMs, () => this.#ask())
    this.#pauseMs = Math.min(this.#pauseMs * 2, PAUSE_MAX_MS)
  }

  #onAnswer(bytes: Uint8Array): void {
    const answer = decodeOr('answer-malformed', () =>
      EntriesAnswer.decode(bytes, { limits: { entries: ENTRIES_ANSWER_MAX } }),
    )
    if (isRejection(answer)) return this.#askLater()
    if (answer.entries.length === 0) return this.#considerSnapshot(answer)
    this.#takeEntries(answer.entries, this.#components.batches.decodeAll(answer.batches), 0)
  }

  /** One entry after the other, because each is executed before the next is checked against what is expected. */
  #takeEntries(entries: readonly WireEntry[], bodies: ReadonlyMap<Digest, Batch>, index: number): void {
    if (this.#stopped) return
    const wire = entries[index]
    const { scope, executed, onEntry } = this.#components
    if (wire === undefined) {
      // Whoever answers with nothing new is not asked again at once.
      if (executed() < this.#from) return this.#askLater()
      this.#pauseMs = PAUSE_MS
      return this.#ask()
    }
    const decoded = decodeEntry(scope, wire)
    if (decoded === null || decoded.entry.commits.length < quorum(scope.memberKeys.length))
      return this.#askLater()
    const n = decoded.entry.proposal.sequence
    if (n <= executed()) return this.#takeEntries(entries, bodies, index + 1)
    if (n !== executed() + 1) return this.#askLater()
    const claims = decoded.envelopes.map(
      ({ senderKey, signedBytes, signature }): SignatureClaim => ({
        publicKey: senderKey,
        bytes: signedBytes,
        signature,
      }),
    )
    this.#components.checker.check(claims, valid => {
      if (this.#stopped) return
      // Executed meanwhile by the ordinary way: to hold its batches now would be to hold them for ever.
      if (n <= executed()) return this.#takeEntries(entries, bodies, index + 1)
      if (!valid.every(Boolean) || !this.#holdBatches(decoded.entry, bodies)) return this.#askLater()
      onEntry(decoded.entry)
      this.#takeEntries(entries, bodies, index + 1)
    })
  }

  #holdBatches(entry: CommittedEntry, bodies: ReadonlyMap<Digest, Batch>): boolean {
    const { batches } = this.#components
    for (const named of entry.proposal.batchDigests) {
      if (batches.get(named) !== undefined) continue
      const body = bodies.get(named)
      if (body === undefined) return false
      batches.holdCommitted(body)
    }
    return true
  }

  #considerSnapshot(answer: EntriesAnswer): void {
    const { scope, checker, executed } = this.#components
    const certificate = answer.snapshot === undefined ? null : decodeCertificate(scope, answer.snapshot)
    if (certificate === null || certificate.statement.sequence <= executed()) return this.#askLater()
    if (certificate.signatures.length < quorum(scope.memberKeys.length)) return this.#askLater()
    const claims = certificateClaims(scope, certificate)
    if (claims === null) return this.#askLater()
    checker.check(claims, valid => {
      if (this.#stopped) return
      if (valid.every(Boolean)) this.#fetchSnapshot(certificate)
      else this.#askLater()
    })
  }

  #fetchSnapshot(certificate: Certificate): void {
    const { logger, onSnapshot, executed } = this.#components
    logger.info(
      { sequence: certificate.statement.sequence },
      'Fetching a snapshot: the sequences before it are pruned elsewhere',
    )
    this.#snapshot = new SnapshotTransfer(certificate, this.#components, fetched => {
      this.#snapshot = null
      if (fetched === null) return this.#askLater()
      if (fetched.certificate.statement.sequence > executed()) onSnapshot(fetched)
      this.#ask()
    })
  }
}
