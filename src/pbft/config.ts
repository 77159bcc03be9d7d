import { assert } from '../lib/assert.ts'
import { quorum, weakQuorum } from './quorum.ts'
import { type ReplicaId, replicaId, type View } from './types.ts'

/** What a replica is told once, at creation. All members of an epoch must agree on everything but `self`. */
export interface ReplicaConfig {
  readonly epoch: number
  /** Members in the epoch. */
  readonly n: number
  /** Our position; null for an observer, which follows and never votes. */
  readonly self: ReplicaId | null
  /** K: a checkpoint is taken at every multiple of it, besides those that the primary asks for. §4.3 */
  readonly checkpointInterval: number
  /** L: how far above the stable checkpoint a sequence may lie; at least 2K, so that a window never starves. §4.3 */
  readonly logWindow: number
  /** Sequences that the primary keeps in flight; further batches wait and share the next proposal. */
  readonly pipelineDepth: number
  /** Digests in one proposal. */
  readonly proposalBatchesMax: number
  /** How long a held batch may stay unexecuted before the primary is suspected; doubled for each view without progress. §4.5.2 */
  readonly viewChangeTimeoutMs: number
  readonly viewChangeTimeoutMaxMs: number
  /** How long the primary waits for another batch before it asks for a checkpoint of its own over what was executed last. */
  readonly idleCheckpointMs: number
  /** How long nothing may move, with work waiting, before what others may miss is sent again. */
  readonly resendMs: number
  /** How often a member says where it stands. */
  readonly statusMs: number
}

export function assertConfig(config: ReplicaConfig): void {
  assert(config.self === null || config.self < config.n, 'our position lies inside the membership')
  assert(config.checkpointInterval >= 1, 'the checkpoint interval is at least 1')
  assert(config.logWindow >= 2 * config.checkpointInterval, 'L >= 2K')
  assert(config.pipelineDepth >= 1, 'the pipeline holds at least one sequence')
  assert(config.pipelineDepth <= config.logWindow, 'the pipeline fits into the log window')
  assert(
    config.viewChangeTimeoutMaxMs >= config.viewChangeTimeoutMs,
    'the time-out cap is not below the time-out',
  )
}

/** p = v mod |R|. §4.1 */
export function primaryOf(config: Pick<ReplicaConfig, 'n'>, view: View): ReplicaId {
  return replicaId(view % config.n)
}

export const quorumOf = (config: Pick<ReplicaConfig, 'n'>): number => quorum(config.n)
export const weakQuorumOf = (config: ReplicaConfig): number => weakQuorum(config.n)
