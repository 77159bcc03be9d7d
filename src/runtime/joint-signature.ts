import { polynomialHash } from '../crypto/threshold/session.ts'
import type { CombinedSignature, PublicSharing } from '../crypto/threshold/signature.ts'
import { toHex } from '../lib/bytes.ts'
import type { OwnPartial } from '../wire/partial.ts'
import type { PartialPool, PartialSubject } from './partials.ts'
import type { Clock, ThresholdWorker } from './ports.ts'

/**
 * One signature that members make together: our part signed and said, those of others gathered, and as soon as there are enough, combined and
 * checked in one go. When that fails, whoever was wrong is left out from then on, and it is tried again as soon as there are
 * enough others: the last honest one may come late. When the worker fails, it is tried again too, after a pause that doubles.
 */
export interface JointMessage extends PartialSubject {
  /** What shares sign; `subject` names it. */
  readonly message: Uint8Array
  readonly sharing: PublicSharing
}

export interface JointSignatureComponents {
  readonly clock: Pick<Clock, 'nowMs'>
  readonly worker: ThresholdWorker
  readonly pool: PartialPool
  /** Our share, 32 bytes, wiped by whoever asks; null: we have none, or may not sign. */
  share(): Uint8Array | null
  /** @returns false: refused for ever; else `permitted` is called when it is on disk, and never when the replica stops before */
  permit(permitted: () => void): boolean
  /** Spreads our partial, under a new number each time. */
  publish(partial: OwnPartial): void
  /** Keeps our partial, as if it had come. */
  addOwn(partial: OwnPartial): void
  isStopped(): boolean
  /** Members whose partials were wrong, by coordinate. */
  onCulprits(indices: readonly number[]): void
}

/** Before work that failed is asked for again. */
const RETRY_MS = 1_000
const RETRY_MAX_MS = 60_000

export class JointSignature {
  readonly message: JointMessage
  readonly #components: JointSignatureComponents
  readonly #sharingName: string
  #own: OwnPartial | null = null
  #isSigning = false
  #isCombining = false
  /** How many partials were not enough, though they should have been. */
  #triedWith = 0
  #workMs = 0
  /** The worker failed: not before then. */
  #againMs = Number.NEGATIVE_INFINITY
  #retryMs = RETRY_MS
  #signature: Uint8Array | null = null

  constructor(message: JointMessage, components: JointSignatureComponents) {
    this.message = message
    this.#components = components
    this.#sharingName = toHex(polynomialHash(message.sharing))
  }

  /** 48 bytes, once it is there; right for sure. */
  get signature(): Uint8Array | null {
    return this.#signature
  }

  /** The worker works for it. */
  get isWorking(): boolean {
    return this.#isSigning || this.#isCombining
  }

  get isSigned(): boolean {
    return this.#own !== null
  }

  /** What the worker took for it so far, milliseconds. */
  get workMs(): number {
    return this.#workMs
  }

  /** Are there enough partials that were not tried in vain? */
  get isCombinable(): boolean {
    const { length } = this.#partials()
    const isEnough = length >= this.message.sharing.threshold && length > this.#triedWith
    return this.#signature === null && isEnough && !this.#isPausing
  }

  /** Signs our part, unless it is signed, or is not ours to sign. @param done called when our partial is said */
  sign(done: () => void): void {
    const { worker, share, permit, publish, addOwn } = this.#components
    if (this.#own !== null || this.#isSigning || this.#signature !== null || this.#isPausing) return
    const secret = share()
    if (secret === null) return
    const { purpose, subject, sequence, epoch, message } = this.message
    this.#isSigning = permit(() => {
      if (this.#components.isStopped()) return void secret.fill(0)
      const finish = this.#measure()
      const signed = (signature: Uint8Array): void => {
        if (this.#components.isStopped()) return
        finish()
        this.#isSigning = false
        this.#own = { purpose, subject, sequence, epoch, signature }
        publish(this.#own)
        addOwn(this.#own)
        done()
      }
      worker.sign(secret, message, signed, () => {
        this.#isSigning = false
        this.#pause()
      })
      secret.fill(0)
    })
    if (!this.#isSigning) secret.fill(0)
  }

  /** Somebody lacks it: says our part again. */
  sayAgain(): void {
    if (this.#own !== null) this.#components.publish(this.#own)
  }

  /** @param done called when the signature is there; else it may be tried again when there are more partials */
  combine(done: () => void): void {
    const { worker, pool, onCulprits } = this.#components
    if (this.#isCombining || !this.isCombinable) return
    const partials = this.#partials()
    this.#isCombining = true
    const finish = this.#measure()
    const combined = ({ signature, culprits }: CombinedSignature): void => {
      if (this.#components.isStopped()) return
      finish()
      this.#isCombining = false
      this.#signature = signature
      pool.block(this.#sharingName, culprits)
      if (culprits.length > 0) onCulprits(culprits)
      this.#triedWith = partials.length - culprits.length
      if (signature !== null) done()
      else if (this.isCombinable) this.combine(done)
    }
    worker.combine(this.message.sharing, this.message.message, partials, combined, () => {
      this.#isCombining = false
      this.#pause()
    })
  }

  get #isPausing(): boolean {
    return this.#components.clock.nowMs() < this.#againMs
  }

  #pause(): void {
    this.#againMs = this.#components.clock.nowMs() + this.#retryMs
    this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MAX_MS)
  }

  #partials() {
    return this.#components.pool.of(this.message, this.#sharingName)
  }

  #measure(): () => void {
    const { clock } = this.#components
    const startMs = clock.nowMs()
    return () => {
      this.#workMs += Math.max(0, clock.nowMs() - startMs)
    }
  }
}
