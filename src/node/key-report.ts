import { dealersOf } from '../crypto/threshold/session.ts'
import { toHex } from '../lib/bytes.ts'
import type { ThresholdParameters } from '../membership/genesis.ts'
import type { KeyState, RetiringKey, RunningCeremony, SharedKey } from '../membership/key-state.ts'
import type {
  CeremonyInfo,
  CeremonyPhase,
  CeremonySummary,
  KeysInfo,
  RetiringKeyInfo,
  SharedKeyInfo,
  SharedKeySummary,
} from './api.ts'

/** The network's keys as the log has them, told to people and programs. @param certifiedSequence the last one with a certificate */
export function keySummary({ active, ceremony }: KeyState, certifiedSequence: number): SharedKeySummary {
  return {
    publicKey: active === null ? null : toHex(active.sharing.publicKey),
    keyId: active === null ? null : toHex(active.keyId),
    epoch: active?.epoch ?? null,
    certifiedSequence,
    ceremony: ceremony === null ? null : ceremonySummary(ceremony),
  }
}

export function keysInfo(
  { active, retiring, ceremony, handovers, rotationVotes, revokeVotes }: KeyState,
  times: ThresholdParameters,
): Omit<KeysInfo, 'networkId' | 'certifiedSequence'> {
  return {
    active: active === null ? null : keyInfo(active),
    retiring: retiring.map(retiringInfo),
    ceremony: ceremony === null ? null : ceremonyInfo(ceremony),
    handovers,
    rotationVotes: ascending(rotationVotes.keys()),
    revokeVotes: active === null ? [] : ascending(revokeVotes.get(toHex(active.keyId)) ?? []),
    refreshDueMs: active === null ? null : active.activatedMs + times.refreshMs,
  }
}

function keyInfo({ keyId, epoch, sharing, activatedSequence, activatedMs }: SharedKey): SharedKeyInfo {
  return {
    keyId: toHex(keyId),
    epoch,
    publicKey: toHex(sharing.publicKey),
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

function ceremonyInfo(running: RunningCeremony): CeremonyInfo {
  const { ceremony, attempt, startSequence, startMs, phaseSinceMs, notBeforeMs } = running
  const { session } = ceremony
  return {
    ...ceremonySummary(running),
    epoch: session.epoch,
    attempt,
    sessionId: toHex(session.id),
    startSequence,
    startMs,
    phaseSinceMs,
    notBeforeMs,
  }
}

function ceremonySummary(running: RunningCeremony): CeremonySummary {
  return { kind: running.kind, phase: phaseOf(running), missing: missingIn(running) }
}

/** A ceremony that is over is not in the state any more. */
function phaseOf({ ceremony: { phase }, isReady }: RunningCeremony): CeremonyPhase {
  if (phase === 'registering' || phase === 'dealing') return phase
  return isReady ? 'activating' : 'confirming'
}

const ascending = (members: Iterable<number>): readonly number[] => [...members].sort((a, b) => a - b)

/** Members from whom the phase still waits for something; it may end without some of them. */
function missingIn({ ceremony }: RunningCeremony): readonly number[] {
  const { phase, session, encryptionKeys, dealings, confirmed } = ceremony
  const said = {
    registering: new Set(encryptionKeys.keys()),
    dealing: new Set(dealings.map(({ dealer }) => dealer)),
    confirming: confirmed,
    active: null,
    failed: null,
  }[phase]
  const asked = phase === 'dealing' ? dealersOf(session) : session.members
  return Array.from({ length: asked }, (_, index) => index).filter(index => said?.has(index + 1) === false)
}
