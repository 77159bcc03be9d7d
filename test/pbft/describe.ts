import type { Draft, Effect } from '../../src/pbft/effect.ts'
import type { Event } from '../../src/pbft/event.ts'
import type { Certificate, Message, PreparedCertificate, Proposal } from '../../src/pbft/types.ts'

/** What is said and done, one short line each, for traces and for failure messages. */

/** A batch list without the numbers that the proposal's digest adds to it. */
const contentOf = (digest: string): string => `{${digest.replace(/@.*$/, '')}}`

export function describeMessage(message: Message | Draft): string {
  switch (message.type) {
    case 'pre-prepare': {
      const { sequence, batchDigests, certify } = 'proposal' in message ? message.proposal : message
      return `PRE-PREPARE v${message.view} n${sequence} ${batches(batchDigests)}${certify ? ' certify' : ''}`
    }
    case 'prepare':
    case 'commit':
      return `${message.type.toUpperCase()} v${message.view} n${message.sequence} ${contentOf(message.digest)}`
    case 'checkpoint':
      return `CHECKPOINT n${message.statement.sequence}`
    case 'view-change':
      return `VIEW-CHANGE v${message.view} ${describeStable(message.stable)} P=[${message.prepared.map(describePrepared).join(' ')}]`
    case 'new-view': {
      const senders = message.viewChanges.map(({ sender }) => `m${sender}`).join(' ')
      const proposals = message.proposals.map(one => `n${one.sequence} ${batches(one.batchDigests)}`)
      return `NEW-VIEW v${message.view} V=[${senders}] O=[${proposals.join(', ')}]`
    }
    case 'status': {
      const { view, viewActive, stableSequence, executedSequence, votedSequence, recovering } = message
      const marks = `${viewActive ? '' : ' inactive'}${recovering ? ' recovering' : ''}`
      return `STATUS v${view} stable ${stableSequence} executed ${executedSequence} voted ${votedSequence}${marks}`
    }
  }
}

function batches(digests: Proposal['batchDigests']): string {
  return `{${digests.join('+') || 'null'}}`
}

function describeStable(stable: Certificate | null): string {
  return `C=${stable === null ? 'genesis' : `n${stable.statement.sequence}`}`
}

function describePrepared({ view, proposal }: PreparedCertificate): string {
  return `n${proposal.sequence}v${view}${batches(proposal.batchDigests)}`
}

/** Null: said by the message that follows, or without interest to a reader. */
export function describeEffect(effect: Effect): string | null {
  switch (effect.type) {
    case 'send':
      return effect.draft.type === 'status' ? null : `send ${describeMessage(effect.draft)}`
    case 'persist':
      return `persist ${describeRecord(effect)}`
    case 'relay':
      return `send again ${effect.proofs.length} messages`
    case 'fetch-batch':
      return `fetch ${effect.digest}`
    case 'execute':
      return `execute n${effect.entry.proposal.sequence} ${batches(effect.entry.proposal.batchDigests)}${effect.checkpoint ? ' with checkpoint' : ''}`
    case 'fetch-state':
      return `fetch the log above n${effect.executed}, to n${effect.target}`
    case 'set-timer':
      return effect.timer.kind === 'status'
        ? null
        : `timer ${effect.timer.kind} v${effect.timer.view} ${effect.afterMs}ms`
    case 'cancel-timer':
      return `timer ${effect.kind} off`
    case 'truncate-log':
      return `stable n${effect.certificate.statement.sequence}`
    case 'suspect':
      return `suspect m${effect.replica}`
    case 'view-entered':
      return `view ${effect.view} ${effect.active ? 'active' : 'wanted'}`
  }
}

function describeRecord({ record }: Extract<Effect, { readonly type: 'persist' }>): string {
  switch (record.type) {
    case 'accepted':
      return `accepted v${record.prePrepare.message.view} n${record.prePrepare.message.proposal.sequence}`
    case 'prepared':
      return `prepared v${record.certificate.view} n${record.certificate.proposal.sequence}`
    case 'view':
      return `view ${record.view} ${record.active ? 'active' : 'wanted'}`
    case 'memory-restored':
      return 'memory restored'
  }
}

export function describeEvent(event: Event): string {
  switch (event.type) {
    case 'batch-available':
      return `holds ${event.digest}`
    case 'batch-found':
      return `finds ${event.digest}`
    case 'batch-settled':
      return `needs ${event.digest} no more`
    case 'timer-expired':
      return `timer ${event.timer.kind} v${event.timer.view} expires`
    case 'recovered':
      return event.records.amnesia ? 'starts without memory' : 'starts'
    case 'primary-unsatisfactory':
      return `is told that the primary of view ${event.view} is gone`
    case 'certifier':
      return event.busy ? 'is told that the certifier is busy' : 'is told that the certifier is free'
    case 'entry-fetched':
      return `is given n${event.entry.proposal.sequence}`
    case 'state-installed':
      return `is given the state at n${event.certificate.statement.sequence}`
    case 'executed':
      return `executed n${event.sequence}`
    case 'message':
      return describeMessage(event.message.message)
  }
}
