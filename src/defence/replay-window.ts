export interface ReplayWindowOptions {
  /** How far below the highest number of a sender one may lie that was not seen yet. */
  readonly numbersMax: number
  /** A sender that was silent for so long may begin below: it lost its disk and its clock went back. */
  readonly forgetMs: number
  readonly sendersMax: number
}

interface Sender {
  highest: number
  /** The highest before the sender began below: far above its numbers and up to here is what it said in that life. */
  readonly formerHighest: number
  readonly seen: Set<number>
  takenMs: number
}

/**
 * Numbers that were seen, in the manner of the anti-replay window of IPsec (RFC 4303, 3.4.3): each sender numbers what it signs,
 * ascending, so one number is taken once, and one far below the highest never. Whoever plays back what others signed can
 * name any number of theirs but make none.
 */
export class ReplayWindow {
  readonly #options: ReplayWindowOptions
  readonly #senders = new Map<number, Sender>()

  constructor(options: ReplayWindowOptions) {
    this.#options = options
  }

  /** Numbers remembered, of all senders. */
  get size(): number {
    let size = 0
    for (const { seen } of this.#senders.values()) size += seen.size
    return size
  }

  /** Would `take` succeed now? */
  isFresh(sender: number, number: number, nowMs: number): boolean {
    const known = this.#senders.get(sender)
    if (known === undefined) return this.#senders.size < this.#options.sendersMax
    if (this.#isOfAnotherLife(known, number)) return Math.abs(nowMs - known.takenMs) > this.#options.forgetMs
    return !known.seen.has(number)
  }

  /** @returns false when the number was taken before, or may have been */
  take(sender: number, number: number, nowMs: number): boolean {
    if (!this.isFresh(sender, number, nowMs)) return false
    const known = this.#senders.get(sender)
    if (known === undefined || this.#isOfAnotherLife(known, number)) {
      const formerHighest = Math.max(known?.highest ?? 0, known?.formerHighest ?? 0)
      this.#senders.set(sender, { highest: number, formerHighest, seen: new Set([number]), takenMs: nowMs })
      return true
    }
    known.highest = Math.max(known.highest, number)
    known.seen.add(number)
    known.takenMs = nowMs
    if (known.seen.size > 2 * this.#options.numbersMax) this.#prune(known)
    return true
  }

  /** Too old, or said before it began below: whoever plays that back must not make what it says now look old. */
  #isOfAnotherLife(known: Sender, number: number): boolean {
    const { highest, formerHighest } = known
    const isFormer = number > highest + this.#options.numbersMax && number <= formerHighest
    return isFormer || this.#isBelow(known, number)
  }

  #isBelow({ highest }: Sender, number: number): boolean {
    return number <= highest - this.#options.numbersMax
  }

  #prune(sender: Sender): void {
    for (const number of sender.seen) if (this.#isBelow(sender, number)) sender.seen.delete(number)
  }
}
