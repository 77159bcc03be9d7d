import { dealersOf } from '../crypto/threshold/session.ts'
import type { ThresholdParameters } from '../membership/genesis.ts'
import { PHASE_DEADLINES_MAX } from '../membership/key-ceremony.ts'
import { EARLY_REFRESH_EVERY_MS, RETIRING_FOR_EARLY_MAX } from '../membership/key-rules.ts'
import {
  ERASED_EPOCHS_MAX,
  type KeyState,
  RETIRING_MAX,
  type RetiringKey,
  type RunningCeremony,
  servedKeys,
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
  /** How long it must have been due before anybody says it; none when absent. */
  readonly afterMs?: number
}

/** A member that has no share may have seen the past only, and whoever looks after it may ask before it does. */
const SHARELESS_MS = 30_000
const DOUBLINGS_MAX = 16
/** However short a transition is, and however many sequences belong to it. */
const PACE_MIN_MS = 1_000

/** A first key for whoever has none, shares dealt again when they are due. @param nowMs our clock */
export function dueStart(times: ThresholdParameters, keys: KeyState, nowMs: number): Duty | null {
  const { active, ceremony, retiring, nextEpoch, nextAttempt } = keys
  if (ceremony !== null) return null
  const name = `${nextEpoch}/${nextAttempt}`
  if (active === null)
    return { name: `start/${name}`, operation: { type: 'start', kind: 'fresh', epoch: nextEpoch } }
  if (retiring.length >= RETIRING_MAX) return null
  if (nowMs < active.activatedMs + times.refreshMs) return null
  return { name: `refresh/${name}`, operation: { type: 'start', kind: 'refresh', epoch: nextEpoch } }
}

/**
 * Shares that are dealt again before their time, for a member that has none of the active key. Every ceremony since then that came to
 * nothing, every retiring key and every sharing that left us without a share again doubles the pause since the last time that somebody
 * asked, whoever it was; all of it but the last is in the log, so that members ask no oftener for being many, or for starting again.
 * @param inVain sharings, one after the other, that came and left us without a share, after the first @param nowMs our clock
 */
export function dueAsking(
  times: ThresholdParameters,
  keys: KeyState,
  inVain: number,
  nowMs: number,
): Duty | null {
  const { active, ceremony, retiring, nextEpoch, nextAttempt, lastStartMs } = keys
  if (active === null || ceremony !== null || retiring.length >= RETIRING_FOR_EARLY_MAX) return null
  // What is due soon in any case needs nobody to ask for it.
  if (nowMs + EARLY_REFRESH_EVERY_MS >= active.activatedMs + times.refreshMs) return null
  const pauseMs =
    EARLY_REFRESH_EVERY_MS * 2 ** Math.min(nextAttempt + retiring.length + inVain, DOUBLINGS_MAX)
  if (lastStartMs !== null && nowMs < lastStartMs + pauseMs) return null
  const operation = { type: 'start', kind: 'refresh', epoch: nextEpoch } as const
  return { name: `ask/${nextEpoch}/${nextAttempt}`, operation, afterMs: SHARELESS_MS }
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
  const isWaited = keys.retiring.some(key => isBehind(times, key, state, nowMs))
  return isWaited ? { name: `advance/after/${state.sequence}`, operation } : null
}

/**
 * A transition ends when so many sequences have come after it, too. A log in which nothing else happens goes through them evenly while the
 * transition lasts, and catches up at twice that pace, so that they are there when the time is over.
 */
function isBehind(
  { transitionMs }: ThresholdParameters,
  { lastSequence, retiresSequence, retiresMs }: RetiringKey,
  { sequence, logTimeMs }: { readonly sequence: number; readonly logTimeMs: number },
  nowMs: number,
): boolean {
  const first = lastSequence + 1
  const paceMs = Math.max(transitionMs / (retiresSequence - first), PACE_MIN_MS)
  const passed = Math.floor((nowMs - (retiresMs - transitionMs)) / paceMs)
  return sequence < Math.min(first + passed, retiresSequence) && nowMs >= logTimeMs + paceMs / 2
}

function deadlines(times: ThresholdParameters, { ceremony, retiring }: KeyState): readonly number[] {
  const running = ceremony === null ? [] : ceremonyDeadlines(times, ceremony)
  return [...running, ...retiring.map(({ retiresMs }) => retiresMs)]
}

/** A phase ends when enough members took part and the others had their time, and without enough when it lasted too long. */
function ceremonyDeadlines(times: ThresholdParameters, running: RunningCeremony): readonly number[] {
  const { ceremony, phaseSinceMs, isReady } = running
  if (running.newSignature !== null) return []
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
  const served = new Set(servedKeys(keys).map(({ epoch }) => epoch))
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
  readonly phase: 'registering' | 'dealing' | 'confirming' | 'activating' | 'handing-over'
  readonly missing: readonly ReplicaId[]
}

export function progressOf({ ceremony: running }: KeyState): CeremonyProgress | null {
  if (running === null) return null
  const { ceremony, isReady } = running
  if (running.newSignature !== null) return { phase: 'handing-over', missing: [] }
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
