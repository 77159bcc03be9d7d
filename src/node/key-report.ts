import { toHex } from '../lib/bytes.ts'
import type { ThresholdParameters } from '../membership/genesis.ts'
import { votersAt } from '../membership/key-rules.ts'
import type { KeyState, RetiringKey, SharedKey, Votes } from '../membership/key-state.ts'
import { progressOf } from '../runtime/key-duties.ts'
import type {
  CeremonyInfo,
  CeremonySummary,
  KeysInfo,
  RetiringKeyInfo,
  SharedKeyInfo,
  SharedKeySummary,
} from './api.ts'

/** The network's keys as the log has them, told to people and programs. @param certifiedSequence the last one with a certificate */
export function keySummary(
  keys: KeyState,
  certifiedSequence: number,
  trouble: SharedKeySummary['trouble'],
): SharedKeySummary {
  const { active } = keys
  return {
    publicKey: active === null ? null : toHex(active.sharing.publicKey),
    keyId: active === null ? null : toHex(active.keyId),
    epoch: active?.epoch ?? null,
    certifiedSequence,
    ceremony: ceremonySummary(keys),
    trouble,
  }
}

/** @param nowMs log time of an entry that would be ordered now: whoever asks then asks with those whose votes are told here */
export function keysInfo(
  keys: KeyState,
  times: ThresholdParameters,
  nowMs: number,
): Omit<KeysInfo, 'networkId' | 'certifiedSequence'> {
  const { active, retiring, handovers, rotationVotes, revokeVotes } = keys
  return {
    active: active === null ? null : keyInfo(active),
    retiring: retiring.map(retiringInfo),
    ceremony: ceremonyInfo(keys),
    handovers,
    rotationVotes: votersAt(rotationVotes, nowMs),
    revokeVotes: active === null ? [] : votersAt(revokeVotes.get(toHex(active.keyId)) ?? NO_VOTES, nowMs),
    refreshDueMs: active === null ? null : active.activatedMs + times.refreshMs,
  }
}

function keyInfo({ keyId, epoch, sharing, activatedSequence, activatedMs }: SharedKey): SharedKeyInfo {
  return {
    keyId: toHex(keyId),
    epoch,
    publicKey: toHex(sharing.publicKey),
    polynomial: sharing.commitments.map(toHex),
    threshold: sharing.threshold,
    members: sharing.publicShares.length,
    activatedSequence,
    activatedMs,
  }
}

function retiringInfo(key: RetiringKey): RetiringKeyInfo {
  const { lastSequence, retiresMs, retiresSequence } = key
  return { ...keyInfo(key), lastSequence, retiresMs, retiresSequence }
}

function ceremonyInfo(keys: KeyState): CeremonyInfo | null {
  const summary = ceremonySummary(keys)
  if (summary === null || keys.ceremony === null) return null
  const { ceremony, attempt, startSequence, startMs, phaseSinceMs, notBeforeMs } = keys.ceremony
  const { session } = ceremony
  return {
    ...summary,
    epoch: session.epoch,
    attempt,
    sessionId: toHex(session.id),
    startSequence,
    startMs,
    phaseSinceMs,
    notBeforeMs,
  }
}

function ceremonySummary(keys: KeyState): CeremonySummary | null {
  const progress = progressOf(keys)
  return progress === null || keys.ceremony === null ? null : { kind: keys.ceremony.kind, ...progress }
}

const NO_VOTES: Votes = new Map()
