import type { Message, Sequence, Verified } from '../pbft/types.ts'

/**
 * Never two different statements for one slot. A slot is what a correct member speaks about once: a PRE-PREPARE, PREPARE or COMMIT
 * of one view and sequence, a CHECKPOINT of one sequence, a VIEW-CHANGE or NEW-VIEW of one view; and having sent a VIEW-CHANGE
 * for a view, it no longer votes in lower ones, nor asks for one or begins it. The guard is rebuilt at start from the signed
 * envelopes on disk, so a crash does not make it forget, and it stands outside the protocol code, so a defect there does not get past
 * it.
 */
export class SignGuard {
  readonly #said = new Map<string, Said>()
  #pruned = 0
  #viewLeft = -1

  /** May this be said? `statement` names its content: two statements with one name are the same. Remembers a yes. */
  permit(slot: Slot, statement: string): boolean {
    if (this.isObsolete(slot)) return false
    if (slot.votesIn !== null && slot.votesIn < this.#viewLeft) return false
    if (slot.sequence === null && slot.view !== null && slot.view < this.#viewLeft) return false
    const said = this.#said.get(slot.name)
    if (said !== undefined) return said.statement === statement
    const { view, sequence } = slot
    this.#said.set(slot.name, { statement, view, sequence: sequence ?? Number.MAX_SAFE_INTEGER })
    if (slot.leavesFor !== null) this.leave(slot.leavesFor)
    return true
  }

  /** At or below a stable checkpoint: what was drafted just before that became stable, and nobody needs any more. */
  isObsolete(slot: Slot): boolean {
    return slot.sequence !== null && slot.sequence <= this.#pruned
  }

  /** Nothing is said of lower views any more, so what was said of them need not be known: views may follow upon each other for long. */
  leave(view: number): void {
    if (view <= this.#viewLeft) return
    this.#viewLeft = view
    for (const [name, said] of this.#said) if (said.view !== null && said.view < view) this.#said.delete(name)
  }

  /** Something that we said before the start. */
  remember(message: Verified): void {
    const described = describe(message.message, message.proof.hash)
    if (described !== null) this.permit(described.slot, described.statement)
  }

  /** At and below a stable checkpoint nothing is ever said again. */
  prune(stable: Sequence): void {
    this.#pruned = Math.max(this.#pruned, stable)
    for (const [name, { sequence }] of this.#said) if (sequence <= this.#pruned) this.#said.delete(name)
  }

  get size(): number {
    return this.#said.size
  }
}

interface Said extends Pick<Slot, 'view'> {
  readonly statement: string
  readonly sequence: number
}

export interface Slot {
  readonly name: string
  /** Null for view changes, which no checkpoint makes obsolete. */
  readonly sequence: number | null
  /** Null for a checkpoint, which is of none. */
  readonly view: number | null
  /** The view in which this is a vote. */
  readonly votesIn: number | null
  /** The view that this leaves all lower ones for. */
  readonly leavesFor: number | null
}

export const voteSlot = (
  type: 'pre-prepare' | 'prepare' | 'commit',
  view: number,
  sequence: number,
): Slot => ({
  name: `${type}/${view}/${sequence}`,
  sequence,
  view,
  votesIn: view,
  leavesFor: null,
})

export const checkpointSlot = (sequence: number): Slot => ({
  name: `checkpoint/${sequence}`,
  sequence,
  view: null,
  votesIn: null,
  leavesFor: null,
})

export const viewSlot = (type: 'view-change' | 'new-view', view: number): Slot => ({
  name: `${type}/${view}`,
  sequence: null,
  view,
  votesIn: null,
  leavesFor: type === 'view-change' ? view : null,
})

/** The slot and the statement of a message; null for what may be said in any way at any time. */
export function describe(message: Message, envelopeHash: string): { slot: Slot; statement: string } | null {
  switch (message.type) {
    case 'pre-prepare':
      return {
        slot: voteSlot('pre-prepare', message.view, message.proposal.sequence),
        statement: message.proposal.digest,
      }
    case 'prepare':
    case 'commit':
      return { slot: voteSlot(message.type, message.view, message.sequence), statement: message.digest }
    case 'checkpoint': {
      const { sequence, historyDigest, stateRoot } = message.statement
      return { slot: checkpointSlot(sequence), statement: `${historyDigest}${stateRoot}` }
    }
    case 'view-change':
    case 'new-view':
      return { slot: viewSlot(message.type, message.view), statement: envelopeHash }
    case 'status':
      return null
  }
}
