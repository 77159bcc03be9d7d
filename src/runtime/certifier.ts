import type { Logger } from '../lib/logger.ts'
import { steadily } from '../lib/steady-time.ts'
import { type SharedKey, servedKeys } from '../membership/key-state.ts'
import type { ReplicatedState } from '../membership/replicated-state.ts'
import { sameStatement } from '../pbft/conflict.ts'
import type { Certificate, Digest, Statement } from '../pbft/types.ts'
import type { OwnPartial } from '../wire/partial.ts'
import { CertificateRequest } from '../wire/pb/messages.ts'
import type { Scope } from '../wire/scope.ts'
import { checkpointMessage, type ThresholdCertificate } from '../wire/statement.ts'
import type { Askers } from './asking.ts'
import { type Certificates, decodeAnswer } from './certificates.ts'
import type { Custody } from './custody.ts'
import { JointSignature } from './joint-signature.ts'
import { Pace } from './pace.ts'
import type { PartialGuard } from './partial-guard.ts'
import type { PartialPool } from './partials.ts'
import type { Clock, ThresholdWorker } from './ports.ts'

/**
 * Makes of stable checkpoints, which a quorum signed one by one, certificates of one signature. It follows agreement and holds nothing of
 * it up: what is signed is stable already, a wrong partial delays a certificate at most, and when the worker is behind only the
 * latest checkpoint is signed. Every member combines for itself; whoever lacks a certificate for a while says its part again and asks.
 *
 * Signing is cheap and done for every checkpoint, so that all members sign the same ones; combining is eight times as dear, and waits
 * under load (see `Pace`).
 */
export interface CertifierOptions {
  readonly scope: Scope
  readonly checkpointInterval: number
  readonly logWindow: number
  readonly busyMaxMs: number
}

export interface CertifierComponents {
  readonly clock: Clock
  readonly logger: Logger
  readonly state: Pick<ReplicatedState, 'keyAt' | 'keys' | 'sequence' | 'executedTransactions'>
  readonly worker: ThresholdWorker
  readonly pool: PartialPool
  readonly guard: PartialGuard
  /** Null for an observer. */
  readonly custody: Custody | null
  readonly certificates: Certificates
  readonly askers: Askers
  /** Not while it is without memory of what it signed. */
  mayVote(): boolean
  isLoaded(): boolean
  /** As executed here; null where that is not known any more. */
  historyAfter(sequence: number): Digest | null
  publish(partial: OwnPartial): void
  addOwn(partial: OwnPartial): void
  onCertificate(certificate: ThresholdCertificate): void
  onBusy(busy: boolean): void
  /** What the key signed is not what was executed here: more than f members lied, or we are not what we should be. */
  onContradicted(certificate: ThresholdCertificate): void
}

/** Stable checkpoints whose certificates may still come about. */
const TASKS_MAX = 8
/** Between two partials when a primary asks for a checkpoint at every sequence; multiples of K are signed in any case. */
const SIGN_GAP_MS = 50
/** Who lacks a certificate for so long says its part again, and asks somebody. */
const LACKING_MS = 1_000
const REQUEST_TIMEOUT_MS = 2_000

interface Task {
  readonly statement: Statement
  readonly joint: JointSignature
}

export class Certifier {
  readonly #options: CertifierOptions
  readonly #components: CertifierComponents
  readonly #clock: Clock
  readonly #pace: Pace
  /** By sequence, ascending. */
  readonly #tasks = new Map<number, Task>()
  /** The latest stable checkpoint, until we have executed it ourselves. */
  #waiting: Certificate | null = null
  #signedAtMs = Number.NEGATIVE_INFINITY
  #cancelGap: (() => void) | null = null
  #cancelLacking: (() => void) | null = null
  #isAsking = false
  #stopped = false

  constructor(options: CertifierOptions, components: CertifierComponents) {
    const { state, isLoaded, onBusy } = components
    this.#options = options
    this.#components = components
    this.#clock = steadily(components.clock)
    this.#pace = new Pace(
      { busyMaxMs: options.busyMaxMs },
      {
        clock: this.#clock,
        isLoaded,
        executedTransactions: () => state.executedTransactions,
        onBusy,
        onRested: () => this.#pump(),
      },
    )
  }

  get tasks(): number {
    return this.#tasks.size
  }

  /** Partials of which checkpoints are of use, as far as we know. */
  window(): { readonly above: number; readonly upTo: number } {
    const { certificates, state } = this.#components
    return { above: certificates.latestSequence, upTo: state.sequence + 2 * this.#options.logWindow }
  }

  /** @param isCheckpoint a CHECKPOINT was said of this sequence, or will be */
  onExecuted(sequence: number, isCheckpoint: boolean): void {
    if (isCheckpoint && this.#keyAt(sequence) !== null) this.#pace.onCheckpoint(sequence)
    this.#take()
  }

  /** The state jumped, to one that was checked whole against a certificate of members: as good as executed. */
  onInstalled(): void {
    this.#take()
  }

  onStable(certificate: Certificate): void {
    this.#waiting = certificate
    this.#take()
  }

  onPartial(): void {
    this.#pump()
  }

  stop(): void {
    this.#stopped = true
    this.#pace.stop()
    this.#cancelGap?.()
    this.#cancelLacking?.()
  }

  #take(): void {
    const { state, certificates } = this.#components
    const { scope } = this.#options
    const statement = this.#waiting?.statement
    if (statement === undefined || statement.sequence > state.sequence) return
    this.#waiting = null
    const key = this.#keyAt(statement.sequence)
    if (key === null || statement.sequence <= certificates.latestSequence) return
    const { sequence } = statement
    const { epoch, sharing } = key
    const subject = checkpointMessage(scope.networkId, key, statement)
    const message = { purpose: 'checkpoint', epoch, sequence, subject, message: subject, sharing } as const
    this.#tasks.set(sequence, { statement, joint: this.#createJoint(message) })
    const [lowest] = this.#tasks.keys()
    if (this.#tasks.size > TASKS_MAX && lowest !== undefined) this.#tasks.delete(lowest)
    this.#watchLack()
    this.#pump()
  }

  /**
   * The key that certifies a sequence, while it is served. What signs with one that is over may be anybody, above all when it was revoked: to
   * believe it that others contradict us would let a thief stop every member.
   */
  #keyAt(sequence: number): SharedKey | null {
    const { state } = this.#components
    const key = state.keyAt(sequence)
    return servedKeys(state.keys).some(({ epoch }) => epoch === key?.epoch) ? key : null
  }

  #createJoint(message: JointSignature['message']): JointSignature {
    const { worker, pool, guard, custody, state, logger, mayVote, publish, addOwn } = this.#components
    const { epoch, sequence, subject, sharing } = message
    return new JointSignature(message, {
      clock: this.#clock,
      worker,
      pool,
      share: () => {
        const isServed = servedKeys(state.keys).some(key => key.epoch === epoch)
        return isServed && mayVote() ? (custody?.share(epoch, sharing) ?? null) : null
      },
      permit: permitted => guard.certify(sequence, epoch, subject, permitted),
      publish,
      addOwn,
      isStopped: () => this.#stopped,
      onCulprits: indices =>
        logger.warn({ sequence, members: indices.map(index => index - 1) }, 'partial signatures were wrong'),
    })
  }

  /** Signs the latest, combines the latest of which enough is there. */
  #pump(): void {
    if (this.#stopped) return
    const tasks = [...this.#tasks.values()].reverse()
    if (tasks.some(({ joint }) => joint.isWorking)) return
    const [latest] = tasks
    if (latest !== undefined && this.#sign(latest)) return
    if (this.#pace.isResting) return
    const task = tasks.find(({ joint }) => joint.isCombinable)
    task?.joint.combine(() => this.#complete(task))
  }

  /** @returns whether the worker signs now */
  #sign({ statement, joint }: Task): boolean {
    if (joint.isSigned) return false
    const { sequence } = statement
    const nowMs = this.#clock.nowMs()
    const waitMs = this.#signedAtMs + SIGN_GAP_MS - nowMs
    if (sequence % this.#options.checkpointInterval !== 0 && waitMs > 0) {
      this.#cancelGap ??= this.#clock.after(waitMs, () => {
        this.#cancelGap = null
        this.#pump()
      })
      return false
    }
    joint.sign(() => this.#pump())
    if (joint.isWorking) this.#signedAtMs = nowMs
    return joint.isWorking
  }

  #complete({ statement, joint }: Task): void {
    const { signature, message, workMs } = joint
    const key = this.#keyAt(statement.sequence)
    if (signature === null || key === null) return
    this.#adopt({ keyId: key.keyId, epoch: message.epoch, statement, signature }, workMs)
  }

  #adopt(certificate: ThresholdCertificate, workMs: number): void {
    const { certificates, pool, onCertificate } = this.#components
    const { sequence } = certificate.statement
    if (sequence <= certificates.latestSequence) return
    certificates.add(certificate)
    pool.prune(sequence)
    for (const known of this.#tasks.keys()) if (known <= sequence) this.#tasks.delete(known)
    this.#pace.onCertified(sequence, workMs)
    onCertificate(certificate)
    this.#pump()
  }

  /** While a certificate is missing that should be there: our part again, and a question, once a second. */
  #watchLack(): void {
    this.#cancelLacking ??= this.#clock.after(LACKING_MS, () => {
      this.#cancelLacking = null
      for (const known of this.#tasks.keys()) if (this.#keyAt(known) === null) this.#tasks.delete(known)
      const latest = [...this.#tasks.values()].at(-1)
      if (latest === undefined) return
      if (!latest.joint.isCombinable && !latest.joint.isWorking) {
        latest.joint.sayAgain()
        this.#ask(latest.statement.sequence)
      }
      this.#pump()
      this.#watchLack()
    })
  }

  #ask(sequence: number): void {
    const { askers } = this.#components
    const member = this.#isAsking ? null : askers.take()
    if (member === null) return
    this.#isAsking = true
    const request = CertificateRequest.encode({ sequence })
    askers.ask(member, 'certificate', request, REQUEST_TIMEOUT_MS, answer => {
      const certificate = answer.ok && !this.#stopped ? decodeAnswer(answer.bytes) : null
      if (certificate === null || !this.#check(certificate)) this.#isAsking = false
    })
  }

  /**
   * What another gives us counts when it is of a sequence that we executed, and holds under the key that certifies it. One that holds and
   * says something else than we executed is no lie of whoever gave it. Nobody is asked before the worker has said which it is.
   *
   * @returns whether the worker looks at it
   */
  #check(certificate: ThresholdCertificate): boolean {
    const { state, certificates, worker, onContradicted } = this.#components
    const { scope } = this.#options
    const { statement, signature } = certificate
    const key = statement.sequence <= state.sequence ? this.#keyAt(statement.sequence) : null
    if (key === null || key.epoch !== certificate.epoch || statement.sequence <= certificates.latestSequence)
      return false
    // The one field of a statement that a shared key does not sign.
    if (statement.epoch !== scope.epoch) return false
    const message = checkpointMessage(scope.networkId, key, statement)
    const verified = (valid: boolean): void => {
      this.#isAsking = false
      // It may be over since then.
      if (!valid || this.#stopped || this.#keyAt(statement.sequence) === null) return
      const checked = { ...certificate, keyId: key.keyId }
      if (this.#isContradicted(statement)) onContradicted(checked)
      else this.#adopt(checked, 0)
    }
    worker.verify(key.sharing.publicKey, message, signature, verified, () => {
      this.#isAsking = false
    })
    return true
  }

  #isContradicted(statement: Statement): boolean {
    const known = this.#tasks.get(statement.sequence)
    if (known !== undefined) return !sameStatement(known.statement, statement)
    const own = this.#components.historyAfter(statement.sequence)
    return own !== null && own !== statement.historyDigest
  }
}
