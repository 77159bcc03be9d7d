import { assert } from '../../lib/assert.ts'
import { fromHex, toHex } from '../../lib/bytes.ts'
import { decodeProposal, plain } from '../../wire/convert.ts'
import { type Envelope, openEnvelope } from '../../wire/envelope.ts'
import type { WirePrepared, WireProposal, WireVote } from '../../wire/pb/messages.ts'
import { isRejection } from '../../wire/rejection.ts'
import type { Scope } from '../../wire/scope.ts'

/**
 * What a faulty member keeps of what was signed by all: proposals and PREPAREs by view, sequence and digest, with the envelopes that
 * prove them. The best lies are made of true parts.
 */
export interface Signed {
  readonly sender: number
  /** The SHA-256 of the envelope's body. */
  readonly hash: Uint8Array<ArrayBuffer>
  /** The envelope without attachments. */
  readonly bytes: Uint8Array
}

export interface HeardProposal extends Signed {
  readonly view: number
  readonly sequence: number
  readonly digest: Uint8Array<ArrayBuffer>
  readonly proposal: WireProposal
}

/** A prepared certificate, and what must travel with it. */
export interface Forged {
  readonly prepared: WirePrepared
  readonly attachments: readonly Uint8Array[]
}

const PROPOSALS_MAX = 400

export class Archive {
  readonly #scope: Scope
  readonly #proposals = new Map<string, HeardProposal>()
  readonly #prepares = new Map<string, Map<number, Signed>>()

  constructor(scope: Scope) {
    this.#scope = scope
  }

  /** @param bytes an envelope with its attachments, heard or said */
  hear(bytes: Uint8Array): void {
    const opened = openEnvelope(this.#scope, bytes)
    if (isRejection(opened)) return
    for (const envelope of [...opened.attachments, opened.main]) this.#keep(envelope)
  }

  /** Oldest first. */
  get proposals(): readonly HeardProposal[] {
    return [...this.#proposals.values()]
  }

  /** PREPAREs for a proposal, each member once, those of the primary too if it was so foolish. */
  preparesOf({ view, sequence, digest }: HeardProposal): readonly Signed[] {
    return [...(this.#prepares.get(nameOf({ view, sequence, digest }))?.values() ?? [])]
  }

  #keep(envelope: Envelope): void {
    const signed: Signed = {
      sender: envelope.sender,
      hash: plain(fromHex(envelope.hash)),
      bytes: envelope.bytes,
    }
    for (const { prePrepare, newView, prepare } of envelope.messages) {
      if (prePrepare?.proposal !== undefined) this.#keepProposal(signed, prePrepare.view, prePrepare.proposal)
      for (const proposal of newView?.proposals ?? [])
        this.#keepProposal(signed, newView?.view ?? 0, proposal)
      if (prepare !== undefined) this.#keepPrepare(signed, prepare)
    }
  }

  #keepProposal(signed: Signed, view: number, proposal: WireProposal): void {
    const decoded = decodeProposal(this.#scope, proposal)
    if (decoded === null) return
    const digest = plain(fromHex(decoded.digest))
    const heard = { ...signed, view, sequence: proposal.sequence, digest, proposal }
    const name = nameOf(heard)
    if (!this.#proposals.has(name)) this.#proposals.set(name, heard)
    for (const oldest of this.#proposals.keys())
      if (this.#proposals.size > PROPOSALS_MAX) this.#proposals.delete(oldest)
  }

  #keepPrepare(signed: Signed, prepare: WireVote): void {
    const name = nameOf(prepare)
    const ofName = this.#prepares.get(name) ?? new Map<number, Signed>()
    this.#prepares.set(name, ofName.set(signed.sender, signed))
    for (const oldest of this.#prepares.keys())
      if (this.#prepares.size > PROPOSALS_MAX) this.#prepares.delete(oldest)
  }
}

export function forge(proposal: HeardProposal, prepares: readonly Signed[]): Forged {
  const { view, sequence, digest, hash, bytes } = proposal
  return {
    prepared: { view, sequence, digest, prePrepare: hash, prepares: prepares.map(one => one.hash) },
    attachments: [bytes, ...prepares.map(one => one.bytes)],
  }
}

/** What we signed ourselves, as part of a forgery. */
export function signedOf(scope: Scope, bytes: Uint8Array): Signed {
  const opened = openEnvelope(scope, bytes)
  assert(!isRejection(opened), 'what we signed can be read')
  const { sender, hash, bytes: alone } = opened.main
  return { sender, hash: plain(fromHex(hash)), bytes: alone }
}

const nameOf = (vote: { view: number; sequence: number; digest: Uint8Array }): string =>
  `${vote.view}/${vote.sequence}/${toHex(vote.digest)}`
