import type { ReplicaConfig } from '../../src/pbft/config.ts'
import type { Draft, Effect } from '../../src/pbft/effect.ts'
import type { Event, RecoveredRecords, Timer, TimerKind } from '../../src/pbft/event.ts'
import { Replica } from '../../src/pbft/replica.ts'
import {
  type Certificate,
  type CommittedEntry,
  type Digest,
  digest,
  type Message,
  type PrePrepare,
  type PreparedCertificate,
  type Proof,
  replicaId,
  type Statement,
  sequence,
  type Verified,
} from '../../src/pbft/types.ts'
import { describeEffect, describeEvent, describeMessage } from './describe.ts'
import { freshRecords, LOG_TIME_MS, QUESTION, signed, testConfig, withDigest } from './messages.ts'

/**
 * Cores wired in memory: what one sends reaches all others in order, unless the script says otherwise. Each member has what the
 * runtime would keep for it: a disk of records, an executed history, running timers that go off only when the script says so.
 */
interface Disk {
  view: { view: RecoveredRecords['view']; active: boolean; newView: RecoveredRecords['newView'] }
  stable: Certificate | null
  accepted: Map<number, Verified<PrePrepare>>
  prepared: Map<number, PreparedCertificate>
  own: Verified<Message>[]
  statements: Map<number, Statement>
}

export interface Member {
  readonly id: number
  replica: Replica
  up: boolean
  disk: Disk
  history: CommittedEntry[]
  readonly timers: Map<TimerKind, { readonly timer: Timer; readonly afterMs: number }>
  readonly wanted: Set<Digest>
  fetching: { readonly executed: number; readonly target: number } | null
  readonly suspects: { readonly replica: number; readonly evidence: readonly [Proof, Proof] }[]
}

interface Sent {
  readonly message: Verified
  readonly to: readonly number[]
}

/** Is this message lost on its way to that member? Never to its own sender. */
export type Loss = (message: Verified, to: number) => boolean

const STEPS_MAX = 20_000

export class Cluster {
  readonly members: readonly Member[]
  /** Everything that happened, for traces. */
  readonly lines: string[] = []
  lose: Loss = () => false
  readonly #config: Partial<ReplicaConfig>
  readonly #n: number
  readonly #sent: Sent[] = []
  readonly #known = new Map<Digest, Verified>()

  constructor(n: number, config: Partial<ReplicaConfig> = {}) {
    this.#n = n
    this.#config = config
    this.members = Array.from({ length: n }, (_, id) => this.#createMember(id))
    for (const member of this.members) this.#step(member, { type: 'recovered', records: freshRecords() })
    this.run()
    this.lines.length = 0
  }

  member(id: number): Member {
    const member = this.members[id]
    if (member === undefined) throw new RangeError(`no member ${id}`)
    return member
  }

  #createMember(id: number): Member {
    return {
      id,
      replica: this.#createReplica(id),
      up: true,
      disk: emptyDisk(),
      history: [],
      timers: new Map(),
      wanted: new Set(),
      fetching: null,
      suspects: [],
    }
  }

  #createReplica(id: number): Replica {
    return new Replica(testConfig({ ...this.#config, n: this.#n, self: replicaId(id) }))
  }

  /** Something happens to one member, and what it says waits to be delivered. */
  event(id: number, event: Event): void {
    this.lines.push(`* m${id} ${describeEvent(event)}`)
    this.#step(this.member(id), event)
  }

  /** These members (all, when none is named) hold a batch. */
  hold(name: string, ids: readonly number[] = this.members.map(({ id }) => id)): void {
    for (const id of ids) {
      if (this.member(id).up) this.event(id, { type: 'batch-available', digest: digest(name) })
    }
  }

  /** @throws when no such timer runs */
  expire(id: number, kind: TimerKind): void {
    const member = this.member(id)
    const running = member.timers.get(kind)
    if (running === undefined) throw new Error(`no timer ${kind} runs at m${id}`)
    member.timers.delete(kind)
    this.event(id, { type: 'timer-expired', timer: running.timer })
  }

  /** Delivers until nothing is on its way. */
  run(): void {
    for (let steps = 0; this.#sent.length > 0; steps++) {
      if (steps > STEPS_MAX) throw new Error('the conversation does not end')
      this.#deliver(this.#sent.shift() as Sent)
    }
  }

  #deliver({ message, to }: Sent): void {
    const receivers = to.filter(
      id => this.member(id).up && (id === message.sender || !this.lose(message, id)),
    )
    const names = receivers.length === this.#n ? 'all' : receivers.map(id => `m${id}`).join(' ') || 'nobody'
    this.lines.push(`m${message.sender} -> ${names} ${describeMessage(message.message)}`)
    for (const id of receivers) this.#step(this.member(id), { type: 'message', message })
  }

  crash(id: number): void {
    this.lines.push(`* m${id} crashes`)
    const member = this.member(id)
    member.up = false
    member.timers.clear()
    for (const [i, { message }] of [...this.#sent.entries()].reverse())
      if (message.sender === id) this.#sent.splice(i, 1)
  }

  /** @param memory false: it starts with an empty disk */
  restart(id: number, memory = true): void {
    const member = this.member(id)
    member.up = true
    member.replica = this.#createReplica(id)
    member.fetching = null
    if (!memory) {
      member.disk = emptyDisk()
      member.history = []
    }
    this.event(id, { type: 'recovered', records: recordsOf(member, !memory) })
  }

  /** Gives what a member fetches from the log of another. */
  serve(id: number, from: number): void {
    const member = this.member(id)
    const target = member.fetching?.target ?? 0
    member.fetching = null
    for (const entry of this.member(from).history.slice(member.history.length, target)) {
      this.event(id, { type: 'entry-fetched', entry })
    }
  }

  #step(member: Member, event: Event): void {
    const queue: Event[] = [event]
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      for (const effect of member.replica.step(next)) {
        const line = describeEffect(effect)
        if (line !== null) this.lines.push(`    m${member.id} ${line}`)
        this.#perform(member, effect, queue)
      }
    }
  }

  #perform(member: Member, effect: Effect, queue: Event[]): void {
    switch (effect.type) {
      case 'persist':
        return persist(member.disk, effect.record)
      case 'send':
        return this.#send(member, effect.draft)
      case 'relay':
        for (const proof of effect.proofs) {
          const message = this.#known.get(proof.hash)
          if (message !== undefined) this.#sent.push({ message, to: this.#others(member.id) })
        }
        return
      case 'execute':
        return void queue.push(execute(member, effect.entry, effect.checkpoint))
      case 'fetch-batch':
        return void member.wanted.add(effect.digest)
      case 'fetch-state':
        member.fetching = effect
        return
      case 'set-timer':
        return void member.timers.set(effect.timer.kind, effect)
      case 'cancel-timer':
        return void member.timers.delete(effect.kind)
      case 'truncate-log':
        return truncate(member.disk, effect.certificate)
      case 'suspect':
        return void member.suspects.push(effect)
      case 'view-entered':
        return
    }
  }

  /** Signed, written and given back to its sender like to anybody else. */
  #send(member: Member, draft: Draft): void {
    const message = signed(member.id, messageOf(draft))
    this.#known.set(message.proof.hash, message)
    member.disk.own.push(message)
    this.#sent.push({ message, to: [member.id, ...this.#others(member.id)] })
  }

  #others(id: number): readonly number[] {
    return this.members.map(member => member.id).filter(other => other !== id)
  }
}

export function messageOf(draft: Draft): Message {
  switch (draft.type) {
    case 'pre-prepare': {
      const { view, sequence: n, batchDigests, certify } = draft
      const content = { sequence: n, batchDigests, certify, logTimeMs: LOG_TIME_MS }
      return { type: 'pre-prepare', view, proposal: withDigest(content), timely: true }
    }
    case 'checkpoint':
      return { ...draft, signature: new Uint8Array(64) }
    case 'new-view':
      return { ...draft, proposals: draft.proposals.map(withDigest) }
    default:
      return draft
  }
}

function execute(member: Member, entry: CommittedEntry, withStatement: boolean): Event {
  const { sequence: n } = entry.proposal
  member.history.push(entry)
  const said = withStatement ? statementOf(member.history) : null
  if (said !== null) member.disk.statements.set(n, said)
  return { type: 'executed', sequence: n, statement: said }
}

/** What a member executed, as a chain of digests in order. */
export function historyOf(member: Member): string {
  return member.history.map(({ proposal }) => proposal.digest).join(' ')
}

function statementOf(history: readonly CommittedEntry[]): Statement {
  const executed = history.map(({ proposal }) => proposal.digest).join(' ')
  return {
    epoch: 0,
    sequence: sequence(history.length),
    historyDigest: digest(executed),
    stateRoot: digest(`state after ${executed}`),
    membersHash: digest('members'),
    logTimeMs: LOG_TIME_MS,
  }
}

function emptyDisk(): Disk {
  return {
    view: { view: freshRecords().view, active: true, newView: null },
    stable: null,
    accepted: new Map(),
    prepared: new Map(),
    own: [],
    statements: new Map(),
  }
}

function persist(disk: Disk, record: Extract<Effect, { readonly type: 'persist' }>['record']): void {
  if (record.type === 'accepted')
    disk.accepted.set(record.prePrepare.message.proposal.sequence, record.prePrepare)
  if (record.type === 'prepared') disk.prepared.set(record.certificate.proposal.sequence, record.certificate)
  if (record.type === 'view') disk.view = record
}

function truncate(disk: Disk, stable: Certificate): void {
  disk.stable = stable
  const low = stable.statement.sequence
  for (const map of [disk.accepted, disk.prepared, disk.statements])
    for (const n of map.keys()) if (n <= low) map.delete(n)
}

function recordsOf({ disk, history }: Member, amnesia: boolean): RecoveredRecords {
  return {
    amnesia,
    question: QUESTION,
    view: disk.view.view,
    viewActive: disk.view.active,
    newView: disk.view.newView,
    stable: disk.stable,
    executed: sequence(history.length),
    statements: [...disk.statements.values()],
    accepted: [...disk.accepted.values()],
    prepared: [...disk.prepared.values()],
    own: disk.own,
  }
}
