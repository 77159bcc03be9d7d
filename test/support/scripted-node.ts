/**
 * A node of one process and no network, for tests of what stands above `QuorateNode`. It keeps the promises of that
 * interface (ids, at most once, stored replies, history with gaps, back-pressure of subscribers) and executes `key=value`;
 * an empty operation is refused. A test can stall it and let it go on.
 */
import type { Refusal, Result, Transaction, TransactionId } from '../../src/application/contract.ts'
import { fromUtf8, toHex, utf8 } from '../../src/lib/bytes.ts'
import type {
  KeyEventInfo,
  KeyRequest,
  KeyRequestOutcome,
  KeysInfo,
  NodeEvent,
  NodeStatus,
  QuorateNode,
  SequenceInfo,
  Stall,
  TransactionStatus,
} from '../../src/node/api.ts'
import type { NodeProofs } from '../../src/node/proofs.ts'
import { digest, replicaId, sequence } from '../../src/pbft/types.ts'
import type { ThresholdCertificate } from '../../src/wire/statement.ts'
import { transactionId } from '../../src/wire/transaction.ts'

export const NETWORK_ID = new Uint8Array(32).fill(7)
const ROOT = 'ab'.repeat(32)
const CREATED_MS = 1_700_000_000_000

interface Subscriber {
  nextId: number
  open: boolean
  readonly listener: (event: NodeEvent) => boolean
}

export class ScriptedNode implements QuorateNode {
  readonly failed = new Promise<never>(() => {})
  sharedKey: NodeStatus['sharedKey'] = null
  stall: Stall | null = null
  state: NodeStatus['state'] = 'ready'
  /** Sequences that stay in history. */
  historyMax = 1_000_000
  /** What `submit` answers next, instead of taking the transactions. */
  refuseWith: Refusal | null = null
  failWith: Error | null = null
  submittedMax = 0
  keysInfo: KeysInfo | null = null
  /** What sequences changed about the keys: told before each of them, also to who comes later. */
  keyEvents: readonly KeyEventInfo[] = []
  certificates: readonly ThresholdCertificate[] = []
  keyOutcome: KeyRequestOutcome = { state: 'pending' }
  readonly asked: KeyRequest[] = []
  readonly #values = new Map<string, Uint8Array>()
  readonly #statuses = new Map<TransactionId, TransactionStatus>()
  readonly #pending: { readonly id: TransactionId; readonly transaction: Transaction }[] = []
  readonly #waiters = new Map<TransactionId, Set<(status: TransactionStatus) => void>>()
  readonly #history: SequenceInfo[] = []
  readonly #subscribers = new Set<Subscriber>()
  #sequence = 0
  #stalled = false
  #scheduled = false

  get subscribers(): number {
    return this.#subscribers.size
  }

  get waiters(): number {
    return this.#waiters.size
  }

  get pending(): number {
    return this.#pending.length
  }

  hold(): void {
    this.#stalled = true
  }

  release(): void {
    this.#stalled = false
    this.#schedule()
  }

  /** Executes empty sequences. */
  advance(sequences: number): void {
    for (let i = 0; i < sequences; i++) this.#execute([])
  }

  expirePending(): void {
    for (const { id } of this.#pending.splice(0)) this.#settle({ state: 'expired', id })
  }

  async submit(transactions: readonly Transaction[]) {
    await new Promise(resolve => setImmediate(resolve))
    if (this.failWith !== null) throw this.failWith
    this.submittedMax = Math.max(this.submittedMax, transactions.length)
    return transactions.map(transaction => {
      const id = transactionId(NETWORK_ID, transaction)
      const known = this.#statuses.get(id)
      const refusal = this.#refusal(transaction)
      if (refusal !== null) return { accepted: false as const, id, refusal }
      if (known === undefined) this.#accept(id, transaction)
      return {
        accepted: true as const,
        id,
        state: known?.state === 'committed' ? known.state : ('accepted' as const),
      }
    })
  }

  transaction(id: TransactionId): TransactionStatus {
    return this.#statuses.get(id) ?? { state: 'unknown', id }
  }

  settled(id: TransactionId, signal: AbortSignal): Promise<TransactionStatus> {
    const status = this.transaction(id)
    if (status.state !== 'accepted') return Promise.resolve(status)
    return new Promise((resolve, reject) => {
      const waiters = this.#waiters.get(id) ?? new Set()
      this.#waiters.set(id, waiters)
      const done = (settled: TransactionStatus) => {
        signal.removeEventListener('abort', aborted)
        resolve(settled)
      }
      const aborted = () => {
        waiters.delete(done)
        if (waiters.size === 0) this.#waiters.delete(id)
        reject(signal.reason)
      }
      waiters.add(done)
      signal.addEventListener('abort', aborted, { once: true })
    })
  }

  query(key: string) {
    if (key === 'forbidden') return { code: 'BAD_KEY', message: 'This key cannot be asked for.' }
    const statement = {
      epoch: 0,
      sequence: sequence(this.#sequence),
      historyDigest: digest(ROOT),
      stateRoot: digest(ROOT),
      membersHash: digest(ROOT),
      logTimeMs: CREATED_MS,
    }
    return {
      key,
      answer: { value: this.#values.get(key) ?? null, proof: utf8(`proof of ${key}`) },
      applicationRoot: ROOT,
      sequence: this.#sequence,
      certificate: {
        statement,
        signatures: [{ replica: replicaId(0), signature: new Uint8Array(64).fill(1) }],
      },
    }
  }

  status(): NodeStatus {
    return {
      networkId: toHex(NETWORK_ID),
      networkName: 'scripted',
      role: 'member',
      index: 0,
      name: 'alone',
      peerId: '12D3KooWscripted',
      state: this.state,
      epoch: 0,
      n: 1,
      faultyMax: 0,
      quorum: 1,
      view: 0,
      viewActive: true,
      primary: 0,
      sequence: this.#sequence,
      stableSequence: 0,
      certifiedSequence: 0,
      logTimeMs: CREATED_MS + this.#sequence,
      pendingTransactions: this.#pending.length,
      pendingBatches: 0,
      executedTransactions: this.#statuses.size,
      stall: this.stall,
      sharedKey: this.sharedKey,
      listenAddresses: ['/ip4/127.0.0.1/tcp/1'],
      connections: 0,
      application: 'key-value',
    }
  }

  members() {
    const heard = { lastHeardMs: null, executedSequence: null, view: null }
    const self = { index: 0, name: 'alone', peerId: '12D3KooWscripted', publicKey: ROOT }
    return [{ ...self, self: true, connected: true, ...heard }]
  }

  peers() {
    const peer = { peerId: '12D3KooWpeer', address: '/ip4/127.0.0.1/tcp/2', direction: 'inbound' as const }
    return [{ ...peer, member: null, score: 0.5, connectedSinceMs: CREATED_MS }]
  }

  async sequence(n: number): Promise<SequenceInfo | null> {
    return this.#history.find(info => info.sequence === n) ?? null
  }

  keys(): KeysInfo | null {
    return this.keysInfo
  }

  certificate(sequence: number | null): ThresholdCertificate | null {
    return this.certificates.find(({ statement }) => statement.sequence >= (sequence ?? 0)) ?? null
  }

  async askOfKey(request: KeyRequest): Promise<KeyRequestOutcome> {
    this.asked.push(request)
    return this.keyOutcome
  }

  /** To all subscribers, now. */
  tell(event: NodeEvent): void {
    for (const { listener } of this.#subscribers) listener(event)
  }

  subscribe(afterId: number | null, listener: (event: NodeEvent) => boolean) {
    const subscriber: Subscriber = { nextId: (afterId ?? this.#sequence) + 1, open: true, listener }
    this.#subscribers.add(subscriber)
    setImmediate(() => this.#deliver(subscriber))
    return {
      close: () => {
        this.#subscribers.delete(subscriber)
      },
      resume: () => {
        subscriber.open = true
        this.#deliver(subscriber)
      },
    }
  }

  /** A test that proves sets its own. */
  proofs: NodeProofs = {
    networkId: NETWORK_ID,
    receipt: () => ({ code: 'NOT_CERTIFIED', message: 'Nothing is certified here.' }),
    state: () => ({ code: 'NOT_CERTIFIED', message: 'Nothing is certified here.' }),
    key: () => ({ code: 'NO_SHARED_KEY', message: 'There is none.' }),
  }

  async metrics(): Promise<string> {
    return '# TYPE quorate_sequence gauge\nquorate_sequence 0\n'
  }

  async stop(): Promise<void> {
    this.state = 'stopping'
  }

  #refusal({ operation }: Transaction): Refusal | null {
    if (this.refuseWith !== null) return this.refuseWith
    return operation.length > 0 ? null : { code: 'EMPTY', message: 'The operation is empty.' }
  }

  #accept(id: TransactionId, transaction: Transaction): void {
    this.#statuses.set(id, { state: 'accepted', id })
    this.#pending.push({ id, transaction })
    this.#schedule()
  }

  #schedule(): void {
    if (this.#stalled || this.#scheduled || this.#pending.length === 0) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      if (!this.#stalled && this.#pending.length > 0) this.#execute(this.#pending.splice(0, 500))
      this.#schedule()
    })
  }

  #execute(batch: readonly { readonly id: TransactionId; readonly transaction: Transaction }[]): void {
    const logTimeMs = CREATED_MS + ++this.#sequence
    const results = batch.map(({ transaction }) => this.#apply(transaction))
    const transactions = batch.map(({ id }, i) => ({ id, code: results[i]?.code ?? 0 }))
    const info = {
      sequence: this.#sequence,
      digest: ROOT,
      historyDigest: ROOT,
      logTimeMs,
      view: 0,
      transactions,
    }
    this.#history.push(info)
    if (this.#history.length > this.historyMax) this.#history.shift()
    batch.forEach(({ id }, position) => {
      const result = results[position] ?? { code: 0, data: new Uint8Array() }
      this.#settle({ state: 'committed', id, sequence: info.sequence, position, logTimeMs, result })
    })
    for (const subscriber of this.#subscribers) this.#deliver(subscriber)
  }

  #apply({ operation }: Transaction): Result {
    const [key, value] = (fromUtf8(operation) ?? '').split('=')
    if (key === undefined || value === undefined)
      return { code: 1, data: utf8('The operation is not key=value.') }
    this.#values.set(key, utf8(value))
    return { code: 0, data: utf8(value) }
  }

  #settle(status: TransactionStatus): void {
    this.#statuses.set(status.id, status)
    const waiters = this.#waiters.get(status.id)
    this.#waiters.delete(status.id)
    for (const waiter of waiters ?? []) waiter(status)
  }

  #deliver(subscriber: Subscriber): void {
    while (subscriber.open && this.#subscribers.has(subscriber) && subscriber.nextId <= this.#sequence) {
      const oldest = this.#history[0]?.sequence ?? this.#sequence + 1
      const from = subscriber.nextId
      if (from < oldest) {
        subscriber.nextId = oldest
        subscriber.open = subscriber.listener({ id: oldest - 1, type: 'gap', from, to: oldest - 1 })
        continue
      }
      const info = this.#history[from - oldest]
      if (info === undefined) return
      subscriber.nextId = from + 1
      for (const event of this.keyEvents.filter(one => one.sequence === from))
        subscriber.listener({ id: from - 1, type: 'key', info: event })
      subscriber.open = subscriber.listener({ id: from, type: 'executed', info })
    }
  }
}
