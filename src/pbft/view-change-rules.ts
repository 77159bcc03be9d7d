import { primaryOf, quorumOf, type ReplicaConfig } from './config.ts'
import { computeNewView, isSamePlan } from './new-view.ts'
import type { Certificate, NewView, PreparedCertificate, ReplicaId, Verified, ViewChange } from './types.ts'

/** What whoever judges must know of the epoch. */
export type Membership = Pick<ReplicaConfig, 'epoch' | 'n' | 'logWindow'>

/**
 * What a VIEW-CHANGE and a NEW-VIEW must satisfy before they count, OSDI'99 §4.4. Signatures were checked at the edge; here
 * the statements are. A message that breaks one rule is discarded whole: an invalid certificate in it must not hide the valid
 * ones of others. Each rule answers with a named reason, null meaning that it holds.
 */
export type ViewChangeFault =
  | 'stable-without-quorum'
  | 'prepared-out-of-order'
  | 'prepared-outside-window'
  | 'prepared-in-later-view'
  | 'prepared-without-proposal'
  | 'prepared-without-quorum'

export type NewViewFault =
  | 'not-the-primary'
  | 'view-changes-without-quorum'
  | 'view-change-invalid'
  | 'plan-differs'

export function findViewChangeFault(config: Membership, viewChange: ViewChange): ViewChangeFault | null {
  const { stable, prepared } = viewChange
  if (stable !== null && !isQuorum(config, stable)) return 'stable-without-quorum'
  const low = stable?.statement.sequence ?? 0
  let previous: number = low
  for (const certificate of prepared) {
    const n = certificate.proposal.sequence
    if (n <= low || n > low + config.logWindow) return 'prepared-outside-window'
    if (n <= previous) return 'prepared-out-of-order'
    previous = n
    if (certificate.view >= viewChange.view) return 'prepared-in-later-view'
    if (!isProposedBy(config, certificate)) return 'prepared-without-proposal'
    if (!isPreparedByQuorum(config, certificate)) return 'prepared-without-quorum'
  }
  return null
}

export function findNewViewFault(config: Membership, newView: Verified<NewView>): NewViewFault | null {
  const { view, viewChanges, proposals } = newView.message
  if (newView.sender !== primaryOf(config, view)) return 'not-the-primary'
  const senders = new Set(viewChanges.map(viewChange => viewChange.sender))
  if (senders.size !== viewChanges.length || senders.size < quorumOf(config))
    return 'view-changes-without-quorum'
  for (const { message } of viewChanges) {
    if (message.view !== view || findViewChangeFault(config, message) !== null) return 'view-change-invalid'
  }
  return isSamePlan(computeNewView(viewChanges), proposals) ? null : 'plan-differs'
}

/** Does a certificate, whose signatures were checked, come from a quorum of this epoch? */
export function isQuorum(config: Membership, certificate: Certificate): boolean {
  const replicas = new Set(certificate.signatures.map(({ replica }) => replica))
  return certificate.statement.epoch === config.epoch && replicas.size >= quorumOf(config)
}

/** Was it the primary of that view who proposed this, by PRE-PREPARE or in its NEW-VIEW? */
function isProposedBy(config: Membership, certificate: PreparedCertificate): boolean {
  const { view, proposal, prePrepare } = certificate
  const { message } = prePrepare
  if (prePrepare.sender !== primaryOf(config, view) || message.view !== view) return false
  if (message.type === 'pre-prepare') return message.proposal.digest === proposal.digest
  return message.proposals.some(other => other.digest === proposal.digest)
}

function isPreparedByQuorum(config: Membership, certificate: PreparedCertificate): boolean {
  const { view, proposal, prepares } = certificate
  const backups = new Set<ReplicaId>()
  for (const { sender, message } of prepares) {
    if (sender === primaryOf(config, view)) return false
    if (message.view !== view || message.sequence !== proposal.sequence || message.digest !== proposal.digest)
      return false
    backups.add(sender)
  }
  return backups.size >= quorumOf(config) - 1
}
