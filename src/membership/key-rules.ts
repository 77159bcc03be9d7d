import { equalBytes, toHex } from '../lib/bytes.ts'
import type { ReplicaId } from '../pbft/types.ts'
import { activate, handOver } from './key-activation.ts'
import { applyToCeremony, failCeremony, passCeremonyTime, startCeremony } from './key-ceremony.ts'
import { changed, type KeyChange, type KeyRules, type Moment, unchanged } from './key-change.ts'
import {
  ERASED_EPOCHS_MAX,
  type KeyEventDetails,
  type KeyState,
  RETIRED_MAX,
  RETIRING_MAX,
  type RetiredKey,
  type RetiringKey,
  type SharedKey,
  servedKeys,
  type Votes,
} from './key-state.ts'
import type { SystemOperation } from './system-operation.ts'

/**
 * The rules of the log for keys: what each operation of a member, and the passing of time, makes of the state. README.md has them in
 * tables. An operation without an effect gives a code that says why, and leaves the state as it was, but for the count of a
 * member's lies.
 */

/** Refreshes before their time, in the whole network. */
export const EARLY_REFRESH_EVERY_MS = 600_000
/** With so many keys retiring none is begun before its time: one member alone could keep out every new key. */
export const RETIRING_FOR_EARLY_MAX = RETIRING_MAX / 2
/** A member that asks again for what it takes several to ask for is counted anew, but no oftener. */
const REQUEST_AGAIN_MS = 600_000
/** How long its request stands: requests of liars that stood for ever would one day be enough together with somebody's mistake. */
const REQUEST_STANDS_MS = 86_400_000
/** Sequences for which the key that certified them is known, in log windows. */
const WINDOWS_REMEMBERED = 3

export function applyOperation(
  rules: KeyRules,
  state: KeyState,
  at: Moment,
  member: ReplicaId,
  operation: SystemOperation,
): KeyChange {
  switch (operation.type) {
    case 'start':
      return start(rules, state, at, member, operation)
    case 'register':
    case 'deal':
    case 'confirm':
      return applyToCeremony(rules, state, at, member, operation)
    case 'activate':
      return activate(rules, state, at, member, operation)
    case 'hand-over':
      return handOver(rules, state, at, member, operation)
    case 'advance':
      return changed(state)
    case 'erased':
      return noteErased(state, member, operation.epoch)
    case 'revoke':
      return voteToRevoke(rules, state, at, member, operation.keyId)
  }
}

function start(
  rules: KeyRules,
  state: KeyState,
  at: Moment,
  member: ReplicaId,
  { kind, epoch }: Extract<SystemOperation, { readonly type: 'start' }>,
): KeyChange {
  const { active, ceremony, retiring, nextEpoch } = state
  if (ceremony !== null) return unchanged(state, 'ceremony-running')
  if (kind === 'fresh' && active !== null) return unchanged(state, 'key-exists')
  if (kind !== 'fresh' && active === null) return unchanged(state, 'no-key')
  // Several ask for what is due, and a faulty primary orders one of them when it is done: nobody asked for one more.
  if (epoch !== nextEpoch) return unchanged(state, 'outdated')
  // A first key, also one after a revocation, makes no other retire.
  if (active === null) return startCeremony(rules, state, at, kind)
  if (retiring.length >= RETIRING_MAX) return unchanged(state, 'too-many-retiring')
  return kind === 'refresh' ? refresh(rules, state, at, active) : voteToRotate(rules, state, at, member)
}

function refresh(rules: KeyRules, state: KeyState, at: Moment, active: SharedKey): KeyChange {
  if (at.logTimeMs >= active.activatedMs + rules.times.refreshMs)
    return startCeremony(rules, state, at, 'refresh')
  const { lastStartMs, retiring } = state
  if (retiring.length >= RETIRING_FOR_EARLY_MAX) return unchanged(state, 'too-many-retiring')
  if (lastStartMs !== null && at.logTimeMs < lastStartMs + EARLY_REFRESH_EVERY_MS)
    return unchanged(state, 'too-early')
  return startCeremony(rules, { ...state, lastStartMs: at.logTimeMs }, at, 'refresh')
}

function voteToRotate(rules: KeyRules, state: KeyState, at: Moment, member: ReplicaId): KeyChange {
  const rotationVotes = withVote(state.rotationVotes, at, member)
  if (rotationVotes === null) return unchanged(state, 'repeated')
  const votes = rotationVotes.size
  const needed = rules.faultyMax + 1
  const asked: KeyEventDetails = { type: 'asked', request: 'rotate', member, votes, needed }
  if (votes < needed) return changed({ ...state, rotationVotes }, asked)
  const started = startCeremony(rules, state, at, 'rotate')
  return { ...started, events: [asked, ...started.events] }
}

/** The votes that stand, and this one; null: it was cast a moment ago. */
function withVote(votes: Votes, { logTimeMs }: Moment, member: ReplicaId): Votes | null {
  const askedBeforeMs = votes.get(member)
  if (askedBeforeMs !== undefined && logTimeMs < askedBeforeMs + REQUEST_AGAIN_MS) return null
  const standing = [...votes].filter(([voter, askedMs]) => voter !== member && isStanding(askedMs, logTimeMs))
  return new Map([...standing, [member, logTimeMs] as const])
}

const isStanding = (askedMs: number, logTimeMs: number): boolean => logTimeMs < askedMs + REQUEST_STANDS_MS

/** @returns whose votes an entry of this log time counts, ascending */
export function votersAt(votes: Votes, logTimeMs: number): readonly ReplicaId[] {
  const standing = [...votes].filter(([, askedMs]) => isStanding(askedMs, logTimeMs))
  return standing.map(([voter]) => voter).sort((a, b) => a - b)
}

function noteErased(state: KeyState, member: ReplicaId, epoch: number): KeyChange {
  const { nextEpoch } = state
  const isServed = servedKeys(state).some(key => key.epoch === epoch)
  if (isServed || epoch >= nextEpoch || epoch < nextEpoch - ERASED_EPOCHS_MAX)
    return unchanged(state, 'unknown-epoch')
  const members = state.erased.get(epoch) ?? new Set()
  if (members.has(member)) return unchanged(state, 'repeated')
  const erased = new Map([...state.erased, [epoch, new Set([...members, member])] as const])
  return changed({ ...state, erased }, { type: 'erased', member, epoch })
}

function voteToRevoke(
  rules: KeyRules,
  state: KeyState,
  at: Moment,
  member: ReplicaId,
  keyId: Uint8Array,
): KeyChange {
  const name = toHex(keyId)
  if (!namesOf(state).has(name)) return unchanged(state, 'unknown-key')
  const voters = withVote(state.revokeVotes.get(name) ?? new Map(), at, member)
  if (voters === null) return unchanged(state, 'repeated')
  const revokeVotes = new Map([...state.revokeVotes, [name, voters] as const])
  const votes = voters.size
  const asked: KeyEventDetails = { type: 'asked', request: 'revoke', member, votes, needed: rules.quorum }
  if (votes < rules.quorum) return changed({ ...state, revokeVotes }, asked)
  return revoke({ ...state, revokeVotes }, at, keyId, [asked])
}

/** Key ids that are served, in hexadecimal digits. */
function namesOf(state: KeyState): ReadonlySet<string> {
  return new Set(servedKeys(state).map(({ keyId }) => toHex(keyId)))
}

function revoke(
  state: KeyState,
  at: Moment,
  keyId: Uint8Array,
  asked: readonly KeyEventDetails[],
): KeyChange {
  const isMeant = (key: SharedKey): boolean => equalBytes(key.keyId, keyId)
  const { active } = state
  const isActive = active !== null && isMeant(active)
  const ended = state.retiring.filter(isMeant).map(key => retiredFrom(key, key.lastSequence, true))
  if (isActive) ended.push(retiredFrom(active, at.sequence - 1, true))
  const next = withoutVotesForUnknown({
    ...state,
    active: isActive ? null : active,
    retiring: state.retiring.filter(key => !isMeant(key)),
    retired: [...state.retired, ...ended].slice(-RETIRED_MAX),
    rotationVotes: isActive ? new Map() : state.rotationVotes,
  })
  const events: readonly KeyEventDetails[] = [...asked, { type: 'revoked', keyId }]
  return isActive && next.ceremony !== null ? failCeremony(next, 'revoked', events) : changed(next, ...events)
}

function retiredFrom(key: SharedKey, lastSequence: number, isRevoked: boolean): RetiredKey {
  const { keyId, epoch, sharing, activatedSequence, activatedMs } = key
  return { keyId, epoch, sharing, activatedSequence, activatedMs, lastSequence, isRevoked }
}

function withoutVotesForUnknown(state: KeyState): KeyState {
  const names = namesOf(state)
  const revokeVotes = new Map([...state.revokeVotes].filter(([name]) => names.has(name)))
  return { ...state, revokeVotes }
}

/** To be called for each sequence before what it says: what time alone does. Without retiring keys it is a few comparisons. */
export function passTime(rules: KeyRules, state: KeyState, at: Moment): KeyChange {
  const { state: retired, events } = retireDue(rules, state, at)
  if (retired.ceremony === null) return { state: retired, code: 'done', events }
  const passed = passCeremonyTime(rules, retired, at)
  return events.length === 0 ? passed : { ...passed, events: [...events, ...passed.events] }
}

function retireDue(rules: KeyRules, state: KeyState, at: Moment): KeyChange {
  const { retiring, retired } = state
  const rememberedFrom = at.sequence - WINDOWS_REMEMBERED * rules.logWindow
  const isForgotten = (key: RetiredKey): boolean => key.lastSequence < rememberedFrom
  const isDue = (key: RetiringKey): boolean =>
    at.logTimeMs >= key.retiresMs && at.sequence >= key.retiresSequence
  if (!retiring.some(isDue) && !retired.some(isForgotten)) return unchanged(state, 'done')
  const due = retiring.filter(isDue)
  const ended = due.map(key => retiredFrom(key, key.lastSequence, false))
  const next = withoutVotesForUnknown({
    ...state,
    retiring: retiring.filter(key => !isDue(key)),
    retired: [...retired.filter(key => !isForgotten(key)), ...ended].slice(-RETIRED_MAX),
  })
  return changed(next, ...due.map(({ keyId, epoch }): KeyEventDetails => ({ type: 'retired', keyId, epoch })))
}
