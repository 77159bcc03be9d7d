import { equalBytes } from '../../lib/bytes.ts'
import { judge } from './complaint.ts'
import {
  type AcceptedDealing,
  activationMessage,
  confirmationMessage,
  type Qualified,
  qualify,
} from './dealings.ts'
import {
  CIPHERTEXT_BYTES,
  type Complaint,
  type Confirmation,
  type Dealing,
  dealingHash,
  type Registration,
} from './package.ts'
import {
  g2KeyEquation,
  PROOF_OF_CONSTANT,
  PROOF_OF_ENCRYPTION_KEY,
  PROOF_OF_EPHEMERAL,
  ristrettoKeyEquation,
  verifyProof,
} from './proof.ts'
import type { G2Point, PublicCurve } from './public-curve.ts'
import { decodeElement, type Element } from './ristretto.ts'
import { dealersOf, memberContext, type Session } from './session.ts'

/**
 * A key ceremony as everybody sees it who reads the log: a value, and functions that give the next value for each entry. It is
 * Joint-Feldman: every dealer shares a secret of its own, the key is the sum. The log is the broadcast channel that such
 * protocols assume; what it does not order has not happened.
 *
 * `registering` until all or, by then, enough members have a key for their shares; `dealing` until n - f dealings are there (fresh),
 * or the time is over (reshare); `confirming` until the new shares have signed together; then `active`. A dealer that is convicted
 * drops out at any time before, and with it all confirmations of what it had a part in. `failed` when too few dealers are left.
 */
export interface Ceremony {
  readonly session: Session
  readonly phase: 'registering' | 'dealing' | 'confirming' | 'active' | 'failed'
  /** By coordinate: where shares are sent to. Fixed when dealing starts. */
  readonly encryptionKeys: ReadonlyMap<number, Element>
  /** In log order, those of convicted dealers among them. */
  readonly dealings: readonly AcceptedDealing[]
  /** Dealers who dealt a bad share. */
  readonly convicted: ReadonlySet<number>
  /** Receivers who complained without a cause: they are not heard again. */
  readonly discredited: ReadonlySet<number>
  /** From `confirming` on. */
  readonly qualified: Qualified | null
  /** Receivers who have shown that they hold the share that `qualified` gives them. */
  readonly confirmed: ReadonlySet<number>
}

/** An entry's effect. Where there are faults and the ceremony is the one that was given, the entry has none. */
export interface Step {
  readonly ceremony: Ceremony
  readonly faults: readonly Fault[]
}

export interface Fault {
  /** Coordinate of whoever is at fault, among dealers or among receivers: in a reshare these are not the same members. */
  readonly member: number
  readonly role: 'dealer' | 'receiver'
  readonly code: FaultCode
}

export type FaultCode =
  /** What an honest member may meet with: the log went on meanwhile. */
  | 'late'
  | 'early'
  | 'repeated'
  | 'outdated'
  /** What no honest member says. */
  | 'not-a-member'
  | 'wrong-session'
  | 'malformed-point'
  | 'wrong-key-proof'
  | 'wrong-degree'
  | 'wrong-ciphertexts'
  | 'copied-ephemeral'
  | 'wrong-ephemeral-proof'
  | 'wrong-constant'
  | 'wrong-constant-proof'
  | 'equivocation'
  | 'bad-share'
  | 'wrong-complaint-proof'
  | 'false-complaint'
  | 'wrong-share-proof'
  | 'wrong-certificate'

const HARMLESS: ReadonlySet<FaultCode> = new Set(['late', 'early', 'repeated', 'outdated'])

export function isMisconduct({ code }: Fault): boolean {
  return !HARMLESS.has(code)
}

export function createCeremony(session: Session): Ceremony {
  return {
    session,
    phase: 'registering',
    encryptionKeys: new Map(),
    dealings: [],
    convicted: new Set(),
    discredited: new Set(),
    qualified: null,
    confirmed: new Set(),
  }
}

/** @param from who signed the entry: its coordinate among the receivers, as the log assigns it */
export function applyRegistration(ceremony: Ceremony, from: number, registration: Registration): Step {
  const { session, encryptionKeys } = ceremony
  const refuse = (code: FaultCode) => refused(ceremony, 'receiver', from, code)
  if (!isCoordinate(from, session.members)) return refuse('not-a-member')
  if (!equalBytes(registration.sessionId, session.id)) return refuse('wrong-session')
  if (ceremony.phase !== 'registering') return refuse('late')
  if (encryptionKeys.has(from)) return refuse('repeated')
  const key = decodeElement(registration.encryptionKey)
  if (key === null) return refuse('malformed-point')
  const context = memberContext(session, from)
  if (!verifyProof(PROOF_OF_ENCRYPTION_KEY, context, [ristrettoKeyEquation(key)], registration.proof))
    return refuse('wrong-key-proof')
  const registered = new Map([...encryptionKeys, [from, key] as const].sort(([a], [b]) => a - b))
  const isComplete = registered.size === session.members
  return accepted({
    ...ceremony,
    encryptionKeys: registered,
    phase: isComplete ? 'dealing' : 'registering',
  })
}

/** The deadline has passed, by the log. Without enough members to sign the ceremony goes on waiting. */
export function closeRegistration(ceremony: Ceremony): Ceremony {
  const { session, phase, encryptionKeys } = ceremony
  const isEnough = encryptionKeys.size >= session.members - session.faultyMax
  return phase === 'registering' && isEnough ? { ...ceremony, phase: 'dealing' } : ceremony
}

/** @param from who signed the entry: its coordinate among the dealers, as the log assigns it */
export function applyDealing(curve: PublicCurve, ceremony: Ceremony, from: number, dealing: Dealing): Step {
  const refuse = (code: FaultCode) => refused(ceremony, 'dealer', from, code)
  const { session, dealings } = ceremony
  if (!isCoordinate(from, dealersOf(session))) return refuse('not-a-member')
  if (!equalBytes(dealing.sessionId, session.id)) return refuse('wrong-session')
  const hash = dealingHash(dealing)
  const before = dealings.find(({ dealer }) => dealer === from)
  if (before !== undefined) return refuse(equalBytes(before.hash, hash) ? 'repeated' : 'equivocation')
  if (ceremony.phase !== 'dealing') return refuse(ceremony.phase === 'registering' ? 'early' : 'late')
  const checked = checkDealing(curve, ceremony, from, dealing)
  if (typeof checked === 'string') return refuse(checked)
  const receivers = [...ceremony.encryptionKeys.keys()]
  const ciphertexts = new Map(dealing.ciphertexts.map((text, i) => [receivers[i] ?? 0, text]))
  const next = { ...ceremony, dealings: [...dealings, { dealer: from, hash, ciphertexts, ...checked }] }
  // A fresh key takes the first n - f, so that whoever deals last chooses among few; a reshare whoever comes in time.
  const awaited = session.old === null ? session.members - session.faultyMax : dealersOf(session)
  return accepted(next.dealings.length === awaited ? requalify(curve, next) : next)
}

/** Cheap checks first. Every replica makes them all before the dealing counts. */
function checkDealing(
  curve: PublicCurve,
  { session, encryptionKeys, dealings }: Ceremony,
  from: number,
  dealing: Dealing,
): FaultCode | { readonly commitments: readonly G2Point[]; readonly ephemeral: Element } {
  // Exactly as many: one commitment more, and more shares than agreed would be needed to sign.
  if (dealing.commitments.length !== session.threshold) return 'wrong-degree'
  const { ciphertexts } = dealing
  if (
    ciphertexts.length !== encryptionKeys.size ||
    ciphertexts.some(text => text.length !== CIPHERTEXT_BYTES)
  )
    return 'wrong-ciphertexts'
  const oldShare = session.old?.publicShares[from - 1]
  const constant = dealing.commitments[0]
  if (oldShare !== undefined && (constant === undefined || !equalBytes(constant, oldShare)))
    return 'wrong-constant'
  const ephemeral = decodeElement(dealing.ephemeral)
  if (ephemeral === null) return 'malformed-point'
  if (dealings.some(other => other.ephemeral.equals(ephemeral))) return 'copied-ephemeral'
  const context = memberContext(session, from)
  if (!verifyProof(PROOF_OF_EPHEMERAL, context, [ristrettoKeyEquation(ephemeral)], dealing.ephemeralProof))
    return 'wrong-ephemeral-proof'
  const commitments: G2Point[] = []
  for (const bytes of dealing.commitments) {
    const point = curve.decodeG2(bytes)
    if (point === null) return 'malformed-point'
    commitments.push(point)
  }
  const equations = commitments.slice(0, 1).map(point => g2KeyEquation(curve, point))
  if (!verifyProof(PROOF_OF_CONSTANT, context, equations, dealing.constantProof))
    return 'wrong-constant-proof'
  return { commitments, ephemeral }
}

/** The deadline has passed, by the log. A reshare goes on with the dealings that are there; without enough of them it waits. */
export function closeDealing(curve: PublicCurve, ceremony: Ceremony): Ceremony {
  const { phase, session, dealings } = ceremony
  const isEnough = session.old !== null && dealings.length >= session.old.threshold
  return phase === 'dealing' && isEnough ? requalify(curve, ceremony) : ceremony
}

/** @param from who signed the entry: its coordinate among the receivers, as the log assigns it */
export function applyConfirmation(
  curve: PublicCurve,
  ceremony: Ceremony,
  from: number,
  confirmation: Confirmation,
): Step {
  const refuse = (code: FaultCode) => refused(ceremony, 'receiver', from, code)
  if (!ceremony.encryptionKeys.has(from)) return refuse('not-a-member')
  if (!equalBytes(confirmation.sessionId, ceremony.session.id)) return refuse('wrong-session')
  if (ceremony.phase !== 'confirming')
    return refuse(ceremony.phase === 'active' || ceremony.phase === 'failed' ? 'late' : 'early')
  const judged = applyComplaints(curve, ceremony, from, confirmation.complaints)
  if (confirmation.shareProof === null) return judged
  const code = checkShareProof(judged.ceremony, from, confirmation)
  if (code !== null)
    return { ...judged, faults: [...judged.faults, { member: from, role: 'receiver', code }] }
  const confirmed = new Set([...judged.ceremony.confirmed, from])
  return { ...judged, ceremony: { ...judged.ceremony, confirmed } }
}

function checkShareProof(ceremony: Ceremony, from: number, confirmation: Confirmation): FaultCode | null {
  const { qualified, session } = ceremony
  const { dealingsHash, shareProof } = confirmation
  if (qualified === null || shareProof === null || !equalBytes(dealingsHash, qualified.hash))
    return 'outdated'
  const message = confirmationMessage(session, qualified.hash)
  const isRight = qualified.combiner.verifyPartial(message, { index: from, signature: shareProof })
  return isRight ? null : 'wrong-share-proof'
}

function applyComplaints(
  curve: PublicCurve,
  ceremony: Ceremony,
  accuser: number,
  complaints: readonly Complaint[],
): Step {
  const convicted = new Set(ceremony.convicted)
  const faults: Fault[] = []
  const encryptionKey = ceremony.encryptionKeys.get(accuser)
  for (const complaint of complaints) {
    const dealing = ceremony.dealings.find(({ dealer }) => dealer === complaint.dealer)
    if (dealing === undefined || encryptionKey === undefined || convicted.has(dealing.dealer)) continue
    // One lie is enough: judging costs more than lying.
    if (ceremony.discredited.has(accuser) || faults.some(({ role }) => role === 'receiver')) break
    const judgement = judge(curve, { session: ceremony.session, dealing, accuser, encryptionKey }, complaint)
    if (judgement === 'upheld') {
      convicted.add(dealing.dealer)
      faults.push({ member: dealing.dealer, role: 'dealer', code: 'bad-share' })
    } else faults.push({ member: accuser, role: 'receiver', code: judgement })
  }
  const hasLied = faults.some(({ role }) => role === 'receiver')
  const discredited = hasLied ? new Set([...ceremony.discredited, accuser]) : ceremony.discredited
  if (convicted.size === ceremony.convicted.size) return { ceremony: { ...ceremony, discredited }, faults }
  return { ceremony: requalify(curve, { ...ceremony, convicted, discredited }), faults }
}

/** Confirmations stay when the dealings that count are the same as before. */
function requalify(curve: PublicCurve, ceremony: Ceremony): Ceremony {
  const { session, dealings, convicted } = ceremony
  const surviving = dealings.filter(({ dealer }) => !convicted.has(dealer))
  const qualified = qualify(curve, session, surviving)
  if (qualified === null) return { ...ceremony, phase: 'failed', qualified: null, confirmed: new Set() }
  const isSame = ceremony.qualified !== null && equalBytes(ceremony.qualified.hash, qualified.hash)
  return { ...ceremony, phase: 'confirming', qualified, confirmed: isSame ? ceremony.confirmed : new Set() }
}

/** Whether the shares may sign the activation: all members have confirmed, or enough and the time for the others is over. */
export function isReady({ phase, session, confirmed }: Ceremony, isGraceOver: boolean): boolean {
  const awaited = isGraceOver ? session.members - session.faultyMax : session.members
  return phase === 'confirming' && confirmed.size >= awaited
}

/**
 * The new shares have signed together: from this entry on the new sharing counts, and an old one may be retired.
 * @param from who signed the entry @param certificate a signature over `activationMessage`, 48 bytes
 */
export function applyActivation(ceremony: Ceremony, from: number, certificate: Uint8Array): Step {
  const refuse = (code: FaultCode) => refused(ceremony, 'receiver', from, code)
  const { qualified, session } = ceremony
  if (ceremony.phase !== 'confirming' || qualified === null)
    return refuse(ceremony.phase === 'active' || ceremony.phase === 'failed' ? 'late' : 'early')
  if (!isReady(ceremony, true)) return refuse('early')
  if (!qualified.combiner.verify(activationMessage(session, qualified), certificate))
    return refuse('wrong-certificate')
  return accepted({ ...ceremony, phase: 'active' })
}

const isCoordinate = (index: number, count: number): boolean =>
  Number.isInteger(index) && index >= 1 && index <= count

const accepted = (ceremony: Ceremony): Step => ({ ceremony, faults: [] })

const refused = (ceremony: Ceremony, role: Fault['role'], member: number, code: FaultCode): Step => ({
  ceremony,
  faults: [{ member, role, code }],
})
