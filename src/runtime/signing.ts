import { assert } from '../lib/assert.ts'
import type { Logger } from '../lib/logger.ts'
import type { Draft } from '../pbft/effect.ts'
import type { Message, Proof, ReplicaId, Sequence, Verified } from '../pbft/types.ts'
import { proposalDigest } from '../wire/convert.ts'
import {
  collectAttachments,
  encodeEnvelopeBody,
  encodeSignedEnvelope,
  type ReadyDraft,
} from '../wire/encode.ts'
import { envelopeSigningBytes } from '../wire/envelope.ts'
import { isRejection } from '../wire/rejection.ts'
import type { Scope } from '../wire/scope.ts'
import { statementBytes } from '../wire/statement.ts'
import type { EnvelopeVerifier } from '../wire/verify.ts'
import { keys } from './keys.ts'
import type { Clock, Signer, StoreOperation } from './ports.ts'
import { checkpointSlot, type SignGuard, type Slot, viewSlot, voteSlot } from './sign-guard.ts'

/** One signed envelope, ready to be written and then said. */
export interface SignedOutgoing {
  readonly bytes: Uint8Array
  /** Must be on disk before `bytes` leave. Empty when nothing in it binds us. */
  readonly operations: readonly StoreOperation[]
  readonly messages: readonly Verified[]
}

/** Turns drafts into one signed envelope, past the sign guard, and remembers on disk what we said. */
export interface Outgoing {
  /** Null when the guard let nothing pass and nothing is relayed. */
  sign(drafts: readonly Draft[], relayed: readonly Proof[]): SignedOutgoing | null
  /** Deletes what a stable checkpoint and an entered view make obsolete. */
  prune(stable: Sequence, view: number): readonly StoreOperation[]
}

export interface OutgoingOptions {
  readonly self: ReplicaId
  readonly scope: Scope
  readonly guard: SignGuard
  /** Envelopes on disk from earlier runs, by number. */
  readonly kept: readonly OwnEnvelope[]
}

/** What must be known of an envelope on disk to delete it in time. */
export interface OwnEnvelope {
  readonly number: number
  readonly sequenceMax: number
  /** The highest view of a VIEW-CHANGE or NEW-VIEW in it; -1: none. */
  readonly viewMax: number
}

export interface OutgoingComponents {
  readonly clock: Clock
  readonly signer: Signer
  readonly verifier: EnvelopeVerifier
  readonly logger: Logger
}

export function createOutgoing(options: OutgoingOptions, components: OutgoingComponents): Outgoing {
  const { self, scope, guard } = options
  const { clock, signer, verifier, logger } = components
  const kept: OwnEnvelope[] = [...options.kept]
  // Above every number used before, even when those envelopes were pruned: a thousand envelopes a millisecond.
  let number = Math.max(clock.nowMs() * 1024, ...kept.map(own => own.number + 1))

  function ready(draft: Draft): ReadyDraft {
    if (draft.type === 'pre-prepare') return { ...draft, logTimeMs: clock.nowMs() }
    if (draft.type !== 'checkpoint') return draft
    return { ...draft, signature: signer.sign(statementBytes(scope, draft.statement)) }
  }

  function isPermitted(draft: ReadyDraft): boolean {
    const asked = slotOf(scope, draft, number)
    if (asked === null || guard.permit(asked.slot, asked.statement)) return true
    logger.error({ slot: asked.slot.name }, 'The sign guard refused a statement')
    return false
  }

  function sign(drafts: readonly Draft[], relayed: readonly Proof[]): SignedOutgoing | null {
    const permitted = drafts.map(ready).filter(isPermitted)
    if (permitted.length + relayed.length === 0) return null
    const body = encodeEnvelopeBody(scope, { sender: self, number, drafts: permitted })
    const signature = signer.sign(envelopeSigningBytes(scope, body))
    const bytes = encodeSignedEnvelope(body, signature, collectAttachments(permitted, relayed))
    const opened = verifier.open(bytes, clock.nowMs())
    assert(!isRejection(opened), 'what we say can be read')
    verifier.remember([...opened.main, ...opened.rest])
    const messages = opened.messages.filter(
      message => message.sender === self && message.proof.hash === opened.hash,
    )
    const operations = keep(
      messages,
      encodeSignedEnvelope(body, signature, collectAttachments(permitted, [])),
    )
    number += 1
    return { bytes, operations, messages }
  }

  function keep(messages: readonly Verified[], value: Uint8Array): readonly StoreOperation[] {
    const own = ownEnvelope(
      number,
      messages.map(({ message }) => message),
    )
    if (own === null) return []
    kept.push(own)
    return [{ type: 'put', key: keys.own(number), value }]
  }

  function prune(stable: Sequence, view: number): readonly StoreOperation[] {
    guard.prune(stable)
    const operations: StoreOperation[] = []
    let remaining = 0
    for (const own of kept) {
      if (own.sequenceMax <= stable && own.viewMax < view)
        operations.push({ type: 'delete', key: keys.own(own.number) })
      else kept[remaining++] = own
    }
    kept.length = remaining
    return operations
  }

  return { sign, prune }
}

/** Null when nothing in it binds us. */
export function ownEnvelope(number: number, messages: readonly Message[]): OwnEnvelope | null {
  let sequenceMax = -1
  let viewMax = -1
  for (const message of messages) {
    if (message.type === 'view-change' || message.type === 'new-view')
      viewMax = Math.max(viewMax, message.view)
    else sequenceMax = Math.max(sequenceMax, sequenceOf(message))
  }
  return sequenceMax < 0 && viewMax < 0 ? null : { number, sequenceMax, viewMax }
}

function sequenceOf(message: Message): number {
  if (message.type === 'pre-prepare') return message.proposal.sequence
  if (message.type === 'prepare' || message.type === 'commit') return message.sequence
  return message.type === 'checkpoint' ? message.statement.sequence : -1
}

function slotOf(scope: Scope, draft: ReadyDraft, number: number): { slot: Slot; statement: string } | null {
  switch (draft.type) {
    case 'pre-prepare':
      return {
        slot: voteSlot('pre-prepare', draft.view, draft.sequence),
        statement: proposalDigest(scope, draft),
      }
    case 'prepare':
    case 'commit':
      return { slot: voteSlot(draft.type, draft.view, draft.sequence), statement: draft.digest }
    case 'checkpoint': {
      const { sequence, historyDigest, stateRoot } = draft.statement
      return { slot: checkpointSlot(sequence), statement: `${historyDigest}${stateRoot}` }
    }
    case 'view-change':
    case 'new-view':
      return { slot: viewSlot(draft.type, draft.view), statement: `envelope ${number}` }
    case 'status':
      return null
  }
}
