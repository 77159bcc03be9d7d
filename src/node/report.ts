import type { Genesis } from '../membership/genesis.ts'
import type { Network } from '../network/types.ts'
import { faultyMax, quorum } from '../pbft/quorum.ts'
import { type ReplicaId, replicaId } from '../pbft/types.ts'
import type { Clock } from '../runtime/ports.ts'
import type { ReplicaRuntime } from '../runtime/replica-runtime.ts'
import type { MemberStatus, NodeStatus, Stall } from './api.ts'
import type { NodeKeys } from './node-keys.ts'

/** Where the node stands, and who is missing when it does not move: what an operator asks first. */
export interface ReportOptions {
  readonly genesis: Genesis
  readonly networkId: string
  readonly name: string
  readonly self: ReplicaId | null
  readonly members: readonly { readonly name: string; readonly publicKey: string }[]
  readonly statusMs: number
  readonly viewChangeMs: number
}

export interface ReportComponents {
  readonly runtime: Pick<
    ReplicaRuntime,
    | 'heard'
    | 'isTransferring'
    | 'owedBatches'
    | 'pendingBatches'
    | 'pendingTransactions'
    | 'replica'
    | 'stable'
    | 'state'
  >
  readonly network: Pick<
    Network,
    'connectedMembers' | 'listenAddresses' | 'memberPeerIds' | 'peerId' | 'peers'
  >
  readonly clock: Clock
  readonly keys: Pick<NodeKeys, 'summary'>
}

/** Silence after which a member counts as missing, in multiples of the time between two statuses. */
const SILENT_STATUSES = 4

export class Report {
  readonly #options: ReportOptions
  readonly #components: ReportComponents
  #stall: Stall | null = null
  #workSince: { readonly sequence: number; readonly atMs: number } | null = null

  constructor(options: ReportOptions, components: ReportComponents) {
    this.#options = options
    this.#components = components
  }

  members(): readonly MemberStatus[] {
    const { runtime, network } = this.#components
    const connected = new Set(network.connectedMembers())
    return this.#options.members.map(({ name, publicKey }, index) => {
      const self = index === this.#options.self
      const heard = runtime.heard(replicaId(index))
      return {
        index,
        name,
        publicKey,
        peerId: network.memberPeerIds[index] ?? '',
        self,
        connected: self || connected.has(replicaId(index)),
        lastHeardMs: self ? this.#components.clock.nowMs() : (heard?.atMs ?? null),
        executedSequence: self ? runtime.state.sequence : (heard?.status?.executedSequence ?? null),
        view: self ? runtime.replica().view : (heard?.status?.view ?? null),
      }
    })
  }

  status(state: NodeStatus['state']): NodeStatus {
    const { genesis, networkId, name, self, members } = this.#options
    const { runtime, network } = this.#components
    const replica = runtime.replica()
    const n = members.length
    return {
      networkId,
      networkName: genesis.name,
      role: self === null ? 'observer' : 'member',
      index: self,
      name,
      peerId: network.peerId,
      state: state === 'ready' && replica.recovering ? 'recovering' : state,
      epoch: 0,
      n,
      faultyMax: faultyMax(n),
      quorum: quorum(n),
      view: replica.view,
      viewActive: replica.viewActive,
      primary: replica.view % n,
      sequence: runtime.state.sequence,
      stableSequence: replica.lowWatermark,
      certifiedSequence: runtime.stable?.statement.sequence ?? 0,
      logTimeMs: runtime.state.logTimeMs,
      pendingTransactions: runtime.pendingTransactions,
      pendingBatches: runtime.pendingBatches,
      executedTransactions: runtime.state.executedTransactions,
      stall: this.stall(),
      sharedKey: this.#components.keys.summary(),
      listenAddresses: network.listenAddresses(),
      connections: network.peers().length,
      application: genesis.application.module,
    }
  }

  /** Why nothing commits, or would; null when nothing stands in the way. */
  stall(): Stall | null {
    const found = this.#findStall()
    const same = found !== null && found.code === this.#stall?.code
    const sinceMs = same ? (this.#stall?.sinceMs ?? 0) : this.#components.clock.nowMs()
    this.#stall = found === null ? null : { ...found, sinceMs }
    return this.#stall
  }

  #findStall(): Omit<Stall, 'sinceMs'> | null {
    const { runtime } = this.#components
    const replica = runtime.replica()
    const missing = this.#missing()
    const n = this.#options.members.length
    const present = n - missing.length
    if (present < quorum(n)) {
      const who = this.#names(missing)
      const message = `${present} of ${n} members are heard and ${quorum(n)} are needed; missing: ${who}`
      return { code: 'QUORUM_LOST', message, missing }
    }
    if (replica.recovering) {
      const message = 'this member lost its memory and does not vote before it has caught up with the others'
      return { code: 'RECOVERING', message, missing }
    }
    if (replica.catchUpTarget > runtime.state.sequence && runtime.isTransferring) {
      const message = `catching up: executed ${runtime.state.sequence}, the others ${replica.catchUpTarget}`
      return { code: 'CATCHING_UP', message, missing }
    }
    if (!replica.viewActive) {
      const message = `the members are moving to view ${replica.view}, whose primary is ${this.#names([replica.view % n])}`
      return { code: 'VIEW_CHANGE', message, missing }
    }
    return this.#isWorkStuck() ? this.#primarySilent(replica.view % n, missing) : null
  }

  #primarySilent(primary: number, missing: readonly number[]): Omit<Stall, 'sinceMs'> {
    const message = `work waits and nothing is executed; the primary is ${this.#names([primary])}`
    return { code: 'PRIMARY_SILENT', message, missing }
  }

  /** Has work been waiting at one sequence for longer than the primary may take? */
  #isWorkStuck(): boolean {
    const { runtime, clock } = this.#components
    const { sequence } = runtime.state
    if (runtime.owedBatches === 0) this.#workSince = null
    else if (this.#workSince?.sequence !== sequence) this.#workSince = { sequence, atMs: clock.nowMs() }
    return this.#workSince !== null && clock.nowMs() - this.#workSince.atMs > this.#options.viewChangeMs
  }

  #missing(): readonly number[] {
    const silentMs = SILENT_STATUSES * this.#options.statusMs
    const nowMs = this.#components.clock.nowMs()
    return this.members()
      .filter(({ self, lastHeardMs }) => !self && (lastHeardMs === null || nowMs - lastHeardMs > silentMs))
      .map(({ index }) => index)
  }

  #names(indices: readonly number[]): string {
    return indices.map(index => `${this.#options.members[index]?.name ?? '?'} (${index})`).join(', ')
  }
}
