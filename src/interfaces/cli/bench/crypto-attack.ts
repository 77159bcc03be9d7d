import { setImmediate as breathe } from 'node:timers/promises'
import {
  applyConfirmation,
  applyDealing,
  applyRegistration,
  type Ceremony,
  createCeremony,
  type FaultCode,
  type Step,
} from '../../../crypto/threshold/ceremony.ts'
import { confirm, deal, register } from '../../../crypto/threshold/member.ts'
import type { Confirmation, Dealing } from '../../../crypto/threshold/package.ts'
import type { PublicCurve } from '../../../crypto/threshold/public-curve.ts'
import type { RandomBytes } from '../../../crypto/threshold/scalar.ts'
import { createSession, type Session } from '../../../crypto/threshold/session.ts'
import { assert, present } from '../../../lib/assert.ts'
import { REFUSALS_MAX } from '../../../membership/key-state.ts'
import { faultyMax, quorum } from '../../../pbft/quorum.ts'
import { cpuMs, quartilesOf } from './statistics.ts'

/**
 * What f members that lie can make every other member compute in one ceremony. What is refused is counted, and a member with too
 * many refusals, or with one refused dealing, is not heard again in that ceremony; a dealer whose dealing counted is convicted once, and
 * then all confirm anew.
 */
export interface AttackFigure {
  readonly members: number
  readonly faulty: number
  readonly curve: string
  /** A dealing in which only what is looked at last is wrong. */
  readonly refusedDealingMs: number
  /** A confirmation with another's proof. */
  readonly refusedConfirmationMs: number
  /** A complaint that is upheld: what counts is computed anew. */
  readonly convictionMs: number
  /** All that f members may cause, the right answers of the others to it among it. */
  readonly worstMs: number
}

const SAMPLES = 3

export async function measureAttack(
  [name, curve]: readonly [name: string, curve: PublicCurve],
  members: number,
  random: RandomBytes,
  signal: AbortSignal,
): Promise<AttackFigure> {
  const faulty = faultyMax(members)
  const timed = async (step: () => Step, expected: FaultCode): Promise<number> => {
    await breathe()
    signal.throwIfAborted()
    const startMs = cpuMs()
    const { faults } = step()
    const elapsedMs = cpuMs() - startMs
    assert(faults[0]?.code === expected, `a lie is found to be ${faults[0]?.code}`)
    return elapsedMs
  }
  const medianOf = async (step: () => Step, expected: FaultCode): Promise<number> => {
    const samplesMs: number[] = []
    for (let i = 0; i <= SAMPLES; i++) samplesMs.push(await timed(step, expected))
    return quartilesOf(samplesMs.slice(1)).median
  }

  const { registered, keys } = registerAll(members, random)
  const lie = dealingOf(curve, registered, random)
  const refusedDealingMs = await medianOf(
    () => applyDealing(curve, registered, 1, lie.refused),
    'wrong-constant-proof',
  )
  let ceremony = registered
  for (let dealer = 1; dealer <= members - faulty; dealer++) {
    await breathe()
    signal.throwIfAborted()
    const dealing = dealer === 1 ? lie.bad : deal(curve, ceremony, dealer, null, random)
    ceremony = applyDealing(curve, ceremony, dealer, dealing).ceremony
  }
  const [first, last] = [1, members].map(member =>
    sayOf(curve, ceremony, member, present(keys[member - 1], 'a key'), random),
  )
  const honest = present(first, 'a confirmation')
  const refusedConfirmationMs = await medianOf(
    () => applyConfirmation(curve, ceremony, 2, { ...honest, complaints: [] }),
    'wrong-share-proof',
  )
  const accusation = { ...present(last, 'a confirmation'), shareProof: null }
  const convictionMs = await medianOf(
    () => applyConfirmation(curve, ceremony, members, accusation),
    'bad-share',
  )
  // A right confirmation costs as much as a wrong one. Whoever is convicted of a dealing has had none refused.
  const refusals = Math.max(REFUSALS_MAX, faulty + 1)
  const convicted = refusals * refusedConfirmationMs + convictionMs + members * refusedConfirmationMs
  const refused = (REFUSALS_MAX - 1) * refusedConfirmationMs + refusedDealingMs
  const worstMs = faulty * Math.max(convicted, refused)
  return { members, faulty, curve: name, refusedDealingMs, refusedConfirmationMs, convictionMs, worstMs }
}

function registerAll(
  members: number,
  random: RandomBytes,
): { readonly registered: Ceremony; readonly keys: readonly Uint8Array[] } {
  let registered = createCeremony(sessionOf(members, random))
  const keys: Uint8Array[] = []
  for (let member = 1; member <= members; member++) {
    const { registration, decryptionKey } = register(registered.session, member, random)
    registered = applyRegistration(registered, member, registration).ceremony
    keys.push(decryptionKey)
  }
  return { registered, keys }
}

/** For a fresh key of a network of its own. */
function sessionOf(members: number, random: RandomBytes): Session {
  return createSession({
    networkId: random(32),
    epoch: 1,
    attempt: 0,
    startSequence: 0,
    membersHash: random(32),
    members,
    threshold: quorum(members),
    faultyMax: faultyMax(members),
    old: null,
  })
}

/** Of member 1. */
function dealingOf(
  curve: PublicCurve,
  registered: Ceremony,
  random: RandomBytes,
): { readonly refused: Dealing; readonly bad: Dealing } {
  const honest = deal(curve, registered, 1, null, random)
  const { constantProof, ciphertexts } = honest
  const last = present(constantProof.at(-1), 'a proof')
  return {
    refused: { ...honest, constantProof: constantProof.with(-1, last ^ 1) },
    // The last member cannot open it.
    bad: { ...honest, ciphertexts: ciphertexts.with(-1, random(48)) },
  }
}

function sayOf(
  curve: PublicCurve,
  ceremony: Ceremony,
  member: number,
  decryptionKey: Uint8Array,
  random: RandomBytes,
): Confirmation {
  return confirm(curve, ceremony, member, decryptionKey, random).confirmation
}
