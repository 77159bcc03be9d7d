import {
  type Certificate,
  type Commit,
  type Message,
  type NewView,
  type PrePrepare,
  type Prepare,
  type PreparedCertificate,
  type Proof,
  type Proposal,
  replicaId,
  type Statement,
  type Status,
  sequence,
  type Verified,
  type ViewChange,
  view,
} from '../pbft/types.ts'
import { decodeCertificate, decodeCount, decodeDigest, decodeProposal, decodeStatement } from './convert.ts'
import type { Envelope } from './envelope.ts'
import { LOG_TIME_SKEW_MAX_MS } from './limits.ts'
import type {
  WireMessage,
  WireNewView,
  WirePrepared,
  WireStatus,
  WireViewChange,
  WireVote,
} from './pb/messages.ts'
import type { Scope } from './scope.ts'

/** By `nameOf`. */
interface NamedInEnvelope {
  readonly proposals: Map<
    string,
    { readonly proposal: Proposal; readonly prePrepare: Verified<PrePrepare> | Verified<NewView> }
  >
  readonly prepares: Map<string, Verified<Prepare>>
}

/**
 * From envelopes whose signatures were checked to the core's messages: numbers into their ranges, hashes into the signed messages
 * that they name. Null means that a message is malformed, or that what it names did not come with it.
 */
export class EnvelopeDecoder {
  readonly #scope: Scope
  readonly #nowMs: number
  readonly #byHash: ReadonlyMap<string, Envelope>
  readonly #decoded = new Map<string, readonly Verified[] | null>()
  readonly #indexes = new Map<string, NamedInEnvelope>()

  /** @param envelopes all that may name each other */
  constructor(scope: Scope, nowMs: number, envelopes: readonly Envelope[]) {
    this.#scope = scope
    this.#nowMs = nowMs
    this.#byHash = new Map(envelopes.map(envelope => [envelope.hash, envelope]))
  }

  /** The messages of one envelope in order; null when one of them is malformed or names what is not there. */
  messages(envelope: Envelope): readonly Verified[] | null {
    const known = this.#decoded.get(envelope.hash)
    if (known !== undefined) return known
    // Set first, so that envelopes which name each other in a circle find nothing.
    this.#decoded.set(envelope.hash, null)
    const messages: Verified[] = []
    for (const wire of envelope.messages) {
      const decoded = this.#message(envelope, wire)
      if (decoded === null) return null
      messages.push(decoded)
    }
    this.#decoded.set(envelope.hash, messages)
    return messages
  }

  #message(envelope: Envelope, wire: WireMessage): Verified | null {
    if (wire.viewChange !== undefined) return this.#viewChange(envelope, wire.viewChange)
    if (wire.newView !== undefined) return this.#newView(envelope, wire.newView)
    const message = this.#plainMessage(wire)
    return message === null ? null : { sender: envelope.sender, message, proof: proofOf(envelope, []) }
  }

  #plainMessage(wire: WireMessage): Message | null {
    if (wire.prePrepare !== undefined) return this.#prePrepare(wire)
    if (wire.prepare !== undefined) return decodeVote('prepare', wire.prepare)
    if (wire.commit !== undefined) return decodeVote('commit', wire.commit)
    if (wire.checkpoint !== undefined) {
      const statement = decodeStatement(wire.checkpoint.statement)
      const { signature } = wire.checkpoint
      if (statement === null || statement.epoch !== this.#scope.epoch || signature.length !== 64) return null
      return { type: 'checkpoint', statement, signature }
    }
    return wire.status === undefined ? null : decodeStatus(this.#scope, wire.status)
  }

  #prePrepare(wire: WireMessage): PrePrepare | null {
    const v = decodeCount(wire.prePrepare?.view ?? -1)
    const proposal = decodeProposal(this.#scope, wire.prePrepare?.proposal)
    if (v === null || proposal === null) return null
    const timely = Math.abs(proposal.logTimeMs - this.#nowMs) <= LOG_TIME_SKEW_MAX_MS
    return { type: 'pre-prepare', view: view(v), proposal, timely }
  }

  #viewChange(envelope: Envelope, wire: WireViewChange): Verified<ViewChange> | null {
    const v = decodeCount(wire.view)
    const stable = wire.stable === undefined ? null : decodeCertificate(this.#scope, wire.stable)
    if (v === null || (wire.stable !== undefined && stable === null)) return null
    const prepared: PreparedCertificate[] = []
    for (const one of wire.prepared) {
      const certificate = this.prepared(one)
      if (certificate === null) return null
      prepared.push(certificate)
    }
    const attachments = prepared.flatMap(({ prePrepare, prepares }) => [
      prePrepare.proof,
      ...prepares.map(p => p.proof),
    ])
    const message: ViewChange = { type: 'view-change', view: view(v), stable, prepared }
    return { sender: envelope.sender, message, proof: proofOf(envelope, attachments) }
  }

  /** A prepared certificate with the signed messages that it names. */
  prepared(wire: WirePrepared): PreparedCertificate | null {
    const v = decodeCount(wire.view)
    const digest = decodeDigest(wire.digest)
    if (v === null || digest === null || wire.prepares.length > this.#scope.memberKeys.length) return null
    const name = nameOf(v, wire.sequence, digest)
    const source = this.#envelopeNamed(wire.prePrepare)
    const found = source === null ? undefined : this.#indexOf(source).proposals.get(name)
    if (found === undefined) return null
    const prepares: Verified<Prepare>[] = []
    for (const hash of wire.prepares) {
      const envelope = this.#envelopeNamed(hash)
      const prepare = envelope === null ? undefined : this.#indexOf(envelope).prepares.get(name)
      if (prepare === undefined) return null
      prepares.push(prepare)
    }
    return { view: view(v), ...found, prepares }
  }

  /** What certificates may name in an envelope; made once, because thousands of certificates may name the same one. */
  #indexOf(envelope: Envelope): NamedInEnvelope {
    const known = this.#indexes.get(envelope.hash)
    if (known !== undefined) return known
    const index: NamedInEnvelope = { proposals: new Map(), prepares: new Map() }
    this.#indexes.set(envelope.hash, index)
    const proof = proofOf(envelope, [])
    const { sender } = envelope
    for (const wire of envelope.messages) {
      const prePrepare = wire.prePrepare === undefined ? null : this.#prePrepare(wire)
      if (prePrepare !== null) {
        const { proposal } = prePrepare
        addFirst(index.proposals, nameOf(prePrepare.view, proposal.sequence, proposal.digest), {
          proposal,
          prePrepare: { sender, message: prePrepare, proof },
        })
      }
      // A NEW-VIEW proves its proposals without its own proofs.
      const newView = wire.newView === undefined ? null : this.#newViewMessage(wire.newView, [])
      for (const proposal of newView?.proposals ?? []) {
        if (newView === null) continue
        addFirst(index.proposals, nameOf(newView.view, proposal.sequence, proposal.digest), {
          proposal,
          prePrepare: { sender, message: newView, proof },
        })
      }
      const prepare = wire.prepare === undefined ? null : decodeVote('prepare', wire.prepare)
      if (prepare?.type === 'prepare') {
        const name = nameOf(prepare.view, prepare.sequence, prepare.digest)
        addFirst(index.prepares, name, { sender, message: prepare, proof })
      }
    }
    return index
  }

  #newView(envelope: Envelope, wire: WireNewView): Verified<NewView> | null {
    if (wire.viewChanges.length > this.#scope.memberKeys.length) return null
    const viewChanges: Verified<ViewChange>[] = []
    for (const hash of wire.viewChanges) {
      const named = this.#envelopeNamed(hash)
      const viewChange = named === null ? undefined : this.messages(named)?.find(isViewChange)
      if (viewChange === undefined) return null
      viewChanges.push(viewChange)
    }
    const message = this.#newViewMessage(wire, viewChanges)
    if (message === null) return null
    return {
      sender: envelope.sender,
      message,
      proof: proofOf(
        envelope,
        viewChanges.map(({ proof }) => proof),
      ),
    }
  }

  #newViewMessage(wire: WireNewView, viewChanges: readonly Verified<ViewChange>[]): NewView | null {
    const v = decodeCount(wire.view)
    if (v === null) return null
    const proposals: Proposal[] = []
    for (const one of wire.proposals) {
      const proposal = decodeProposal(this.#scope, one)
      if (proposal === null) return null
      proposals.push(proposal)
    }
    return { type: 'new-view', view: view(v), viewChanges, proposals }
  }

  #envelopeNamed(hash: Uint8Array): Envelope | null {
    const digest = decodeDigest(hash)
    return digest === null ? null : (this.#byHash.get(digest) ?? null)
  }
}

/** What must be checked besides the envelopes' own signatures. */
export interface InnerSignatures {
  readonly statements: readonly {
    readonly sender: number
    readonly statement: Statement
    readonly signature: Uint8Array
  }[]
  readonly certificates: readonly Certificate[]
}

export function innerSignatures(messages: readonly Verified[]): InnerSignatures {
  const statements = []
  const certificates = []
  for (const { sender, message } of messages) {
    if (message.type === 'checkpoint')
      statements.push({ sender, statement: message.statement, signature: message.signature })
    const shown = message.type === 'view-change' || message.type === 'status' ? message.stable : null
    if (shown !== null) certificates.push(shown)
  }
  return { statements, certificates }
}

/** The COMMITs of an envelope, for commit certificates in storage and state transfer. */
export function commitsIn(envelope: Envelope): readonly Verified<Commit>[] {
  const commits: Verified<Commit>[] = []
  for (const wire of envelope.messages) {
    const message = wire.commit === undefined ? null : decodeVote('commit', wire.commit)
    if (message?.type === 'commit')
      commits.push({ sender: envelope.sender, message, proof: proofOf(envelope, []) })
  }
  return commits
}

const nameOf = (v: number, n: number, digest: string): string => `${v}/${n}/${digest}`

function addFirst<V>(map: Map<string, V>, name: string, value: V): void {
  if (!map.has(name)) map.set(name, value)
}

function proofOf(envelope: Envelope, attachments: readonly Proof[]): Proof {
  return { hash: envelope.hash, bytes: envelope.bytes, attachments }
}

function isViewChange(verified: Verified): verified is Verified<ViewChange> {
  return verified.message.type === 'view-change'
}

function decodeVote(type: 'prepare' | 'commit', wire: WireVote): Prepare | Commit | null {
  const v = decodeCount(wire.view)
  const n = decodeCount(wire.sequence)
  const digest = decodeDigest(wire.digest)
  if (v === null || n === null || digest === null) return null
  return { type, view: view(v), sequence: sequence(n), digest }
}

function decodeStatus(scope: Scope, wire: WireStatus): Message | null {
  const certificate = wire.stable === undefined ? null : decodeCertificate(scope, wire.stable)
  if (wire.stable !== undefined && certificate === null) return null
  const departures = decodeDepartures(scope, wire.departures)
  if (departures === null) return null
  const v = decodeCount(wire.view)
  const stable = decodeCount(wire.stableSequence)
  const executed = decodeCount(wire.executedSequence)
  const voted = decodeCount(wire.votedSequence)
  const question = decodeCount(wire.question)
  const answers = decodeCount(wire.answers)
  if (v === null || stable === null || executed === null || voted === null) return null
  if (question === null || answers === null) return null
  return {
    type: 'status',
    view: view(v),
    viewActive: wire.viewActive,
    stableSequence: sequence(stable),
    executedSequence: sequence(executed),
    votedSequence: sequence(voted),
    recovering: wire.recovering,
    question,
    answers,
    stable: certificate,
    departures,
  }
}

/** Null when one is malformed, or there are more than members. */
function decodeDepartures(scope: Scope, wire: WireStatus['departures']): Status['departures'] | null {
  if (wire.length > scope.memberKeys.length) return null
  const departures = []
  for (const one of wire) {
    const v = decodeCount(one.view)
    if (v === null || one.replica >= scope.memberKeys.length) return null
    departures.push({ replica: replicaId(one.replica), view: view(v) })
  }
  return departures
}
