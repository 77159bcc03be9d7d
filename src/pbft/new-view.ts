import { assert, present } from '../lib/assert.ts'
import type { ProposalContent } from './effect.ts'
import {
  type Certificate,
  type PreparedCertificate,
  type Proposal,
  sequence,
  type Verified,
  type ViewChange,
} from './types.ts'

/**
 * What a set of VIEW-CHANGEs obliges the new view to. OSDI'99 §4.4: min-s is the latest stable checkpoint in V, max-s the highest
 * sequence prepared in V; every sequence between is proposed anew, with the certificate of the highest view, or as a null request
 * where V has none. The primary computes it, and every backup computes it again and compares.
 */
export interface NewViewPlan {
  /** The certificate at min-s; null when that is the genesis state. */
  readonly stable: Certificate | null
  /** O: ascending, without gaps, from min-s + 1 to max-s. */
  readonly proposals: readonly ProposalContent[]
}

export function computeNewView(viewChanges: readonly Verified<ViewChange>[]): NewViewPlan {
  assert(viewChanges.length > 0, 'a new view is computed from at least one view change')
  const stable = latestStable(viewChanges)
  const minS = stable?.statement.sequence ?? sequence(0)
  const best = highestViews(viewChanges)
  let maxS: number = minS
  for (const n of best.keys()) if (n > maxS) maxS = n
  const proposals: ProposalContent[] = []
  for (let n = minS + 1; n <= maxS; n++) proposals.push(best.get(sequence(n))?.proposal ?? nullRequest(n))
  return { stable, proposals }
}

/** Does O say what V obliges it to say? */
export function isSamePlan(plan: NewViewPlan, proposals: readonly Proposal[]): boolean {
  if (plan.proposals.length !== proposals.length) return false
  return plan.proposals.every((expected, i) =>
    isSameProposal(expected, present(proposals[i], 'a proposal of O')),
  )
}

function latestStable(viewChanges: readonly Verified<ViewChange>[]): Certificate | null {
  let latest: Certificate | null = null
  for (const { message } of viewChanges) {
    if (message.stable === null) continue
    if (latest === null || message.stable.statement.sequence > latest.statement.sequence)
      latest = message.stable
  }
  return latest
}

function highestViews(
  viewChanges: readonly Verified<ViewChange>[],
): ReadonlyMap<number, PreparedCertificate> {
  const best = new Map<number, PreparedCertificate>()
  for (const { message } of viewChanges) {
    for (const certificate of message.prepared) {
      const known = best.get(certificate.proposal.sequence)
      if (known === undefined || certificate.view > known.view)
        best.set(certificate.proposal.sequence, certificate)
    }
  }
  return best
}

function nullRequest(n: number): ProposalContent {
  return { sequence: sequence(n), batchDigests: [], logTimeMs: 0, certify: false }
}

function isSameProposal(a: ProposalContent, b: ProposalContent): boolean {
  return (
    a.sequence === b.sequence &&
    a.logTimeMs === b.logTimeMs &&
    a.certify === b.certify &&
    a.batchDigests.length === b.batchDigests.length &&
    a.batchDigests.every((digest, i) => digest === b.batchDigests[i])
  )
}
