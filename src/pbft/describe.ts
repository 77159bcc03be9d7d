import { unreachable } from '../lib/assert.ts'
import type { ConsensusRecord, Draft, Effect } from './effect.ts'
import type { Event } from './event.ts'
import type { Certificate, Digest, Message, PreparedCertificate, Proof } from './types.ts'

/** What is said, what happens and what is done, one short line each, in the words of the paper. Digests lose all but their beginning. */

export const short = (hex: string): string => hex.slice(0, 8)

export function describeMessage(message: Message | Draft): string {
  switch (message.type) {
    case 'pre-prepare': {
      const { sequence, batchDigests, certify } = 'proposal' in message ? message.proposal : message
      const digest = 'proposal' in message ? ` ${short(message.proposal.digest)}` : ''
      const late = 'timely' in message && !message.timely ? ' untimely' : ''
      return `PRE-PREPARE v${message.view} n${sequence}${digest} ${batches(batchDigests)}${certify ? ' certify' : ''}${late}`
    }
    case 'prepare':
    case 'commit':
      return `${message.type.toUpperCase()} v${message.view} n${message.sequence} ${short(message.digest)}`
    case 'checkpoint': {
      const { sequence, historyDigest, stateRoot } = message.statement
      return `CHECKPOINT n${sequence} history ${short(historyDigest)} state ${short(stateRoot)}`
    }
    case 'view-change':
      return `VIEW-CHANGE v${message.view} ${stableText(message.stable)} P=[${message.prepared.map(preparedText).join(' ')}]`
    case 'new-view': {
      const senders = message.viewChanges.map(({ sender }) => sender).join(' ')
      const proposals = message.proposals.map(
        ({ sequence, batchDigests }) => `n${sequence} ${batches(batchDigests)}`,
      )
      return `NEW-VIEW v${message.view} V=[${senders}] O=[${proposals.join(', ')}]`
    }
    case 'status':
      return statusText(message)
    default:
      return unreachable(message)
  }
}

function statusText(status: Extract<Message, { readonly type: 'status' }>): string {
  const { view, viewActive, stableSequence, executedSequence, votedSequence, departures } = status
  const marks = [
    viewActive ? '' : ' wanted',
    status.recovering ? ` recovering, asks ${status.question}` : '',
    status.answers > 0 ? ` answers ${status.answers}` : '',
    status.stable === null ? '' : ' with its certificate',
    ...departures.map(({ replica, view: left }) => ` (${replica} left for v${left})`),
  ]
  return `STATUS v${view}${marks[0]} stable n${stableSequence} executed n${executedSequence} voted n${votedSequence}${marks.slice(1).join('')}`
}

function batches(digests: readonly Digest[]): string {
  return digests.length === 0 ? '{null}' : `{${digests.map(short).join(' ')}}`
}

function stableText(stable: Certificate | null): string {
  return stable === null
    ? 'C=genesis'
    : `C=n${stable.statement.sequence} of ${stable.signatures.map(({ replica }) => replica).join(' ')}`
}

function preparedText({ view, proposal, prepares }: PreparedCertificate): string {
  return `n${proposal.sequence}@v${view} ${short(proposal.digest)} by ${prepares.map(({ sender }) => sender).join(',')}`
}

export function describeEvent(event: Event): string {
  switch (event.type) {
    case 'recovered': {
      const { amnesia, view, viewActive, stable, executed, accepted, prepared, own } = event.records
      const kept = `${accepted.length} accepted, ${prepared.length} prepared, ${own.length} own messages`
      return `recovered v${view}${viewActive ? '' : ' wanted'} ${stableText(stable)} executed n${executed}, ${kept}${amnesia ? ', without memory' : ''}`
    }
    case 'batch-available':
    case 'batch-found':
    case 'batch-settled':
      return `${event.type} ${short(event.digest)}`
    case 'message':
      return `from ${event.message.sender}: ${describeMessage(event.message.message)}`
    case 'timer-expired':
      return `timer ${event.timer.kind} v${event.timer.view} expired`
    case 'executed':
      return `executed n${event.sequence}${event.statement === null ? '' : ` with state ${short(event.statement.stateRoot)}`}`
    case 'entry-fetched':
      return `fetched n${event.entry.proposal.sequence} ${short(event.entry.proposal.digest)}`
    case 'state-installed':
      return `state installed at n${event.certificate.statement.sequence}`
    case 'primary-unsatisfactory':
      return `the primary of v${event.view} does not satisfy`
    case 'certifier':
      return event.busy ? 'the certifier is busy' : 'the certifier is free'
    default:
      return unreachable(event)
  }
}

export function describeEffect(effect: Effect): string {
  switch (effect.type) {
    case 'persist':
      return `persist ${recordText(effect.record)}`
    case 'send':
      return `send ${describeMessage(effect.draft)}`
    case 'relay':
      return `send again to ${effect.to}: ${proofsText(effect.proofs)}`
    case 'fetch-batch':
      return `fetch batch ${short(effect.digest)}`
    case 'execute':
      return `execute n${effect.entry.proposal.sequence} ${batches(effect.entry.proposal.batchDigests)}${effect.checkpoint ? ' with checkpoint' : ''}`
    case 'fetch-state':
      return `fetch the log above n${effect.executed}, to n${effect.target}`
    case 'set-timer':
      return `timer ${effect.timer.kind} v${effect.timer.view} in ${effect.afterMs} ms`
    case 'cancel-timer':
      return `timer ${effect.kind} off`
    case 'truncate-log':
      return `stable n${effect.certificate.statement.sequence}`
    case 'suspect':
      return `suspect ${effect.replica}: ${proofsText(effect.evidence)}`
    case 'view-entered':
      return `view v${effect.view} ${effect.active ? 'active' : 'wanted'}`
    default:
      return unreachable(effect)
  }
}

function recordText(record: ConsensusRecord): string {
  switch (record.type) {
    case 'accepted':
      return `accepted ${describeMessage(record.prePrepare.message)}`
    case 'prepared':
      return `prepared ${preparedText(record.certificate)}`
    case 'view':
      return `v${record.view} ${record.active ? 'active' : 'wanted'}`
    case 'memory-restored':
      return 'that memory is restored'
    default:
      return unreachable(record)
  }
}

const proofsText = (proofs: readonly Proof[]): string => proofs.map(({ hash }) => short(hash)).join(' ')
