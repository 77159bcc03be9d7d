import {
  type Application,
  RESULT_BYTES_MAX,
  type Result,
  type Snapshot,
  type Transaction,
  type TransactionId,
} from '../application/contract.ts'
import { sha256 } from '../crypto/hash.ts'
import type { PublicCurve } from '../crypto/threshold/public-curve.ts'
import { assert, present } from '../lib/assert.ts'
import { concatBytes, toHex, u64, utf8 } from '../lib/bytes.ts'
import { type Digest, digest, type Proposal, type Sequence, type Statement, sequence } from '../pbft/types.ts'
import type { Genesis } from './genesis.ts'
import { extendHistory, GENESIS_HISTORY, receiptsRootOf } from './history.ts'
import { KeyLedger, type SystemRefusal } from './key-ledger.ts'
import { EMPTY_KEY_STATE, type KeyEvent, type KeyState, type SharedKey } from './key-state.ts'
import { systemResult } from './system-result.ts'
import { type Receipt, type Segment, TransactionWindow } from './window.ts'

/**
 * Everything that replicas agree on: the application's state, the transaction window, log time and the history digest. A pure
 * function of the log: the same proposals and batches give the same statement on every machine.
 */
export interface Outcome {
  readonly segment: Segment
  /** Transactions of the batches that were not executed: repeated, or outside the window. */
  readonly skipped: readonly {
    readonly id: TransactionId
    readonly reason: 'repeated' | 'expired' | 'early'
  }[]
  /** What the sequence changed about the network's keys, in order. */
  readonly keyEvents: readonly KeyEvent[]
}

export interface NamedTransaction {
  readonly id: TransactionId
  readonly transaction: Transaction
}

/** What a snapshot carries besides the application's chunks; `systemRoot` commits to all of it. */
export interface SystemState {
  readonly logTimeMs: number
  readonly floorMs: number
  /** Ascending, without gaps, ending at the snapshot's sequence; empty only for the genesis state. */
  readonly segments: readonly Segment[]
  /** Before the first segment. */
  readonly historyBefore: Digest
  /** The state of the keys, in parts; absent where there are none. */
  readonly keys?: readonly Uint8Array[]
}

/** A state kept readable while execution goes on. */
export interface StateCapture {
  readonly statement: Statement
  readonly applicationRoot: Uint8Array
  readonly systemRoot: Uint8Array
  readonly application: Snapshot
  readonly system: SystemState
}

/** The state of one moment as far as it can be read and proved. */
export interface StateView extends Pick<StateCapture, 'statement' | 'applicationRoot' | 'systemRoot'> {
  /** Absent when the application keeps no former state readable. */
  readonly query: Snapshot['query']
  /** What the system root commits to besides the log time of the statement. */
  readonly system: {
    readonly floorMs: number
    readonly firstSequence: number
    /** See `keyPartsOf`; null where there are no keys. */
    readonly keyParts: readonly Uint8Array[] | null
  }
}

const SYSTEM_TAG = utf8('QUORATE/system/v1')
const STATE_TAG = utf8('QUORATE/state/v1')

export class ReplicatedState {
  readonly #application: Application
  readonly #genesis: Genesis
  readonly #membersHash: Digest
  /** Null where the genesis wants no keys. */
  readonly #keys: KeyLedger | null
  #window: TransactionWindow
  #sequence: Sequence = sequence(0)
  #logTimeMs: number
  #historyDigest: Digest = GENESIS_HISTORY
  #executedTransactions = 0

  /** @param membersHash 32 bytes, see `membersHashOf` @param curve of another implementation than the library's */
  constructor(application: Application, genesis: Genesis, membersHash: Uint8Array, curve?: PublicCurve) {
    this.#application = application
    this.#genesis = genesis
    this.#membersHash = digest(toHex(membersHash))
    this.#keys = genesis.threshold === undefined ? null : new KeyLedger(genesis, membersHash, curve)
    this.#window = new TransactionWindow(genesis.protocol, { floorMs: 0, historyBefore: GENESIS_HISTORY })
    this.#logTimeMs = genesis.createdMs
  }

  get sequence(): Sequence {
    return this.#sequence
  }

  get logTimeMs(): number {
    return this.#logTimeMs
  }

  get historyDigest(): Digest {
    return this.#historyDigest
  }

  get window(): TransactionWindow {
    return this.#window
  }

  /** After the last executed sequence. */
  get keys(): KeyState {
    return this.#keys?.state ?? EMPTY_KEY_STATE
  }

  /** What the system root commits to of them, 32 bytes; undefined where the genesis wants none. */
  get keysRoot(): Uint8Array | undefined {
    return this.#keys?.root
  }

  /** The key that certifies a sequence; null: none, or before those that are remembered. */
  keyAt(sequence: number): SharedKey | null {
    return this.#keys?.keyAt(sequence) ?? null
  }

  /** May a batch carry this system transaction? Depends on the genesis alone. */
  systemRefusal(transaction: Transaction): SystemRefusal | null {
    return this.#keys === null ? 'batch-system-unwanted' : this.#keys.refusal(transaction)
  }

  get application(): Application {
    return this.#application
  }

  /** Since this process started. */
  get executedTransactions(): number {
    return this.#executedTransactions
  }

  /** Executes the next sequence. @param batches the proposal's batches, in order */
  execute(proposal: Proposal, batches: readonly (readonly NamedTransaction[])[]): Outcome {
    assert(proposal.sequence === this.#sequence + 1, 'sequences are executed in order, without gaps')
    assert(batches.length === proposal.batchDigests.length, 'every batch of the proposal is here')
    this.#logTimeMs = Math.max(this.#logTimeMs, proposal.logTimeMs)
    const { admitted, skipped } = this.#admit(batches)
    const keyEvents: KeyEvent[] = []
    const results = this.#resultsOf(proposal, admitted, keyEvents)
    const receipts = admitted.map(({ id }, position): Receipt => {
      const { code, data } = present(results[position], 'a result')
      assert(data.length <= RESULT_BYTES_MAX, 'a result is not longer than the contract allows')
      return { id, sequence: proposal.sequence, position, code, data }
    })
    return { ...this.#record(proposal, receipts), skipped, keyEvents }
  }

  /** The system's transactions first, and each result at its transaction's place. */
  #resultsOf(
    { sequence }: Proposal,
    admitted: readonly NamedTransaction[],
    keyEvents: KeyEvent[],
  ): readonly (Result | undefined)[] {
    const context = { sequence, logTimeMs: this.#logTimeMs }
    this.#keys?.passTime(context, keyEvents)
    const system = new Map<NamedTransaction, Result>()
    for (const named of admitted) {
      if (named.transaction.kind !== 'system') continue
      const result = this.#keys?.execute(named.transaction, context, keyEvents)
      system.set(named, result ?? systemResult('malformed'))
    }
    const ordinary = system.size === 0 ? admitted : admitted.filter(named => !system.has(named))
    const results = this.#application.execute(
      ordinary.map(({ transaction }) => transaction),
      context,
    )
    assert(results.length === ordinary.length, 'the application gives one result for each transaction')
    if (system.size === 0) return results
    const rest = results[Symbol.iterator]()
    return admitted.map(named => system.get(named) ?? rest.next().value)
  }

  #admit(batches: readonly (readonly NamedTransaction[])[]) {
    const admitted: NamedTransaction[] = []
    const skipped: { id: TransactionId; reason: 'repeated' | 'expired' | 'early' }[] = []
    const seen = new Set<TransactionId>()
    for (const named of batches.flat()) {
      const admission = this.#window.admission(named.transaction, this.#logTimeMs)
      if (seen.has(named.id) || this.#window.receipt(named.id) !== undefined) {
        skipped.push({ id: named.id, reason: 'repeated' })
      } else if (admission !== 'admissible') {
        skipped.push({ id: named.id, reason: admission })
      } else {
        seen.add(named.id)
        admitted.push(named)
      }
    }
    return { admitted, skipped }
  }

  #record(proposal: Proposal, receipts: readonly Receipt[]): Pick<Outcome, 'segment'> {
    const linked = {
      sequence: proposal.sequence,
      proposalDigest: proposal.digest,
      logTimeMs: this.#logTimeMs,
      receiptsRoot: receiptsRootOf(receipts),
    }
    this.#sequence = proposal.sequence
    this.#historyDigest = extendHistory(this.#historyDigest, linked)
    const segment: Segment = { ...linked, historyDigest: this.#historyDigest, receipts }
    this.#executedTransactions += receipts.length
    this.#window.add(segment)
    return { segment }
  }

  /** What a CHECKPOINT says of the present state. Asks the application for its root, which costs. */
  statement(): Statement {
    return this.#statementOf(this.#application.stateRoot(), systemRootOf(this.#systemFields()))
  }

  #statementOf(applicationRoot: Uint8Array, systemRoot: Uint8Array): Statement {
    return {
      epoch: 0,
      sequence: this.#sequence,
      historyDigest: this.#historyDigest,
      stateRoot: stateRootOf(applicationRoot, systemRoot),
      membersHash: this.#membersHash,
      logTimeMs: this.#logTimeMs,
    }
  }

  #systemFields() {
    const firstSequence = this.#window.firstSequence ?? this.#sequence
    const { floorMs } = this.#window
    return { logTimeMs: this.#logTimeMs, floorMs, firstSequence, keysRoot: this.keysRoot }
  }

  /** The present state, kept while execution goes on. */
  capture(): StateCapture {
    const applicationRoot = this.#application.stateRoot()
    const systemRoot = systemRootOf(this.#systemFields())
    return {
      statement: this.#statementOf(applicationRoot, systemRoot),
      applicationRoot,
      systemRoot,
      application: this.#application.snapshot(),
      system: {
        logTimeMs: this.#logTimeMs,
        floorMs: this.#window.floorMs,
        segments: this.#window.segments(),
        historyBefore: this.#window.historyBefore,
        ...(this.#keys && { keys: this.#keys.parts }),
      },
    }
  }

  /** The present state, kept readable while execution goes on; takes little. Asks the application for its root. */
  view(): StateView {
    const applicationRoot = this.#application.stateRoot()
    const fields = this.#systemFields()
    const systemRoot = systemRootOf(fields)
    const { floorMs, firstSequence } = fields
    const snapshot = this.#application.snapshot()
    return {
      statement: this.#statementOf(applicationRoot, systemRoot),
      applicationRoot,
      systemRoot,
      query: snapshot.query?.bind(snapshot),
      system: { floorMs, firstSequence, keyParts: this.#keys?.parts ?? null },
    }
  }

  /** Replaces everything by a state whose parts were checked against `statement`. */
  install(statement: Statement, system: SystemState, applicationChunks: Iterable<Uint8Array>): void {
    this.#application.restore(applicationChunks)
    const hasKeys = this.#keys?.restore(system.keys ?? []) ?? true
    assert(hasKeys, 'an installed state has the keys that it was checked with')
    this.#window = new TransactionWindow(this.#genesis.protocol, system)
    for (const segment of system.segments) this.#window.add(segment)
    this.#sequence = statement.sequence
    this.#logTimeMs = system.logTimeMs
    this.#historyDigest = statement.historyDigest
    const own = this.statement()
    assert(
      own.stateRoot === statement.stateRoot,
      'an installed state has the root that it was checked against',
    )
  }
}

/** @returns 32 bytes */
export function systemRootOf(fields: {
  readonly logTimeMs: number
  readonly floorMs: number
  readonly firstSequence: number
  /** 32 bytes, see `keysRootOf`; absent where there are no keys. */
  readonly keysRoot?: Uint8Array | undefined
}): Uint8Array {
  const { logTimeMs, floorMs, firstSequence, keysRoot } = fields
  const keys = keysRoot === undefined ? [] : [keysRoot]
  return sha256(concatBytes(SYSTEM_TAG, u64(logTimeMs), u64(floorMs), u64(firstSequence), ...keys))
}

/** The application's root and the system's under one hash. */
export function stateRootOf(applicationRoot: Uint8Array, systemRoot: Uint8Array): Digest {
  return digest(toHex(sha256(concatBytes(STATE_TAG, applicationRoot, systemRoot))))
}
