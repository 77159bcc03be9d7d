import type { Application, Refusal, Transaction, TransactionId } from '../application/contract.ts'
import { toHex } from '../lib/bytes.ts'
import { GENESIS_HISTORY } from '../membership/history.ts'
import type { Network } from '../network/types.ts'
import { sequence } from '../pbft/types.ts'
import { diskNames } from '../runtime/disk-names.ts'
import { placeOf } from '../runtime/execution.ts'
import type { ReplicaRuntime } from '../runtime/replica-runtime.ts'
import { decodeSegment } from '../runtime/segments.ts'
import type { LevelStore } from '../storage/level-store.ts'
import { StoredSequence } from '../wire/pb/messages.ts'
import { decodeOr, isRejection } from '../wire/rejection.ts'
import type { ThresholdCertificate } from '../wire/statement.ts'
import type {
  KeyRequest,
  KeyRequestOutcome,
  KeysInfo,
  MemberStatus,
  NodeEvent,
  NodeStatus,
  PeerInfo,
  QuorateNode,
  SequenceInfo,
  StateAnswer,
  SubmitOutcome,
  TransactionStatus,
} from './api.ts'
import type { EventStream } from './event-stream.ts'
import { askOfKey } from './key-requests.ts'
import type { NodeMetrics } from './metrics.ts'
import type { NodeKeys } from './node-keys.ts'
import type { ThresholdParts } from './open-threshold.ts'
import type { NodeProofs } from './proofs.ts'
import type { RecordingFile } from './recording-file.ts'
import type { Report } from './report.ts'
import type { Waiters } from './waiters.ts'

/** The parts of a node, as its interfaces see them. Made by `createNode`, which starts them in order. */
export interface NodeParts {
  readonly application: Application
  readonly store: LevelStore
  readonly network: Network
  readonly runtime: ReplicaRuntime
  readonly waiters: Waiters
  readonly events: EventStream
  readonly report: Report
  readonly proofs: NodeProofs
  readonly metrics: NodeMetrics
  /** Null: nothing is recorded. */
  readonly recording: RecordingFile | null
  /** Null: the network has no shared key. */
  readonly threshold: ThresholdParts | null
  readonly nodeKeys: NodeKeys
}

export class RunningNode implements QuorateNode {
  readonly failed: Promise<never>
  readonly #parts: NodeParts
  readonly #phase: Phase
  #stopping: Promise<void> | null = null

  constructor(parts: NodeParts, phase: Phase) {
    this.#parts = parts
    this.#phase = phase
    this.failed = phase.failed
  }

  submit(transactions: readonly Transaction[]): Promise<readonly SubmitOutcome[]> {
    return new Promise(resolve => this.#parts.runtime.submit(transactions, resolve))
  }

  transaction(id: TransactionId): TransactionStatus {
    const { waiters, runtime } = this.#parts
    const final = waiters.final(id) ?? this.#inHistory(id)
    return final ?? { state: runtime.isAccepted(id) ? 'accepted' : 'unknown', id }
  }

  settled(id: TransactionId, signal: AbortSignal): Promise<TransactionStatus> {
    const history = this.#parts.waiters.final(id) ?? this.#inHistory(id)
    return history === null ? this.#parts.waiters.wait(id, signal) : Promise.resolve(history)
  }

  query(key: string): StateAnswer | Refusal {
    const { application, runtime } = this.#parts
    const answer = application.query(key)
    if ('code' in answer) return answer
    const executed = runtime.state.sequence
    const certificate = runtime.stable?.statement.sequence === executed ? runtime.stable : null
    return { key, answer, applicationRoot: toHex(application.stateRoot()), sequence: executed, certificate }
  }

  status(): NodeStatus {
    return this.#parts.report.status(this.#phase.current)
  }

  get proofs(): NodeProofs {
    return this.#parts.proofs
  }

  members(): readonly MemberStatus[] {
    return this.#parts.report.members()
  }

  peers(): readonly PeerInfo[] {
    return this.#parts.network.peers()
  }

  sequence(n: number): Promise<SequenceInfo | null> {
    return Promise.resolve(this.#parts.events.info(n))
  }

  keys(): KeysInfo | null {
    return this.#parts.nodeKeys.info()
  }

  certificate(sequence: number | null): ThresholdCertificate | null {
    return this.#parts.nodeKeys.certificate(sequence)
  }

  askOfKey(request: KeyRequest, signal: AbortSignal): Promise<KeyRequestOutcome> {
    return askOfKey(request, { runtime: this.#parts.runtime, settled: id => this.settled(id, signal) })
  }

  subscribe(
    afterId: number | null,
    listener: (event: NodeEvent) => boolean,
  ): { close(): void; resume(): void } {
    return this.#parts.events.subscribe(afterId, listener)
  }

  metrics(): Promise<string> {
    return this.#parts.metrics.registry.metrics()
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    if (this.#phase.current !== 'failed') this.#phase.current = 'stopping'
    const { runtime, network, store, recording, threshold } = this.#parts
    runtime.stop()
    await network.stop()
    await threshold?.close()
    await store.close()
    await recording?.close()
  }

  /** Executed so long ago that the window forgot it, and still in history on disk. */
  #inHistory(id: TransactionId): TransactionStatus | null {
    const { store } = this.#parts
    const place = placeOf(store, id)
    const bytes = place === undefined ? undefined : store.get(diskNames.executed(place))
    if (bytes === undefined) return null
    const stored = decodeOr('executed-malformed', () => StoredSequence.decode(bytes))
    const segment = isRejection(stored) ? null : decodeSegment(stored.segment, GENESIS_HISTORY)
    const receipt = segment?.receipts.find(one => one.id === id)
    if (segment === null || receipt === undefined) return null
    const { position, code, data } = receipt
    const at = { sequence: sequence(segment.sequence), position, logTimeMs: segment.logTimeMs }
    return { state: 'committed', id, ...at, result: { code, data } }
  }
}

/** Where the node is in its life, and the promise that rejects when it ends by itself. */
export class Phase {
  current: NodeStatus['state'] = 'starting'
  readonly failed: Promise<never>
  #reject: (error: Error) => void = () => {}

  constructor() {
    this.failed = new Promise<never>((_, reject) => {
      this.#reject = reject
    })
    // Whoever is interested attaches a handler; that nobody is, is no fault.
    this.failed.catch(() => {})
  }

  fail(error: Error): void {
    this.current = 'failed'
    this.#reject(error)
  }
}
