import { type Charge, Forensics } from '../../pbft/forensics.ts'
import { faultyMax, quorum } from '../../pbft/quorum.ts'
import type { Certificate, ReplicaId } from '../../pbft/types.ts'
import { encodeEvidence, judge } from '../../wire/evidence.ts'
import { isRejection } from '../../wire/rejection.ts'
import { isStandInSignature } from '../signatures.ts'
import type { Checker, CheckerContext } from './checker.ts'
import { saidIn } from './said.ts'

/**
 * Whoever broke the protocol can be named from what correct members said and heard, and nobody else can. No correct member is ever
 * charged; and when two correct members have different histories, at least 2q-n members are, each with a proof that convinces a judge who
 * knows the public keys. Owed with fewer than q faulty members only: q of them certify whatever they like with nobody looking. A member
 * that lost its disk may have left a view that it then commits in, because nobody who knew it had to answer: this looks like a commit that it
 * forgot. If more than f are faulty, those without memory included, it may contradict all that it forgot.
 */
export interface CulpritSearch extends Checker {
  /** Have correct members different histories? */
  readonly isBroken: boolean
  readonly charges: readonly Charge[]
  readonly culprits: readonly ReplicaId[]
  /** Compares with what must hold; called once, when all is over. */
  conclude(): void
}

export function createCulpritSearch(
  context: Pick<CheckerContext, 'options' | 'scope' | 'reader' | 'isFaulty' | 'violation'>,
): CulpritSearch {
  const { options, scope, reader, isFaulty, violation } = context
  const { n, logWindow } = options
  const forensics = new Forensics({ epoch: scope.epoch, n, logWindow })
  const known = new WeakSet<Uint8Array>()
  const histories = new Map<number, string>()
  const wiped = new Set<ReplicaId>()
  let isBroken = false

  /** Our own members' signatures are not in doubt, and others read the same. */
  function takeOwn(bytes: Uint8Array): void {
    known.add(bytes)
    const said = saidIn(reader, bytes)
    if (typeof said !== 'string') for (const message of said.messages) forensics.add(message)
  }

  function take(bytes: Uint8Array): void {
    if (known.has(bytes)) return
    known.add(bytes)
    const claimed = reader.begin(bytes)
    if (isRejection(claimed) || !claimed.claims.every(isStandInSignature)) return
    const read = reader.said(bytes)
    if (isRejection(read) || !read.rest.every(isStandInSignature)) return
    for (const message of read.messages) forensics.add(message)
  }

  function compare(sequence: number, historyDigest: string): void {
    const other = histories.get(sequence)
    if (other === undefined) histories.set(sequence, historyDigest)
    else if (other !== historyDigest) isBroken = true
  }

  function certified(certificate: Certificate): void {
    forensics.addCertificate(certificate)
    compare(certificate.statement.sequence, certificate.statement.historyDigest)
  }

  function checkCharge(charge: Charge): void {
    const { replica, fault } = charge
    const faulty = options.byzantine.length + wiped.size
    const isExcused = wiped.has(replica) && (fault === 'forgotten-commit' || faulty > faultyMax(n))
    if (!isFaulty(replica) && !isExcused)
      violation(`member ${replica} is charged with ${fault}, and is correct`)
    const claims = judge(scope, logWindow, encodeEvidence(charge))
    if (claims === null || !claims.every(isStandInSignature))
      violation(`the proof that member ${replica} is guilty of ${fault} convinces nobody`)
  }

  return {
    onPublished: (_member, bytes) => takeOwn(bytes),
    onHeard: (_member, bytes) => take(bytes),
    onExecuted(_member, { entry, outcome }) {
      for (const commit of entry.commits) forensics.add(commit)
      compare(outcome.segment.sequence, outcome.segment.historyDigest)
    },
    onInstalled: (_member, certificate) => certified(certificate),
    onWiped: member => wiped.add(member),
    onEnd: () => conclude(),
    get isBroken() {
      return isBroken
    },
    get charges() {
      return forensics.charges
    },
    get culprits() {
      return forensics.culprits
    },
    conclude,
  }

  function conclude(): void {
    for (const charge of forensics.charges) checkCharge(charge)
    const owed = 2 * quorum(n) - n
    const named = forensics.culprits.length
    if (isBroken && options.byzantine.length < quorum(n) && named < owed)
      violation(`histories differ, and ${named} culprits are named instead of ${owed}`)
  }
}
