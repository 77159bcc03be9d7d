import type { Prng } from '../../lib/prng.ts'
import { type ReplicaId, replicaId } from '../../pbft/types.ts'
import type { Answer, RequestProtocol, Topic } from '../../runtime/ports.ts'
import { EnvelopeBody, SignedEnvelope } from '../../wire/pb/messages.ts'
import type { Auditor } from '../auditor.ts'
import type { LatencyOptions } from '../latency.ts'
import type { Member } from '../member.ts'
import type { SimNetwork } from '../network.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Letter, Witness } from '../witness.ts'
import { GREETING_MS, LEAVING_MS, VIEW_MS } from './pace.ts'
import { machineIds, type TwinsScenario } from './scenario.ts'

/**
 * Links between machines, of which two may be one member. A message goes to everybody in its sender's set, and to nobody else, in the
 * partition of the view in which the sender is when it sends; beyond the last partition the network is whole.
 *
 * In PBFT a view with a good primary never ends, and whoever asks for the next one with too few others waits for ever. So time goes
 * by views, too: when that of a view is over, nobody hears the votes of a machine that is still active in it until it left, and whoever
 * is in an earlier view than is due sends in the partition of the view that is due. So every partition of a scenario governs.
 * Two machines with one key have one name as peers.
 */
export interface TwinLinksComponents {
  readonly scheduler: Scheduler
  readonly prng: Prng
  readonly auditor: Auditor
  readonly latency: LatencyOptions
  /** By address. */
  machines(): readonly Member[]
  /** Is told of letters from address to address. */
  readonly witness?: Witness | undefined
}

const LAST_ADDRESS_FACTOR = 64

export class TwinLinks {
  readonly #scenario: TwinsScenario
  readonly #components: TwinLinksComponents
  readonly #ids: readonly ReplicaId[]
  /** Addresses that nobody hears while they stay in the view in which they were. */
  readonly #overdue = new Map<number, number>()
  readonly #primariesMet = new Set<number>()
  /** The envelope that was looked into last: it goes to several members. */
  #opened: { readonly bytes: Uint8Array; readonly votes: Votes } | null = null
  #messages = 0

  constructor(scenario: TwinsScenario, components: TwinLinksComponents) {
    this.#scenario = scenario
    this.#components = components
    this.#ids = machineIds(scenario)
  }

  get messages(): number {
    return this.#messages
  }

  /** Views in which a machine of their primary spoke, active, in their own partition. */
  get primariesMet(): ReadonlySet<number> {
    return this.#primariesMet
  }

  /** The links that end in one machine. */
  of(address: number): Pick<SimNetwork, 'send' | 'request' | 'connectedTo'> {
    return {
      send: (_from, to, topic, bytes) => this.#send(address, to, topic, bytes),
      request: (_from, to, protocol, bytes, options, done) =>
        this.#request(address, to, protocol, bytes, options.timeoutMs, done),
      connectedTo: () => {
        const reached = this.#ids.filter((_, other) => this.#isConnected(address, other))
        return [...new Set(reached)].filter(id => id !== this.#ids[address])
      },
    }
  }

  /** The time of the view before is over. */
  hurry(): void {
    for (const [address, machine] of this.#components.machines().entries()) {
      const replica = machine.runtime?.replica()
      if (replica?.viewActive === true && replica.view < this.#dueView())
        this.#overdue.set(address, replica.view)
    }
  }

  #send(from: number, to: ReplicaId, topic: Topic, bytes: Uint8Array): void {
    const machines = this.#components.machines()
    if (topic === 'consensus' && (this.#isOverdue(from) || this.#isLost(from, to, bytes))) return
    this.#note(from, topic)
    const name = `member ${this.#ids[from]}`
    for (let other = 0; other < this.#ids.length; other++) {
      if (this.#ids[other] !== to || other === from || !this.#reaches(from, other)) continue
      this.#messages += 1
      this.#travel(from, other, { kind: topic, bytes }, () => {
        const machine = machines[other]
        if (machine?.runtime != null) machine.handlers.onGossip(topic, bytes, name, () => {})
      })
    }
  }

  /** Of two machines with the id, whichever is nearer today. */
  #request(
    from: number,
    to: ReplicaId,
    protocol: RequestProtocol,
    bytes: Uint8Array,
    timeoutMs: number,
    done: (answer: Answer) => void,
  ): void {
    const { scheduler, prng } = this.#components
    let isOpen = true
    const finish = (answer: Answer): void => {
      if (!isOpen) return
      isOpen = false
      cancel()
      done(answer)
    }
    const cancel = scheduler.after(timeoutMs, () => finish({ ok: false, failure: 'timed-out' }))
    const reached = this.#ids.flatMap((id, other) =>
      id === to && this.#isConnected(from, other) ? [other] : [],
    )
    if (reached.length === 0) return
    const other = prng.pick(reached)
    this.#travel(from, other, { kind: { request: protocol }, bytes }, () => {
      const machine = this.#components.machines()[other]
      if (machine?.runtime == null) return
      machine.handlers.onRequest(protocol, bytes, `member ${this.#ids[from]}`, answer => {
        if (!this.#reaches(other, from)) return
        this.#travel(other, from, { kind: { answer: protocol }, bytes: answer }, () =>
          finish(answer === null ? { ok: false, failure: 'refused' } : { ok: true, bytes: answer }),
        )
      })
    })
  }

  #travel(from: number, to: number, what: Pick<Letter, 'kind' | 'bytes'>, arrive: () => void): void {
    const { scheduler, prng, auditor, latency, witness } = this.#components
    const delayMs = latency.minMs + prng.next() * (latency.maxMs - latency.minMs)
    witness?.onLetter?.({ from: replicaId(from), to: replicaId(to), ...what, delayMs })
    scheduler.after(delayMs, () => {
      auditor.number(scheduler.nowMs)
      auditor.number(from * LAST_ADDRESS_FACTOR + to)
      arrive()
    })
  }

  /** The view whose time it is; below 0 before the first. */
  #dueView(): number {
    return Math.floor((this.#components.scheduler.nowMs - GREETING_MS) / VIEW_MS)
  }

  /** Can one ask the other? Whoever is down has no connections. */
  #isConnected(from: number, to: number): boolean {
    const isUp = this.#components.machines()[to]?.runtime != null
    return from !== to && isUp && this.#reaches(from, to)
  }

  #reaches(from: number, to: number): boolean {
    const due = this.#dueView()
    const replica = this.#components.machines()[from]?.runtime?.replica()
    if (due < 0 || replica === undefined) return due < 0
    const { partitions } = this.#scenario
    const partition = partitions[Math.max(due, replica.view)]
    if (partition === undefined) return true
    return partition[from] === partition[to]
  }

  #isOverdue(from: number): boolean {
    const overdue = this.#overdue.get(from)
    const replica = this.#components.machines()[from]?.runtime?.replica()
    if (overdue === undefined || overdue !== replica?.view || !replica.viewActive) return false
    if (this.#dueView() >= this.#scenario.partitions.length) return false
    return (this.#components.scheduler.nowMs - GREETING_MS) % VIEW_MS < LEAVING_MS
  }

  /** Is it what the view that governs it is to lose? */
  #isLost(from: number, to: ReplicaId, bytes: Uint8Array): boolean {
    const view = Math.max(this.#dueView(), this.#components.machines()[from]?.runtime?.replica().view ?? 0)
    const loss = this.#scenario.losses[view] ?? 'nothing'
    if (loss === 'nothing' || (loss === 'prepares' && to === view % this.#scenario.n)) return false
    if (this.#opened?.bytes !== bytes) this.#opened = { bytes, votes: votesIn(bytes) }
    const { votes } = this.#opened
    return loss === 'checkpoints' ? votes.hasCheckpoint : votes[loss].has(view)
  }

  #note(from: number, topic: Topic): void {
    const replica = this.#components.machines()[from]?.runtime?.replica()
    if (topic !== 'consensus' || replica?.isPrimary !== true || !replica.viewActive) return
    const due = this.#dueView()
    if (due >= 0 && due <= replica.view && replica.view < this.#scenario.partitions.length)
      this.#primariesMet.add(replica.view)
  }
}

/** What an envelope says, and what it sends again: the views of its votes. */
interface Votes {
  readonly commits: Set<number>
  readonly prepares: Set<number>
  hasCheckpoint: boolean
}

function votesIn(
  bytes: Uint8Array,
  votes: Votes = { commits: new Set(), prepares: new Set(), hasCheckpoint: false },
): Votes {
  const { body, attachments } = SignedEnvelope.decode(bytes)
  for (const { commit, prepare, checkpoint } of EnvelopeBody.decode(body).messages) {
    if (commit !== undefined) votes.commits.add(commit.view)
    if (prepare !== undefined) votes.prepares.add(prepare.view)
    if (checkpoint !== undefined) votes.hasCheckpoint = true
  }
  for (const attachment of attachments) votesIn(attachment, votes)
  return votes
}
