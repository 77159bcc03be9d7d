import { unreachable } from '../lib/assert.ts'
import { fromHex } from '../lib/bytes.ts'
import type { Draft } from '../pbft/effect.ts'
import type { PreparedCertificate, Proof, Status, Verified, ViewChange } from '../pbft/types.ts'
import { encodeCertificate, encodeProposal, encodeStatement, plain } from './convert.ts'
import { EnvelopeBody, SignedEnvelope, type WireMessage, type WirePrepared } from './pb/messages.ts'
import type { Scope } from './scope.ts'

/** A draft with what the edge adds to it: the log time of a PRE-PREPARE, the signature in a CHECKPOINT. */
export type ReadyDraft =
  | Exclude<Draft, { readonly type: 'pre-prepare' | 'checkpoint' }>
  | (Extract<Draft, { readonly type: 'pre-prepare' }> & { readonly logTimeMs: number })
  | (Extract<Draft, { readonly type: 'checkpoint' }> & { readonly signature: Uint8Array })

/** The bytes that a sender signs, behind the envelope's tag. */
export function encodeEnvelopeBody(
  scope: Scope,
  envelope: { readonly sender: number; readonly number: number; readonly drafts: readonly ReadyDraft[] },
): Uint8Array {
  const { sender, number, drafts } = envelope
  return EnvelopeBody.encode({ epoch: scope.epoch, sender, number, messages: drafts.map(encodeDraft) })
}

export function encodeSignedEnvelope(
  body: Uint8Array,
  signature: Uint8Array,
  attachments: readonly Uint8Array[],
): Uint8Array {
  return SignedEnvelope.encode({
    body: plain(body),
    signature: plain(signature),
    attachments: attachments.map(plain),
  })
}

/** Signed messages that must travel with these drafts and relayed proofs; each once. */
export function collectAttachments(
  drafts: readonly ReadyDraft[],
  relayed: readonly Proof[],
): readonly Uint8Array[] {
  const collected = new Map<string, Uint8Array>()
  const add = (proof: Proof): void => {
    collected.set(proof.hash, proof.bytes)
    for (const attachment of proof.attachments) add(attachment)
  }
  for (const proof of relayed) add(proof)
  for (const draft of drafts) {
    if (draft.type === 'view-change') for (const proof of proofsOf(draft.prepared)) add(proof)
    if (draft.type === 'new-view') for (const viewChange of draft.viewChanges) add(viewChange.proof)
  }
  return [...collected.values()]
}

/** A signed message with everything that it names, as one envelope. */
export function encodeWithAttachments({ bytes, attachments }: Proof): Uint8Array<ArrayBuffer> {
  const { body, signature } = SignedEnvelope.decode(bytes)
  const attached = collectAttachments([], attachments).map(plain)
  return plain(SignedEnvelope.encode({ body, signature, attachments: attached }))
}

/** The evidence inside prepared certificates. A NEW-VIEW stands as evidence of its proposals without its own attachments. */
export function proofsOf(prepared: readonly PreparedCertificate[]): readonly Proof[] {
  return prepared.flatMap(certificate => [
    { ...certificate.prePrepare.proof, attachments: [] },
    ...certificate.prepares.map(prepare => prepare.proof),
  ])
}

function encodeDraft(draft: ReadyDraft): WireMessage {
  switch (draft.type) {
    case 'pre-prepare': {
      const { view, sequence, batchDigests, logTimeMs, certify } = draft
      return {
        prePrepare: { view, proposal: encodeProposal({ sequence, batchDigests, logTimeMs, certify }) },
      }
    }
    case 'prepare':
      return { prepare: encodeVote(draft) }
    case 'commit':
      return { commit: encodeVote(draft) }
    case 'checkpoint':
      return {
        checkpoint: { statement: encodeStatement(draft.statement), signature: plain(draft.signature) },
      }
    case 'view-change':
      return { viewChange: encodeViewChange(draft) }
    case 'new-view': {
      const viewChanges = draft.viewChanges.map((viewChange: Verified<ViewChange>) =>
        hashOf(viewChange.proof),
      )
      return { newView: { view: draft.view, viewChanges, proposals: draft.proposals.map(encodeProposal) } }
    }
    case 'status':
      return { status: encodeStatus(draft) }
    default:
      return unreachable(draft)
  }
}

function encodeVote(vote: { readonly view: number; readonly sequence: number; readonly digest: string }) {
  return { view: vote.view, sequence: vote.sequence, digest: plain(fromHex(vote.digest)) }
}

function encodeViewChange(draft: Extract<Draft, { readonly type: 'view-change' }>) {
  const stable = draft.stable === null ? undefined : encodeCertificate(draft.stable)
  return { view: draft.view, stable, prepared: draft.prepared.map(encodePrepared) }
}

export function encodePrepared(certificate: PreparedCertificate): WirePrepared {
  return {
    view: certificate.view,
    sequence: certificate.proposal.sequence,
    digest: plain(fromHex(certificate.proposal.digest)),
    prePrepare: hashOf(certificate.prePrepare.proof),
    prepares: certificate.prepares.map(prepare => hashOf(prepare.proof)),
  }
}

function encodeStatus({ type: _, stable, ...status }: Status) {
  return {
    ...status,
    departures: [...status.departures],
    stable: stable === null ? undefined : encodeCertificate(stable),
  }
}

function hashOf(proof: Proof): Uint8Array<ArrayBuffer> {
  return plain(fromHex(proof.hash))
}
