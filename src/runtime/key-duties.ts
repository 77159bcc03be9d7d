import { dealersOf } from '../crypto/threshold/session.ts'
import type { ThresholdParameters } from '../membership/genesis.ts'
import { PHASE_DEADLINES_MAX } from '../membership/key-ceremony.ts'
import {
  ERASED_EPOCHS_MAX,
  type KeyState,
  RETIRING_MAX,
  type RunningCeremony,
} from '../membership/key-state.ts'
import type { SystemOperation } from '../membership/system-operation.ts'
import { type ReplicaId, replicaId } from '../pbft/types.ts'

/**
 * What is to be ordered about the keys by whoever comes to it first, and what the log waits for: functions of the state. Members wait for
 * each other in turn before they say what one of them is enough for.
 */
export interface Duty {
  /** The same duty has the same name. */
  readonly name: string
  readonly operation: SystemOperation
}

/** A first key for whoever has none, shares dealt again when they are due. @param nowMs our clock */
export function dueStart(times: ThresholdParameters, keys: KeyState, nowMs: number): Duty | null {
  const { active, ceremony, retiring, nextEpoch, nextAttempt } = keys
  if (ceremony !== null || retiring.length >= RETIRING_MAX) return null
  const name = `${nextEpoch}/${nextAttempt}`
  if (active === null) return { name: `start/${name}`, operation: { type: 'start', kind: 'fresh' } }
  if (nowMs < active.activatedMs + times.refreshMs) return null
  return { name: `refresh/${name}`, operation: { type: 'start', kind: 'refresh' } }
}

/**
 * Time passes in a log by entries alone. When something is due by our clock and the log stands still, it needs one.
 * @param state after `sequence`, at `logTimeMs`
 */
export function dueAdvance(
  times: ThresholdParameters,
  keys: KeyState,
  state: { readonly sequence: number; readonly logTimeMs: number },
  nowMs: number,
): Duty | null {
  const operation = { type: 'advance' } as const
  for (const dueMs of deadlines(times, keys)) {
    if (nowMs >= dueMs && state.logTimeMs < dueMs) return { name: `advance/${dueMs}`, operation }
  }
  // The transition ends when so many sequences have come after it, too.
  const isWaited = keys.retiring.some(key => state.logTimeMs >= key.retiresMs)
  return isWaited ? { name: `advance/after/${state.sequence}`, operation } : null
}

function deadlines(times: ThresholdParameters, { ceremony, retiring }: KeyState): readonly number[] {
  const running = ceremony === null ? [] : ceremonyDeadlines(times, ceremony)
  return [...running, ...retiring.map(({ retiresMs }) => retiresMs)]
}

/** A phase ends when enough members took part and the others had their time, and without enough when it lasted too long. */
function ceremonyDeadlines(times: ThresholdParameters, running: RunningCeremony): readonly number[] {
  const { ceremony, phaseSinceMs, isReady } = running
  const { session, phase } = ceremony
  const enough = session.members - session.faultyMax
  const given = phaseSinceMs + PHASE_DEADLINES_MAX * times.deadlineMs
  if (phase === 'registering' && ceremony.encryptionKeys.size >= enough)
    return [phaseSinceMs + times.deadlineMs, given]
  if (phase === 'dealing' && session.old !== null && ceremony.dealings.length >= session.old.threshold)
    return [phaseSinceMs + times.deadlineMs, given]
  if (phase === 'confirming' && !isReady && ceremony.confirmed.size >= enough)
    return [phaseSinceMs + times.graceMs, given]
  return [given]
}

/** Epochs that are over and whose share this member does not hold, or does not hold any more, and has not said so. */
export function dueErasures(
  keys: KeyState,
  self: ReplicaId,
  holdsShare: (epoch: number) => boolean,
): readonly Duty[] {
  const served = new Set([keys.active, ...keys.retiring].map(key => key?.epoch))
  const duties: Duty[] = []
  for (const { epoch } of keys.retired) {
    if (served.has(epoch) || epoch < keys.nextEpoch - ERASED_EPOCHS_MAX) continue
    if (keys.erased.get(epoch)?.has(self) === true || holdsShare(epoch)) continue
    duties.push({ name: `erased/${epoch}`, operation: { type: 'erased', epoch } })
  }
  return duties
}

/** Where a ceremony stands, and whom it waits for. */
export interface CeremonyProgress {
  readonly phase: 'registering' | 'dealing' | 'confirming' | 'activating'
  readonly missing: readonly ReplicaId[]
}

export function progressOf({ ceremony: running }: KeyState): CeremonyProgress | null {
  if (running === null) return null
  const { ceremony, isReady } = running
  const { session, phase, encryptionKeys, dealings, convicted, confirmed } = ceremony
  const others = (count: number, isThere: (index: number) => boolean): readonly ReplicaId[] =>
    Array.from({ length: count }, (_, i) => i + 1)
      .filter(index => !isThere(index))
      .map(index => replicaId(index - 1))
  switch (phase) {
    case 'registering':
      return { phase, missing: others(session.members, index => encryptionKeys.has(index)) }
    case 'dealing': {
      const dealt = new Set(dealings.map(({ dealer }) => dealer))
      return { phase, missing: others(dealersOf(session), index => dealt.has(index) || convicted.has(index)) }
    }
    case 'confirming':
      return {
        phase: isReady ? 'activating' : phase,
        missing: others(session.members, index => confirmed.has(index)),
      }
    default:
      return null
  }
}
