import { randomBytes } from 'node:crypto'
import type { PublicCurve } from '../crypto/threshold/public-curve.ts'
import type { Logger } from '../lib/logger.ts'
import { type KeyState, servedKeys } from '../membership/key-state.ts'
import type { ReplicaId } from '../pbft/types.ts'
import type { ThresholdPorts } from '../runtime/options.ts'
import type { Clock, ThresholdWorker } from '../runtime/ports.ts'
import { keyIdOf } from '../wire/statement.ts'
import type { NodeConfig } from './config.ts'
import { takeCurve } from './curve-choice.ts'
import type { NodeIdentity } from './key-file.ts'
import { shareDirectoryOf } from './share-file.ts'
import { openThresholdThread, type ThreadTrouble } from './threshold-worker.ts'
import { openVault } from './vault.ts'

/** What a node has for its part in the network's key: its secrets on disk, and a thread that reckons. */
export interface ThresholdParts {
  portsFor(listeners: ThresholdListeners): ThresholdPorts
  /** What went wrong with the thread that signs; null: it is well. */
  readonly trouble: ThreadTrouble | null
  /** For the replica itself, which checks what the log says of a ceremony. */
  readonly curve: PublicCurve
  /** Resolves when what was to be kept is kept. Idempotent. */
  close(): Promise<void>
}

export interface ThresholdListeners {
  /** So many partial signatures were wrong when they were combined. */
  onCulprits(count: number): void
  onCertificate: ThresholdPorts['onCertificate']
}

export interface ThresholdOptions {
  readonly config: NodeConfig
  readonly identity: NodeIdentity
  /** 32 bytes */
  readonly networkId: Uint8Array
  readonly self: ReplicaId | null
}

export interface ThresholdComponents {
  readonly clock: Clock
  readonly logger: Logger
  /** As far as this node has executed the log. */
  keys(): KeyState
}

/** @throws KeyFileError, ThresholdWorkerError */
export async function openThreshold(
  { config, identity, networkId, self }: ThresholdOptions,
  { clock, logger, keys }: ThresholdComponents,
): Promise<ThresholdParts> {
  const directory = shareDirectoryOf(config.directory)
  const keyId = (epoch: number) => keyIdOfEpoch(keys(), epoch)
  const coordinate = self === null ? null : self + 1
  const vault = await openVault({ ...identity, directory, networkId, coordinate, keyIdOf: keyId })
  try {
    const { curve, name, reason } = await takeCurve(config.threshold.backend)
    const thread = await openThresholdThread({ curve: name }, { clock, logger })
    logger.info({ curve: name, reason }, 'Ready for the shared key of the network')
    return {
      portsFor: ({ onCulprits, onCertificate }) => ({
        vault,
        worker: countCulprits(thread, onCulprits),
        random: length => new Uint8Array(randomBytes(length)),
        onCertificate,
      }),
      get trouble() {
        return thread.trouble
      },
      curve,
      async close() {
        await thread.close()
        await vault.close()
      },
    }
  } catch (error) {
    await vault.close()
    throw error
  }
}

function countCulprits(worker: ThresholdWorker, onCulprits: (count: number) => void): ThresholdWorker {
  return {
    sign: (...question) => worker.sign(...question),
    verify: (...question) => worker.verify(...question),
    combine(sharing, message, partials, done, failed) {
      const counted: typeof done = combined => {
        if (combined.culprits.length > 0) onCulprits(combined.culprits.length)
        done(combined)
      }
      worker.combine(sharing, message, partials, counted, failed)
    },
  }
}

/** Of a key that counts, or of one that is being made. */
function keyIdOfEpoch(keys: KeyState, epoch: number): Uint8Array | null {
  const known = servedKeys(keys).find(key => key.epoch === epoch)
  if (known !== undefined) return known.keyId
  const made = keys.ceremony?.ceremony
  if (made === undefined || made.session.epoch !== epoch || made.qualified === null) return null
  return keyIdOf(made.qualified.sharing.publicKey)
}
