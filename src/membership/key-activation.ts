import { createSignatureVerifier } from '../crypto/threshold/signature.ts'
import { present } from '../lib/assert.ts'
import type { ReplicaId } from '../pbft/types.ts'
import { type Handover, handoverMessage, keyIdOf } from '../wire/statement.ts'
import { checkActivation, whyNotHeard, withRefusal } from './key-ceremony.ts'
import { changed, type KeyChange, type KeyRules, type Moment, unchanged } from './key-change.ts'
import {
  ERASED_EPOCHS_MAX,
  HANDOVERS_MAX,
  type KeyEventDetails,
  type KeyState,
  type RetiringKey,
  type RunningCeremony,
  type SharedKey,
} from './key-state.ts'
import type { SystemOperation } from './system-operation.ts'
import type { SystemCode } from './system-result.ts'

/**
 * The end of a ceremony: the new shares have signed together, and from then on they count. In a rotation this is only the first of two
 * steps. It fixes which key follows, by the new key's signatures alone; the old key signs for what the log has fixed, and for nothing
 * that may still come to nothing. So it signs one hand-over in its life, and that one is kept, unless the key is revoked.
 */
export function activate(
  rules: KeyRules,
  state: KeyState,
  at: Moment,
  member: ReplicaId,
  { sessionId, certificate, newSignature }: Extract<SystemOperation, { readonly type: 'activate' }>,
): KeyChange {
  const running = state.ceremony
  if (running === null) return unchanged(state, 'no-ceremony')
  const deaf = whyNotHeard(running, member, sessionId)
  if (deaf !== null) return unchanged(state, deaf)
  if (running.newSignature !== null) return unchanged(state, 'repeated')
  if (!running.isReady) return unchanged(state, 'early')
  const code =
    newSignatureProblem(rules, state, running, newSignature) ?? checkActivation(running, member, certificate)
  if (code !== null) return refused(state, running, member, code)
  if (newSignature === null) return activated(rules, state, at, running, null)
  const ceremony: RunningCeremony = { ...running, phaseSinceMs: at.logTimeMs, newSignature }
  return changed({ ...state, ceremony }, { type: 'phase', phase: 'handing-over' })
}

/** The old key has signed for the one that is fixed. */
export function handOver(
  rules: KeyRules,
  state: KeyState,
  at: Moment,
  member: ReplicaId,
  { sessionId, oldSignature }: Extract<SystemOperation, { readonly type: 'hand-over' }>,
): KeyChange {
  const running = state.ceremony
  if (running === null) return unchanged(state, 'no-ceremony')
  const deaf = whyNotHeard(running, member, sessionId)
  if (deaf !== null) return unchanged(state, deaf)
  const { newSignature } = running
  if (newSignature === null) return unchanged(state, 'early')
  const pending = present(pendingHandover(rules.times, state), 'a hand-over')
  const old = present(state.active, 'the key that hands over').sharing.publicKey
  const verifier = present(createSignatureVerifier(rules.curve, old), 'a proper key')
  if (!verifier.verify(handoverMessage(rules.networkId, pending), oldSignature))
    return refused(state, running, member, 'wrong-handover')
  return activated(rules, state, at, running, { ...pending, oldSignature, newSignature })
}

function refused(
  state: KeyState,
  running: RunningCeremony,
  member: ReplicaId,
  code: Extract<KeyEventDetails, { readonly type: 'fault' }>['code'] & SystemCode,
): KeyChange {
  const fault: KeyEventDetails = { type: 'fault', member, role: 'receiver', code }
  return { state: { ...state, ceremony: withRefusal(running, member) }, code, events: [fault] }
}

export type PendingHandover = Omit<Handover, 'oldSignature' | 'newSignature'>

/** What both keys sign, so that a new key may follow; null while there is no such thing to sign. */
export function pendingHandover(
  times: KeyRules['times'],
  { active, ceremony }: Pick<KeyState, 'active' | 'ceremony'>,
): PendingHandover | null {
  const qualified = ceremony?.ceremony.qualified ?? null
  if (active === null || ceremony?.kind !== 'rotate' || qualified === null) return null
  if (ceremony.notBeforeMs === null) return null
  return {
    oldKeyId: active.keyId,
    newKey: qualified.sharing.publicKey,
    newKeyId: keyIdOf(qualified.sharing.publicKey),
    epoch: ceremony.ceremony.session.epoch,
    notBeforeMs: ceremony.notBeforeMs,
    oldNotAfterMs: ceremony.notBeforeMs + times.transitionMs,
  }
}

function newSignatureProblem(
  rules: KeyRules,
  state: KeyState,
  running: RunningCeremony,
  newSignature: Uint8Array | null,
): 'wrong-handover' | null {
  const pending = pendingHandover(rules.times, state)
  if (pending === null || newSignature === null) return pending === newSignature ? null : 'wrong-handover'
  const { combiner } = present(running.ceremony.qualified, 'dealings that count')
  return combiner.verify(handoverMessage(rules.networkId, pending), newSignature) ? null : 'wrong-handover'
}

function activated(
  rules: KeyRules,
  state: KeyState,
  at: Moment,
  running: RunningCeremony,
  handover: Handover | null,
): KeyChange {
  const { sharing } = present(running.ceremony.qualified, 'dealings that count')
  const { epoch } = running.ceremony.session
  const { sequence: activatedSequence, logTimeMs: activatedMs } = at
  const active = { keyId: keyIdOf(sharing.publicKey), epoch, sharing, activatedSequence, activatedMs }
  const events: KeyEventDetails[] = [
    { type: 'activated', kind: running.kind, keyId: active.keyId, epoch, publicKey: sharing.publicKey },
  ]
  if (handover !== null) events.push({ type: 'handed-over', handover })
  const handovers = [...state.handovers, ...(handover === null ? [] : [handover])].slice(-HANDOVERS_MAX)
  const next: KeyState = {
    ...state,
    active,
    retiring: [...state.retiring, ...(state.active === null ? [] : [retiringFrom(rules, state.active, at)])],
    ceremony: null,
    nextEpoch: epoch + 1,
    nextAttempt: 0,
    handovers,
    rotationVotes: new Map(),
    erased: new Map([...state.erased].filter(([erased]) => erased > epoch - ERASED_EPOCHS_MAX)),
  }
  return changed(next, ...events)
}

function retiringFrom(rules: KeyRules, old: SharedKey, at: Moment): RetiringKey {
  return {
    ...old,
    lastSequence: at.sequence - 1,
    retiresMs: at.logTimeMs + rules.times.transitionMs,
    retiresSequence: at.sequence + rules.checkpointInterval,
  }
}
