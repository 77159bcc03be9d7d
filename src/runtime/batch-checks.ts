import type { Application, Transaction } from '../application/contract.ts'
import type { Sizes } from '../lib/sizes.ts'
import type { Digest, ReplicaId } from '../pbft/types.ts'
import type { Batch, IdentifiedTransaction } from '../wire/batch.ts'
import { type Rejection, reject } from '../wire/rejection.ts'
import type { Scope } from '../wire/scope.ts'
import type { Clock, SignatureChecker, SignatureClaim } from './ports.ts'

/**
 * Whether a batch may be held: cheap rules first, then the signatures. One bad transaction in it is its author's fault, and a member that
 * signed a bad batch is not heard for a while. What is being checked for one author at a time is bounded.
 */
export interface BatchChecksComponents {
  readonly scope: Scope
  readonly application: Application
  readonly checker: SignatureChecker
  /** For durations. */
  readonly clock: Clock
  /** Why no batch may carry this system transaction, whatever the state. */
  systemRefusal(transaction: Transaction): string | null
}

/** Bytes of one author's batches that are being checked; more are ignored, and fetched if they are ordered. */
const CHECKING_BYTES_PER_AUTHOR_MAX = 8_388_608
const DISTRUST_MS = 10_000

export class BatchChecks {
  readonly #components: BatchChecksComponents
  readonly #checking = new Set<Digest>()
  readonly #checkingByAuthor = new Map<ReplicaId, number>()
  /** Milliseconds since some moment. At most one entry for each member. */
  readonly #distrustedUntilMs = new Map<ReplicaId, number>()

  constructor(components: BatchChecksComponents) {
    this.#components = components
  }

  sizes(): Sizes {
    return {
      checking: this.#checking.size,
      authorsChecked: this.#checkingByAuthor.size,
      distrusted: this.#distrustedUntilMs.size,
    }
  }

  isChecking(digest: Digest): boolean {
    return this.#checking.has(digest)
  }

  /** Would this one be too much for its author? */
  isFull({ author, bytes }: Batch): boolean {
    return (this.#checkingByAuthor.get(author) ?? 0) + bytes.length > CHECKING_BYTES_PER_AUTHOR_MAX
  }

  /** A member that signed a bad batch is not heard for a while; what it has to say can still be fetched when it is ordered. */
  distrust(author: ReplicaId): void {
    this.#distrustedUntilMs.set(author, this.#components.clock.nowMs() + DISTRUST_MS)
  }

  isDistrusted(author: ReplicaId): boolean {
    const leftMs = (this.#distrustedUntilMs.get(author) ?? 0) - this.#components.clock.nowMs()
    return leftMs > 0 && leftMs <= DISTRUST_MS
  }

  /** The author alone: the signatures of thousands of clients are checked only for a member's word that they are good. */
  checkAuthor(batch: Batch, done: (rejection: Rejection | null) => void): void {
    const author = this.#authorClaim(batch)
    if (author === null) return done(reject('batch-author-unknown'))
    this.#components.checker.check([author], ([isAuthor]) =>
      done(isAuthor === true ? null : reject('batch-signature-wrong')),
    )
  }

  /** Cheap first: the rules of the system and of the application, then the signatures. */
  check(batch: Batch, done: (rejection: Rejection | null) => void): void {
    const { checker } = this.#components
    for (const { transaction } of batch.transactions) {
      const code = this.#refusalOf(transaction)
      if (code !== null) return done(reject(code))
    }
    const claims = this.#claims(batch)
    if (claims === null) return done(reject('batch-author-unknown'))
    this.#count(batch, 1)
    checker.check(claims, valid => {
      this.#count(batch, -1)
      if (!valid.every(Boolean)) return done(reject('batch-signature-wrong'))
      done(null)
    })
  }

  #refusalOf(transaction: Transaction): string | null {
    const { application, systemRefusal } = this.#components
    if (transaction.kind === 'system') return systemRefusal(transaction)
    return application.check(transaction) === null ? null : 'batch-transaction-refused'
  }

  #count({ digest, author, bytes }: Batch, sign: 1 | -1): void {
    if (sign === 1) this.#checking.add(digest)
    else this.#checking.delete(digest)
    const checking = (this.#checkingByAuthor.get(author) ?? 0) + sign * bytes.length
    if (checking === 0) this.#checkingByAuthor.delete(author)
    else this.#checkingByAuthor.set(author, checking)
  }

  #authorClaim({ author, signedBytes, signature }: Batch): SignatureClaim | null {
    const publicKey = this.#components.scope.memberKeys[author]
    return publicKey === undefined ? null : { publicKey, bytes: signedBytes, signature }
  }

  #claims(batch: Batch): readonly SignatureClaim[] | null {
    const author = this.#authorClaim(batch)
    if (author === null) return null
    const { signatures } = this.#components.application
    const signed = batch.transactions.filter(
      ({ transaction }) => signatures === 'required' || transaction.kind === 'system',
    )
    return [author, ...signed.map(clientClaim)]
  }
}

/** What a client's signature claims. */
export function clientClaim({ transaction, signingBytes }: IdentifiedTransaction): SignatureClaim {
  return { publicKey: transaction.client, bytes: signingBytes, signature: transaction.signature }
}
