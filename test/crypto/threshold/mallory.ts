import { applyConfirmation, type Fault, type FaultCode } from '../../../src/crypto/threshold/ceremony.ts'
import { confirm } from '../../../src/crypto/threshold/member.ts'
import type { Complaint, Confirmation, Dealing } from '../../../src/crypto/threshold/package.ts'
import {
  PROOF_OF_COMPLAINT,
  prove,
  ristrettoEquation,
  ristrettoKeyEquation,
} from '../../../src/crypto/threshold/proof.ts'
import { parseRistrettoScalar, RISTRETTO_BASE } from '../../../src/crypto/threshold/ristretto.ts'
import { createSession, pairContext } from '../../../src/crypto/threshold/session.ts'
import { present } from '../../../src/lib/assert.ts'
import { Stage, termsOf } from './stage.ts'
import { curve, seededBytes } from './support.ts'

/** Mallory, and what a member that says what it likes would say. */
export const MALLORY = 2

const registeredStage = new Stage(createSession(termsOf()), seededBytes('mallory')).registerAll()
const dealtStage = registeredStage.fork(seededBytes('dealt')).dealAll([1, 3, 4])

/** Four members who have registered. Mallory is the second of them, one may lie, three will sign. */
export const registered = (seed: string): Stage => registeredStage.fork(seededBytes(seed))

/** The same, and members 1, 3 and 4 have dealt. */
export const dealt = (seed: string): Stage => dealtStage.fork(seededBytes(seed))

export const codes = (faults: readonly Fault[]): readonly FaultCode[] => faults.map(({ code }) => code)

export const byMallory = (role: Fault['role'], code: FaultCode): readonly Fault[] => [
  { member: MALLORY, role, code },
]

export const keyOf = (stage: Stage, member: number): bigint =>
  present(parseRistrettoScalar(stage.decryptionKeys.get(member) ?? new Uint8Array(0)), 'a key')

/** Mallory's dealing in which one ciphertext is garbage. */
export function dealBadly(stage: Stage, victim: number): Dealing {
  const dealing = stage.deal(MALLORY)
  return { ...dealing, ciphertexts: dealing.ciphertexts.with(victim - 1, seededBytes('garbage')(48)) }
}

/** A complaint with right proofs, whether there is a cause or not. */
export function complaintOf(stage: Stage, accuser: number, dealer: number): Complaint {
  const accused = present(
    stage.ceremony.dealings.find(other => other.dealer === dealer),
    'a dealing',
  )
  const secret = keyOf(stage, accuser)
  const sharedPoint = accused.ephemeral.multiply(secret)
  const equations = [
    ristrettoKeyEquation(RISTRETTO_BASE.multiply(secret)),
    ristrettoEquation(accused.ephemeral, sharedPoint),
  ]
  const context = pairContext(stage.session, dealer, accuser)
  const proof = prove(PROOF_OF_COMPLAINT, context, equations, secret, stage.random)
  return { dealer, sharedPoint: sharedPoint.toBytes(), proof }
}

export const confirmationOf = (stage: Stage, member: number): Confirmation =>
  confirm(curve, stage.ceremony, member, stage.decryptionKeys.get(member) ?? new Uint8Array(0), stage.random)
    .confirmation

/** A right confirmation, but for the changes. */
export function say(stage: Stage, member: number, changes: Partial<Confirmation>): readonly Fault[] {
  const confirmation = { ...confirmationOf(stage, member), ...changes }
  return stage.take(applyConfirmation(curve, stage.ceremony, member, confirmation))
}
