import { fromHex } from '../../lib/bytes.ts'
import { quorum } from '../../pbft/quorum.ts'
import { decodeProposal, plain } from '../../wire/convert.ts'
import type { WirePrepared, WireViewChange } from '../../wire/pb/messages.ts'
import { Archive, type Forged, forge, type HeardProposal, type Signed, signedOf } from './archive.ts'
import type { Behaviour, Lair, OutgoingMessage } from './behaviour.ts'
import { attachmentsIn, messagesIn, say } from './forgery.ts'

/** A VIEW-CHANGE with what must travel with it. */
interface ForgedViewChange {
  readonly viewChange: WireViewChange
  readonly attachments: readonly Uint8Array[]
}

interface Material {
  readonly viewChange: WireViewChange
  readonly proposal: HeardProposal
  /** PREPAREs of backups for it, each member once. */
  readonly prepares: readonly Signed[]
}

/**
 * Shows in VIEW-CHANGEs prepared certificates that are none, made of true parts: too few PREPAREs, one signer twice, a PREPARE of the
 * primary counted, a proposal of whoever is not the primary, of another view, sequence or digest; and stable checkpoints of too few.
 * Aims at the rules for a VIEW-CHANGE (OSDI'99 §4.4): one certificate that is taken for a higher view undoes what was committed.
 */
export function createForgedCertificates(lair: Lair): Behaviour {
  const { prng, scope, others } = lair
  const n = others.length + 1
  const q = quorum(n)
  const archive = new Archive(scope)
  let viewSaid = 0

  const forgeries = createForgeries(lair, archive)
  const reshapings = createReshapings(q)

  function forgedFrom(viewChange: WireViewChange): ForgedViewChange | null {
    const low = viewChange.stable?.statement?.sequence ?? 0
    const proposals = archive.proposals.filter(
      ({ view, sequence }) => sequence > low && view < viewChange.view,
    )
    const proposal = proposals.length === 0 ? undefined : prng.pick(proposals)
    for (const what of prng.shuffle([...Object.keys(forgeries), ...Object.keys(reshapings)])) {
      const whole = reshapings[what]?.(viewChange) ?? null
      if (whole !== null) return as(what, { viewChange: whole, attachments: [] })
      const make = forgeries[what]
      if (proposal === undefined || make === undefined) continue
      const prepares = archive.preparesOf(proposal).filter(({ sender }) => sender !== proposal.view % n)
      const material = { viewChange, proposal, prepares }
      const forged = make(material)
      if (forged !== null) return as(what, withForged(material, forged))
    }
    return null
  }

  function as(what: string, forged: ForgedViewChange): ForgedViewChange {
    lair.did(what)
    return forged
  }

  function spread(viewChange: WireViewChange, attached: readonly Uint8Array[]): readonly OutgoingMessage[] {
    const forged = forgedFrom(viewChange)
    if (forged === null) return []
    viewSaid = viewChange.view
    const bytes = say(lair, [{ viewChange: forged.viewChange }], [...attached, ...forged.attachments])
    return [{ topic: 'consensus', to: prng.chance(0.8) ? others : [prng.pick(others)], bytes }]
  }

  /** The view that another one leaves for, before we do. */
  let wanted = 0

  return {
    publish(outgoing) {
      if (outgoing.topic !== 'consensus') return [outgoing]
      archive.hear(outgoing.bytes)
      const { viewChange } = messagesIn(outgoing.bytes)[0] ?? {}
      if (viewChange === undefined || prng.chance(0.2)) return [outgoing]
      const lies = spread(viewChange, attachmentsIn(outgoing.bytes))
      return prng.chance(0.2) ? [...lies, outgoing] : lies
    },
    hear(topic, bytes) {
      if (topic !== 'consensus') return
      archive.hear(bytes)
      for (const { viewChange } of messagesIn(bytes)) wanted = Math.max(wanted, viewChange?.view ?? 0)
    },
    tick() {
      if (wanted <= viewSaid || wanted > viewSaid + 1_000 || prng.chance(0.5)) return []
      return spread({ view: wanted, stable: undefined, prepared: [] }, [])
    },
  }
}

function withForged({ viewChange }: Material, { prepared, attachments }: Forged): ForgedViewChange {
  const others = viewChange.prepared.filter(({ sequence }) => sequence !== prepared.sequence)
  const all = [...others, prepared].sort((a, b) => a.sequence - b.sequence)
  return { viewChange: { ...viewChange, prepared: all }, attachments }
}

/** Lies about one certificate. */
function createForgeries(
  lair: Lair,
  archive: Archive,
): Readonly<Record<string, (material: Material) => Forged | null>> {
  const { prng, self, others } = lair
  const n = others.length + 1
  const q = quorum(n)
  const { sign, proposedByUs, preparedByUs, inventedAt } = createOwn(lair, q)

  /** The next view from `view` on in which we are the primary. */
  const ownViewFrom = (view: number): number => view + ((self - (view % n) + n) % n)

  function altered(
    { proposal, prepares }: Material,
    change: (prepared: WirePrepared) => Partial<WirePrepared>,
  ): Forged {
    const { prepared, attachments } = forge(proposal, prepares.slice(0, q - 1))
    return { prepared: { ...prepared, ...change(prepared) }, attachments }
  }

  return {
    'too few PREPAREs': ({ proposal, prepares }) => forge(proposal, prepares.slice(0, q - 2)),
    'one signer twice': ({ proposal, prepares }) => {
      const some = prepares.slice(0, q - 2)
      return some[0] === undefined ? null : forge(proposal, [...some, some[0]])
    },
    'the PREPARE of the primary': ({ proposal, prepares }) => {
      const { view, sequence, digest } = proposal
      if (view % n !== self) return null
      return forge(proposal, [...prepares.slice(0, q - 2), sign([{ prepare: { view, sequence, digest } }])])
    },
    'proposed by another': ({ proposal, prepares }) =>
      proposal.view % n === self ? null : forge(proposedByUs(proposal), prepares.slice(0, q - 1)),
    'nothing but our word': ({ proposal }) => forge(proposal, preparedByUs(proposal)),
    'a view to come': ({ viewChange, proposal }) => {
      const ours = inventedAt(ownViewFrom(viewChange.view), proposal.sequence)
      return forge(ours, preparedByUs(ours))
    },
    'beyond the window': ({ proposal }) => {
      const ours = inventedAt(proposal.view, proposal.sequence + 10_000)
      return forge(ours, preparedByUs(ours))
    },
    'another view': material => altered(material, ({ view }) => ({ view: view + 1 })),
    'another sequence': material => altered(material, ({ sequence }) => ({ sequence: sequence + 1 })),
    'another digest': material => {
      const { sequence } = material.proposal
      const foreign = archive.proposals.filter(other => other.sequence !== sequence)
      return foreign.length === 0 ? null : altered(material, () => ({ digest: prng.pick(foreign).digest }))
    },
  }
}

/** Lies about the whole. */
function createReshapings(
  q: number,
): Readonly<Record<string, (viewChange: WireViewChange) => WireViewChange | null>> {
  return {
    'out of order': viewChange =>
      viewChange.prepared.length < 1
        ? null
        : { ...viewChange, prepared: [...viewChange.prepared, ...viewChange.prepared].reverse() },
    'a stable checkpoint of too few': viewChange =>
      viewChange.stable === undefined
        ? null
        : {
            ...viewChange,
            stable: { ...viewChange.stable, signatures: viewChange.stable.signatures.slice(0, q - 1) },
          },
    'no stable checkpoint': viewChange =>
      viewChange.stable === undefined ? null : { ...viewChange, stable: undefined },
    'a view that it is prepared in': viewChange => {
      const view = viewChange.prepared.at(-1)?.view ?? 0
      return view < 1 ? null : { ...viewChange, view }
    },
  }
}

/** What we propose and prepare ourselves. */
function createOwn(lair: Lair, q: number) {
  const { scope } = lair
  const sign = (messages: Parameters<typeof say>[1]): Signed => signedOf(scope, say(lair, messages))

  /** The same proposal, proposed by us. */
  function proposedByUs({ view, proposal, ...heard }: HeardProposal): HeardProposal {
    return { ...heard, view, proposal, ...sign([{ prePrepare: { view, proposal } }]) }
  }

  /** As many PREPAREs as are needed, all of us. */
  function preparedByUs({ view, sequence, digest }: HeardProposal): readonly Signed[] {
    const own = sign([{ prepare: { view, sequence, digest } }])
    return Array.from({ length: q - 1 }, () => own)
  }

  /** A proposal of ours, for a place where nobody proposed yet. */
  function inventedAt(view: number, sequence: number): HeardProposal {
    const proposal = { sequence, batchDigests: [], logTimeMs: Math.floor(lair.nowMs()), certify: false }
    const digest = plain(fromHex(decodeProposal(scope, proposal)?.digest ?? ''))
    const signed = sign([{ prePrepare: { view, proposal } }])
    return { ...signed, view, sequence, digest, proposal }
  }

  return { sign, proposedByUs, preparedByUs, inventedAt }
}
