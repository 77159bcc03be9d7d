import type { KeyEvent } from '../membership/key-state.ts'
import type { ReplicaId } from '../pbft/types.ts'

/** Counts what the log says of the network's keys: of each sequence, what the first member says that executed it. */
export class KeyEvents {
  readonly #counts = new Map<string, number>()
  #sequence = 0
  #teller: ReplicaId | null = null

  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts)
  }

  add(member: ReplicaId, event: KeyEvent): void {
    if (event.sequence > this.#sequence) {
      this.#sequence = event.sequence
      this.#teller = member
    }
    if (event.sequence !== this.#sequence || member !== this.#teller) return
    const name = nameOf(event)
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
  }
}

function nameOf(event: KeyEvent): string {
  switch (event.type) {
    case 'ceremony-started':
    case 'activated':
      return `${event.type}: ${event.kind}`
    case 'fault':
      return `fault: ${event.code}`
    case 'failed':
      return `failed: ${event.reason}`
    case 'asked':
      return `asked: ${event.request}`
    case 'phase':
      return `phase: ${event.phase}`
    default:
      return event.type
  }
}
