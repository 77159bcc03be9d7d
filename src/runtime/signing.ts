import { assert } from '../lib/assert.ts'
import type { Logger } from '../lib/logger.ts'
import type { Sizes } from '../lib/sizes.ts'
import type { Draft } from '../pbft/effect.ts'
import type {
  Commit,
  Message,
  PrePrepare,
  Prepare,
  Proof,
  ReplicaId,
  Sequence,
  Verified,
} from '../pbft/types.ts'
import { proposalDigest } from '../wire/convert.ts'
import {
  collectAttachments,
  encodeEnvelopeBody,
  encodeSignedEnvelope,
  type ReadyDraft,
} from '../wire/encode.ts'
import { envelopeSigningBytes } from '../wire/envelope.ts'
import { ATTACHMENTS_MAX, ENVELOPE_BYTES_MAX, VOTES_BODY_BYTES_MAX } from '../wire/limits.ts'
import { isRejection } from '../wire/rejection.ts'
import type { Scope } from '../wire/scope.ts'
import { statementBytes } from '../wire/statement.ts'
import type { EnvelopeVerifier } from '../wire/verify.ts'
import { diskNames } from './disk-names.ts'
import type { Clock, Signer, StoreOperation } from './ports.ts'
import { checkpointSlot, type SignGuard, type Slot, viewSlot, voteSlot } from './sign-guard.ts'

/** Signed envelopes, ready to be written and then said. */
export interface SignedOutgoing {
  readonly envelopes: readonly Uint8Array[]
  /** Must be on disk before `envelopes` leave. Empty when nothing in them binds us. */
  readonly operations: readonly StoreOperation[]
  readonly messages: readonly Verified[]
}

/** Turns drafts into signed envelopes, few and small, past the sign guard, and remembers on disk what we said. */
export interface Outgoing {
  /**
   * @param view the one on disk: what was said in lower ones is deleted by the same write
   * @returns null when the guard let nothing pass and nothing is relayed
   */
  sign(drafts: readonly Draft[], relayed: readonly Proof[], view: number): SignedOutgoing | null
  /** Deletes what a stable checkpoint and an entered view make obsolete. */
  prune(stable: Sequence, view: number): readonly StoreOperation[]
  sizes(): Sizes
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
  /** The highest sequence of a CHECKPOINT in it; -1: none. */
  readonly checkpointMax: number
  /** The highest sequence, and the highest view, of votes in it; -1: none. */
  readonly votedMax: number
  readonly votedViewMax: number
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
  let stablePruned = 0
  let viewPruned = 0
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
    if (!guard.isObsolete(asked.slot))
      logger.error({ slot: asked.slot.name }, 'The sign guard refused a statement')
    return false
  }

  function sign(drafts: readonly Draft[], relayed: readonly Proof[], view: number): SignedOutgoing | null {
    const signed = [
      ...partition(drafts.map(ready)).map(part => signOne(part, [])),
      ...(relayed.length === 0 ? [] : [signOne([], fitting(relayed))]),
    ].filter(one => one !== null)
    if (signed.length === 0) return null
    const written = signed.flatMap(({ operations }) => operations)
    // Views may follow upon each other for long while no checkpoint becomes stable.
    const obsolete = written.length > 0 && view > viewPruned ? forget(stablePruned, view) : []
    return {
      envelopes: signed.map(({ bytes }) => bytes),
      operations: [...written, ...obsolete],
      messages: signed.flatMap(({ messages }) => messages),
    }
  }

  function signOne(drafts: readonly ReadyDraft[], relayed: readonly Proof[]) {
    const permitted = drafts.filter(isPermitted)
    if (permitted.length + relayed.length === 0) return null
    const body = encodeEnvelopeBody(scope, { sender: self, number, drafts: permitted })
    const signature = signer.sign(envelopeSigningBytes(scope, body))
    const bytes = encodeSignedEnvelope(body, signature, collectAttachments(permitted, relayed))
    if (bytes.length > ENVELOPE_BYTES_MAX) {
      logger.error({ bytes: bytes.length }, 'What we should say is too large to be said')
      return null
    }
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
    return [{ type: 'put', key: diskNames.own(number), value }]
  }

  function prune(stable: Sequence, view: number): readonly StoreOperation[] {
    guard.prune(stable)
    return forget(stable, view)
  }

  /** Of a view below the one on disk no vote is counted, and none is said, also after a start. */
  function forget(stable: number, view: number): readonly StoreOperation[] {
    stablePruned = stable
    viewPruned = view
    const operations: StoreOperation[] = []
    let remaining = 0
    for (const own of kept) {
      const isVoteObsolete = own.votedMax < stable || own.votedViewMax < view
      // The CHECKPOINT at the stable sequence stays: whoever lags needs it of us, also after we start anew.
      if (isVoteObsolete && own.checkpointMax < stable && own.viewMax < view)
        operations.push({ type: 'delete', key: diskNames.own(own.number) })
      else kept[remaining++] = own
    }
    kept.length = remaining
    return operations
  }

  const sizes = (): Sizes => ({ guarded: guard.size, kept: kept.length })

  return { sign, prune, sizes }
}

/** Drafts that share an envelope, in their order: as many as fit, but a VIEW-CHANGE or NEW-VIEW alone. */
function partition(drafts: readonly ReadyDraft[]): readonly (readonly ReadyDraft[])[] {
  const parts: ReadyDraft[][] = []
  let bytesLeft = 0
  for (const draft of drafts) {
    const bytes = bytesMaxOf(draft)
    if (bytes > bytesLeft) {
      parts.push([])
      bytesLeft = VOTES_BODY_BYTES_MAX - ENVELOPE_HEAD_BYTES_MAX
    }
    parts.at(-1)?.push(draft)
    bytesLeft -= bytes
  }
  return parts
}

/** Epoch, sender and number around the messages of a body. */
const ENVELOPE_HEAD_BYTES_MAX = 64

/** No less than the encoded message. */
function bytesMaxOf(draft: ReadyDraft): number {
  switch (draft.type) {
    case 'prepare':
    case 'commit':
      return 64
    case 'pre-prepare':
      return 64 + 34 * draft.batchDigests.length
    case 'checkpoint':
      return 256
    case 'status':
      return (
        64 +
        16 * draft.departures.length +
        (draft.stable === null ? 0 : 192 + 80 * draft.stable.signatures.length)
      )
    case 'view-change':
    case 'new-view':
      return Number.POSITIVE_INFINITY
  }
}

/** The first of these that one envelope can carry; what is left out is asked for again. */
function fitting(relayed: readonly Proof[]): readonly Proof[] {
  const taken: Proof[] = []
  let bytesLeft = ENVELOPE_BYTES_MAX - VOTES_BODY_BYTES_MAX
  let countLeft = ATTACHMENTS_MAX
  for (const proof of relayed) {
    const weight = weightOf(proof)
    if (weight.bytes > bytesLeft || weight.count > countLeft) continue
    taken.push(proof)
    bytesLeft -= weight.bytes
    countLeft -= weight.count
  }
  return taken
}

/** A signed message with everything that must travel with it, as attachments. */
export function weightOf(proof: Proof): { readonly bytes: number; readonly count: number } {
  let bytes = proof.bytes.length + ATTACHMENT_FRAME_BYTES_MAX
  let count = 1
  for (const attachment of proof.attachments) {
    const inner = weightOf(attachment)
    bytes += inner.bytes
    count += inner.count
  }
  return { bytes, count }
}

const ATTACHMENT_FRAME_BYTES_MAX = 8

/** Null when nothing in it binds us. */
export function ownEnvelope(number: number, messages: readonly Message[]): OwnEnvelope | null {
  let [checkpointMax, votedMax, votedViewMax, viewMax] = [-1, -1, -1, -1]
  for (const message of messages) {
    if (message.type === 'view-change' || message.type === 'new-view')
      viewMax = Math.max(viewMax, message.view)
    else if (message.type === 'checkpoint')
      checkpointMax = Math.max(checkpointMax, message.statement.sequence)
    else if (message.type !== 'status') {
      votedMax = Math.max(votedMax, sequenceOf(message))
      votedViewMax = Math.max(votedViewMax, message.view)
    }
  }
  const isBinding = Math.max(checkpointMax, votedMax, viewMax) >= 0
  return isBinding ? { number, checkpointMax, votedMax, votedViewMax, viewMax } : null
}

function sequenceOf(message: PrePrepare | Prepare | Commit): number {
  return message.type === 'pre-prepare' ? message.proposal.sequence : message.sequence
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
