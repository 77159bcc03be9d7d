import {
  applyActivation,
  applyConfirmation,
  applyDealing,
  applyRegistration,
  type Ceremony,
  closeDealing,
  closeRegistration,
  createCeremony,
  type FaultCode,
  isMisconduct,
  type Step,
} from '../crypto/threshold/ceremony.ts'
import type { Confirmation } from '../crypto/threshold/package.ts'
import type { PublicCurve } from '../crypto/threshold/public-curve.ts'
import { createSession, type Session } from '../crypto/threshold/session.ts'
import type { PublicSharing } from '../crypto/threshold/signature.ts'
import { equalBytes } from '../lib/bytes.ts'
import { type ReplicaId, replicaId } from '../pbft/types.ts'
import { changed, type KeyChange, type KeyRules, type Moment, unchanged } from './key-change.ts'
import {
  type CeremonyEntry,
  type CeremonyOperation,
  type FailureReason,
  type KeyEventDetails,
  type KeyState,
  REFUSALS_MAX,
  type RunningCeremony,
} from './key-state.ts'
import type { CeremonyKind } from './system-operation.ts'
import type { SystemCode } from './system-result.ts'

/**
 * A ceremony in the log: what members say in it, in the order of the log, and deadlines, by the time of the log. Whether a package is
 * good is for the ceremony's own rules to say; here is who is heard, when a phase ends without those who are silent, when the
 * ceremony has failed, and when the new shares may sign.
 */
export interface CeremonyTerms {
  readonly epoch: number
  readonly attempt: number
  readonly startSequence: number
  /** The sharing that is dealt again; null: a new key. */
  readonly old: PublicSharing | null
}

/** A phase that lasts so many deadlines is given up, and the ceremony with it. */
export const PHASE_DEADLINES_MAX = 10

export function sessionOf(rules: KeyRules, terms: CeremonyTerms): Session {
  const { networkId, membersHash, members, faultyMax, quorum } = rules
  const { epoch, attempt, startSequence, old } = terms
  return createSession({
    networkId,
    epoch,
    attempt,
    startSequence,
    membersHash,
    members,
    threshold: quorum,
    faultyMax,
    old: old === null ? null : { sharing: old, membersHash },
  })
}

export function startCeremony(rules: KeyRules, state: KeyState, at: Moment, kind: CeremonyKind): KeyChange {
  const old = kind === 'refresh' ? (state.active?.sharing ?? null) : null
  const { nextEpoch: epoch, nextAttempt: attempt } = state
  const session = sessionOf(rules, { epoch, attempt, startSequence: at.sequence, old })
  const ceremony: RunningCeremony = {
    ceremony: createCeremony(session),
    kind,
    attempt,
    startSequence: at.sequence,
    startMs: at.logTimeMs,
    phaseSinceMs: at.logTimeMs,
    isReady: false,
    notBeforeMs: null,
    newSignature: null,
    refusals: new Map(),
    entries: [],
  }
  return changed(
    { ...state, ceremony, rotationVotes: new Map() },
    { type: 'ceremony-started', kind, epoch, attempt, sessionId: session.id },
  )
}

/** What a member says in the ceremony. Cheap reasons for not hearing it come first. */
export function applyToCeremony(
  rules: KeyRules,
  state: KeyState,
  at: Moment,
  member: ReplicaId,
  operation: CeremonyOperation,
): KeyChange {
  const running = state.ceremony
  if (running === null) return unchanged(state, 'no-ceremony')
  const deaf = whyNotHeard(running, member, sessionIdOf(operation))
  if (deaf !== null) return unchanged(state, deaf)
  // The key that follows is fixed: the old one signs for it.
  if (running.newSignature !== null) return unchanged(state, 'late')
  const heard = relevantPart(running, member, operation)
  if (typeof heard === 'string') return unchanged(state, heard)
  const step = stepOf(rules.curve, running.ceremony, member, heard)
  const events = step.faults.filter(isMisconduct).map(
    (fault): KeyEventDetails => ({
      type: 'fault',
      member: replicaId(fault.member - 1),
      role: fault.role,
      code: fault.code,
    }),
  )
  const accused = events.some(event => event.type === 'fault' && event.member === member)
  // An honest member makes one dealing in a ceremony, and judging one costs more than anything else: a bad one is its last word.
  const count = operation.type === 'deal' ? REFUSALS_MAX : 1
  const counted = accused ? withRefusal(running, member, count) : running
  if (isSame(running.ceremony, step.ceremony)) {
    const code = step.faults[0]?.code ?? 'nothing-said'
    return { state: { ...state, ceremony: counted }, code, events }
  }
  const entry: CeremonyEntry = { type: 'said', member, operation: heard }
  return goOn(rules, state, at, { ...counted, entries: [...running.entries, entry] }, step.ceremony, [
    ...events,
    ...saidEvents(running.ceremony, step.ceremony, member, heard),
  ])
}

/** Misconduct is counted where judging it cost something; what merely comes late costs nothing. */
export function whyNotHeard(
  { ceremony, refusals }: RunningCeremony,
  member: ReplicaId,
  sessionId: Uint8Array,
): SystemCode | null {
  if (!equalBytes(sessionId, ceremony.session.id)) return 'wrong-session'
  return (refusals.get(member) ?? 0) >= refusalsMax(ceremony) ? 'not-heard' : null
}

/** An honest ACTIVATE that a primary holds back until a conviction has changed the shares looks like a lie: one for each conviction. */
export function refusalsMax({ convicted }: Pick<Ceremony, 'convicted'>): number {
  return Math.max(REFUSALS_MAX, convicted.size + 1)
}

export function withRefusal(running: RunningCeremony, member: ReplicaId, count = 1): RunningCeremony {
  const counted = Math.min((running.refusals.get(member) ?? 0) + count, refusalsMax(running.ceremony))
  return { ...running, refusals: new Map([...running.refusals, [member, counted]]) }
}

function sessionIdOf(operation: CeremonyOperation): Uint8Array {
  switch (operation.type) {
    case 'register':
      return operation.registration.sessionId
    case 'deal':
      return operation.dealing.sessionId
    case 'confirm':
      return operation.confirmation.sessionId
  }
}

/**
 * What of it can have an effect. Complaints that would be passed over are cut off before anything is kept: a ceremony keeps what had
 * an effect, and must not be made to keep more.
 */
function relevantPart(
  { ceremony }: RunningCeremony,
  member: ReplicaId,
  operation: CeremonyOperation,
): CeremonyOperation | SystemCode {
  if (operation.type !== 'confirm') return operation
  const confirmation = withRelevantComplaints(ceremony, member + 1, operation.confirmation)
  if (confirmation.complaints.length === 0) {
    if (confirmation.shareProof === null) return 'nothing-said'
    if (ceremony.confirmed.has(member + 1)) return 'repeated'
  }
  return { type: 'confirm', confirmation }
}

function withRelevantComplaints(
  { dealings, convicted, discredited }: Ceremony,
  accuser: number,
  confirmation: Confirmation,
): Confirmation {
  if (discredited.has(accuser)) return { ...confirmation, complaints: [] }
  const open = new Set(dealings.map(({ dealer }) => dealer).filter(dealer => !convicted.has(dealer)))
  const complaints = confirmation.complaints.filter(({ dealer }) => open.delete(dealer))
  return { ...confirmation, complaints }
}

/** Also what gives a ceremony again from its entries. */
export function stepOf(
  curve: PublicCurve,
  ceremony: Ceremony,
  member: ReplicaId,
  operation: CeremonyOperation,
): Step {
  const coordinate = member + 1
  switch (operation.type) {
    case 'register':
      return applyRegistration(ceremony, coordinate, operation.registration)
    case 'deal':
      return applyDealing(curve, ceremony, coordinate, operation.dealing)
    case 'confirm':
      return applyConfirmation(curve, ceremony, coordinate, operation.confirmation)
  }
}

/** The end of a phase for those who are silent; the ceremony itself when there are too few others. */
export function closePhase(curve: PublicCurve, ceremony: Ceremony): Ceremony {
  return ceremony.phase === 'registering' ? closeRegistration(ceremony) : closeDealing(curve, ceremony)
}

function isSame(a: Ceremony, b: Ceremony): boolean {
  return (
    a.phase === b.phase &&
    a.encryptionKeys.size === b.encryptionKeys.size &&
    a.dealings.length === b.dealings.length &&
    a.convicted.size === b.convicted.size &&
    a.discredited.size === b.discredited.size &&
    a.confirmed.size === b.confirmed.size
  )
}

function saidEvents(
  before: Ceremony,
  after: Ceremony,
  member: ReplicaId,
  { type }: CeremonyOperation,
): readonly KeyEventDetails[] {
  if (type === 'register') return [{ type: 'registered', member }]
  if (type === 'deal') return [{ type: 'dealt', member }]
  const isNew = !before.confirmed.has(member + 1) || before.qualified !== after.qualified
  return isNew && after.confirmed.has(member + 1) ? [{ type: 'confirmed', member }] : []
}

/** The ceremony with its next value: another phase, a failure, or ready to sign. */
function goOn(
  rules: KeyRules,
  state: KeyState,
  at: Moment,
  running: RunningCeremony,
  ceremony: Ceremony,
  events: readonly KeyEventDetails[],
): KeyChange {
  const before = running.ceremony
  if (ceremony.phase === 'failed')
    return failCeremony({ ...state, ceremony: running }, 'too-few-dealers', events)
  // Whoever was convicted took all confirmations with it, or not; in either case the others get their time again.
  const isNewPhase = before.phase !== ceremony.phase || before.convicted.size !== ceremony.convicted.size
  const next: RunningCeremony = isNewPhase
    ? { ...running, ceremony, phaseSinceMs: at.logTimeMs, isReady: false, notBeforeMs: null }
    : { ...running, ceremony }
  const phase: readonly KeyEventDetails[] =
    before.phase === ceremony.phase ? [] : [{ type: 'phase', phase: ceremony.phase }]
  return markReady(rules, state, at, next, [...events, ...phase])
}

/** Nobody is waited for who has not registered: without a share there is nothing to confirm, and nothing to complain about. */
function markReady(
  rules: KeyRules,
  state: KeyState,
  at: Moment,
  running: RunningCeremony,
  events: readonly KeyEventDetails[],
): KeyChange {
  const { phase, confirmed, encryptionKeys, session } = running.ceremony
  const isGraceOver = at.logTimeMs >= running.phaseSinceMs + rules.times.graceMs
  const awaited = isGraceOver ? session.members - session.faultyMax : encryptionKeys.size
  if (running.isReady || phase !== 'confirming' || confirmed.size < awaited)
    return { state: { ...state, ceremony: running }, code: 'done', events }
  const ceremony = { ...running, isReady: true, notBeforeMs: at.logTimeMs }
  return {
    state: { ...state, ceremony },
    code: 'done',
    events: [...events, { type: 'phase', phase: 'ready' }],
  }
}

/** The old key stays; the next attempt is another session. */
export function failCeremony(
  state: KeyState,
  reason: FailureReason,
  events: readonly KeyEventDetails[] = [],
): KeyChange {
  const { nextEpoch: epoch, nextAttempt: attempt } = state
  return changed({ ...state, ceremony: null, nextAttempt: attempt + 1 }, ...events, {
    type: 'failed',
    reason,
    epoch,
    attempt,
  })
}

/** What log time alone does to a ceremony. */
export function passCeremonyTime(rules: KeyRules, state: KeyState, at: Moment): KeyChange {
  const running = state.ceremony
  // What is fixed does not expire: the old key may have signed for it, and would have to sign for another one then.
  if (running === null || running.newSignature !== null) return changed(state)
  const { deadlineMs, graceMs } = rules.times
  const elapsedMs = at.logTimeMs - running.phaseSinceMs
  const { phase } = running.ceremony
  if (phase !== 'confirming' && elapsedMs >= deadlineMs) {
    const ceremony = closePhase(rules.curve, running.ceremony)
    const entries: readonly CeremonyEntry[] = [...running.entries, { type: 'closed' }]
    if (ceremony !== running.ceremony) return goOn(rules, state, at, { ...running, entries }, ceremony, [])
  }
  if (elapsedMs >= PHASE_DEADLINES_MAX * deadlineMs) return failCeremony(state, 'stalled')
  if (running.isReady || phase !== 'confirming' || elapsedMs < graceMs) return changed(state)
  return markReady(rules, state, at, running, [])
}

/** The certificate by the new shares, of a ceremony that is ready for it. @returns what is wrong with it */
export function checkActivation(
  running: RunningCeremony,
  member: ReplicaId,
  certificate: Uint8Array,
): FaultCode | null {
  return applyActivation(running.ceremony, member + 1, certificate).faults[0]?.code ?? null
}
