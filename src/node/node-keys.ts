import { BoundedMap } from '../lib/bounded-map.ts'
import { toHex } from '../lib/bytes.ts'
import type { Logger } from '../lib/logger.ts'
import type { Genesis } from '../membership/genesis.ts'
import type { KeyEvent } from '../membership/key-state.ts'
import type { Outcome } from '../membership/replicated-state.ts'
import type { Clock, Store } from '../runtime/ports.ts'
import type { ReplicaRuntime } from '../runtime/replica-runtime.ts'
import type { ThresholdCertificate } from '../wire/statement.ts'
import type { CertificateInfo, KeysInfo, SharedKeySummary } from './api.ts'
import { inHex, KeyHistory } from './key-history.ts'
import { keySummary, keysInfo } from './key-report.ts'
import type { ThreadTrouble } from './threshold-worker.ts'

/** What the node tells of the network's keys: in its log, on request, as events, and as figures. */
export interface NodeKeysOptions {
  readonly genesis: Genesis
  /** 32 bytes */
  readonly networkId: Uint8Array
  /** Events are kept as long as executed sequences. */
  readonly historySequences: number
}

export interface NodeKeysComponents {
  readonly store: Store
  readonly clock: Clock
  readonly logger: Logger
  readonly runtime: Pick<ReplicaRuntime, 'keys' | 'certificates' | 'state'>
  /** Of the thread that signs here. */
  trouble(): ThreadTrouble | null
  /** How long after its sequence was executed here a certificate was complete; null: it was executed too long ago. */
  onCertificate(info: CertificateInfo, delayMs: number | null): void
}

/** Times of execution that are remembered: under load, some seconds of them. */
const EXECUTED_MAX = 4_096

/** How loudly the log says what. */
const SENTENCES = {
  'ceremony-started': ['info', 'A ceremony for the shared key has begun'],
  registered: ['debug', 'A member registered for its share'],
  dealt: ['debug', 'A member dealt shares'],
  confirmed: ['debug', 'A member confirmed its share'],
  phase: ['info', 'The ceremony for the shared key goes on'],
  fault: ['warn', 'A member said something wrong in the ceremony for the shared key'],
  failed: ['warn', 'The ceremony for the shared key failed'],
  asked: ['info', 'A member asks for another shared key'],
  activated: ['info', 'The network has a shared key'],
  'handed-over': ['info', 'The shared key handed over to the next one'],
  retired: ['info', 'A shared key, or a sharing of it, has ended, and its shares are erased'],
  erased: ['info', 'A member erased its share'],
  revoked: ['warn', 'The shared key is revoked'],
} as const satisfies Record<KeyEvent['type'], readonly [keyof Logger, string]>

export class NodeKeys {
  readonly history: KeyHistory
  readonly #options: NodeKeysOptions
  readonly #components: NodeKeysComponents
  readonly #executedMs = new BoundedMap<number, number>(EXECUTED_MAX)
  #hasToldCertificate = false

  constructor(options: NodeKeysOptions, components: NodeKeysComponents) {
    this.#options = options
    this.#components = components
    this.history = new KeyHistory(components.store, options.historySequences)
  }

  onExecuted({ segment, keyEvents }: Outcome): void {
    if (this.#options.genesis.threshold === undefined) return
    const { clock, logger } = this.#components
    this.#executedMs.set(segment.sequence, clock.nowMs())
    this.history.note(segment.sequence, keyEvents)
    for (const event of keyEvents) {
      const [level, sentence] = SENTENCES[event.type]
      logger[level](inHex(event), sentence)
    }
  }

  onCertificate(certificate: ThresholdCertificate): void {
    const { clock, logger } = this.#components
    const info = certificateInfo(certificate)
    const executedMs = this.#executedMs.get(info.sequence)
    if (!this.#hasToldCertificate)
      logger.info(info, 'The first certificate under the shared key since the start')
    this.#hasToldCertificate = true
    const delayMs = executedMs === undefined ? null : Math.max(0, clock.nowMs() - executedMs)
    this.#components.onCertificate(info, delayMs)
  }

  /** Null where the genesis wants no shared key, as below. */
  summary(): SharedKeySummary | null {
    if (this.#options.genesis.threshold === undefined) return null
    const { runtime, trouble } = this.#components
    return keySummary(runtime.keys, this.#certifiedSequence(), trouble())
  }

  info(): KeysInfo | null {
    const { genesis, networkId } = this.#options
    if (genesis.threshold === undefined) return null
    const certifiedSequence = this.#certifiedSequence()
    const { clock, runtime } = this.#components
    // In an idle log no time passes until the next entry.
    const nowMs = Math.max(runtime.state.logTimeMs, clock.nowMs())
    return { networkId, ...keysInfo(runtime.keys, genesis.threshold, nowMs), certifiedSequence }
  }

  certificate(sequence: number | null): ThresholdCertificate | null {
    const { certificates } = this.#components.runtime
    return sequence === null ? certificates.latest : certificates.covering(sequence)
  }

  #certifiedSequence(): number {
    return this.#components.runtime.certificates.latest?.statement.sequence ?? 0
  }
}

function certificateInfo({ keyId, epoch, statement, signature }: ThresholdCertificate): CertificateInfo {
  const { sequence, logTimeMs } = statement
  return { sequence, keyId: toHex(keyId), epoch, logTimeMs, signature: toHex(signature) }
}
