import type { Digest, ReplicaId, Verified } from '../../../pbft/types.ts'
import { GREETING_MS, LEAVING_MS, VIEW_MS } from '../pace.ts'
import { machineIds, type TwinsScenario } from '../scenario.ts'
import type { CoreMachine } from './machine.ts'
import type { Said } from './mint.ts'

/**
 * Links between cores. A letter is heard in its sender's set, in the partition of the view that governs (see `TwinLinks`, whose rules these
 * are), and takes no time; it is lost only as the scenario says. Letters that are on their way arrive in the order of a mail.
 */
export type Letter = { readonly from: number; readonly to: number } & (
  | { readonly messages: readonly Verified[] }
  | { readonly batch: Digest }
)

/** Letters on their way. */
export interface Mail {
  put(letter: Letter): void
  /** @returns the one that arrives next */
  take(): Letter | undefined
}

export interface CoreLinksComponents {
  readonly mail: Mail
  nowMs(): number
  /** By address. */
  machines(): readonly CoreMachine[]
}

export class CoreLinks {
  readonly #scenario: TwinsScenario
  readonly #components: CoreLinksComponents
  readonly #ids: readonly ReplicaId[]
  /** Addresses that nobody hears while they stay in the view in which they were. */
  readonly #overdue = new Map<number, number>()
  readonly #primariesMet = new Set<number>()

  constructor(scenario: TwinsScenario, components: CoreLinksComponents) {
    this.#scenario = scenario
    this.#components = components
    this.#ids = machineIds(scenario)
  }

  /** Views in which a machine of their primary spoke, active, in their own partition. */
  get primariesMet(): readonly number[] {
    return [...this.#primariesMet].sort((a, b) => a - b)
  }

  /** The time of the view before is over. */
  hurry(): void {
    for (const [address, { viewActive, view }] of this.#components.machines().entries())
      if (viewActive && view < this.#dueView()) this.#overdue.set(address, view)
  }

  /**
   * To all but the member's own machines: none takes a word of its own for another's.
   * @returns who will hear something of it
   */
  publish(from: number, letter: readonly Said[]): readonly number[] {
    if (this.#isOverdue(from)) return []
    this.#note(from)
    const messages = letter.flatMap(({ attached, message }) => [...attached, message])
    const isLossy = (this.#scenario.losses[this.#governing(from)] ?? 'nothing') !== 'nothing'
    const receivers: number[] = []
    for (const [to, id] of this.#ids.entries()) {
      if (id === this.#ids[from] || !this.#reaches(from, to)) continue
      const heard = isLossy ? messages.filter(message => !this.#isLost(from, id, message)) : messages
      if (heard.length === 0) continue
      receivers.push(to)
      this.#components.mail.put({ from, to, messages: heard })
    }
    return receivers
  }

  spread(from: number, batch: Digest): void {
    for (const to of this.#ids.keys())
      if (to !== from && this.#reaches(from, to)) this.#components.mail.put({ from, to, batch })
  }

  /** Addresses that this one can ask, and that can answer. */
  nearTo(address: number): readonly number[] {
    return [...this.#ids.keys()].filter(
      other =>
        other !== address &&
        this.#components.machines()[other]?.isUp === true &&
        this.#reaches(address, other) &&
        this.#reaches(other, address),
    )
  }

  /** The view whose time it is; below 0 before the first. */
  #dueView(): number {
    return Math.floor((this.#components.nowMs() - GREETING_MS) / VIEW_MS)
  }

  #governing(from: number): number {
    return Math.max(this.#dueView(), this.#components.machines()[from]?.view ?? 0)
  }

  #reaches(from: number, to: number): boolean {
    if (this.#dueView() < 0) return true
    const partition = this.#scenario.partitions[this.#governing(from)]
    return partition === undefined || partition[from] === partition[to]
  }

  #isOverdue(from: number): boolean {
    const machine = this.#components.machines()[from]
    const overdue = this.#overdue.get(from)
    if (overdue === undefined || overdue !== machine?.view || !machine.viewActive) return false
    if (this.#dueView() >= this.#scenario.partitions.length) return false
    return (this.#components.nowMs() - GREETING_MS) % VIEW_MS < LEAVING_MS
  }

  /** Is it what the view that governs it is to lose? */
  #isLost(from: number, to: ReplicaId, { message }: Verified): boolean {
    const view = this.#governing(from)
    const loss = this.#scenario.losses[view]
    if (loss === 'checkpoints') return message.type === 'checkpoint'
    if (loss === 'commits') return message.type === 'commit' && message.view === view
    return message.type === 'prepare' && message.view === view && to !== view % this.#scenario.n
  }

  #note(from: number): void {
    const machine = this.#components.machines()[from]
    if (machine?.viewActive !== true || !machine.isPrimary) return
    const { view } = machine
    const due = this.#dueView()
    if (due >= 0 && due <= view && view < this.#scenario.partitions.length) this.#primariesMet.add(view)
  }
}
