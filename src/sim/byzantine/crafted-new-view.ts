import { fromHex } from '../../lib/bytes.ts'
import type { Prng } from '../../lib/prng.ts'
import type { ProposalContent } from '../../pbft/effect.ts'
import { computeNewView } from '../../pbft/new-view.ts'
import { quorum } from '../../pbft/quorum.ts'
import { digest, sequence, type Verified, type ViewChange } from '../../pbft/types.ts'
import { decodeProposal, plain } from '../../wire/convert.ts'
import { signedOf } from './archive.ts'
import type { Behaviour, Lair, OutgoingMessage } from './behaviour.ts'
import { messagesIn, say } from './forgery.ts'
import { newViewBytes, type Plan, ViewChangesHeard } from './view-changes-heard.ts'

type V = Plan['viewChanges']

/**
 * As primary of a new view, and where it is not the primary, draws from true VIEW-CHANGEs what they do not oblige to: the certificate
 * of the lowest view, a null request for what was prepared, an invented proposal, one left out, two exchanged, some beyond max-s or
 * from a lower min-s; from V too small, with a member twice, of another view, or holding a VIEW-CHANGE of its own that is none. Aims
 * at the one rule that carries commits across views: O is what V says, and backups compute it themselves.
 */
export function createCraftedNewView(lair: Lair): Behaviour {
  const { prng, self, others } = lair
  const n = others.length + 1
  const q = quorum(n)
  const heard = new ViewChangesHeard(lair)
  const said = new Set<number>()

  const lies = { ...createLiesInO(prng), ...createLiesInV(lair, heard) }

  function spread(view: number, all: V): readonly OutgoingMessage[] {
    const honest = planOf(prng.shuffle(all).slice(0, q))
    if (view % n !== self && prng.chance(0.5)) {
      lair.did('true, but of a view that is not ours')
      return [{ topic: 'consensus', to: others, bytes: newViewBytes(lair, view, honest) }]
    }
    for (const what of prng.shuffle(Object.keys(lies))) {
      const plan = lies[what]?.(honest, view) ?? null
      if (plan === null) continue
      lair.did(view % n === self ? what : 'of a view that is not ours')
      const to = prng.chance(0.7) ? others : prng.shuffle(others).slice(0, prng.between(1, others.length))
      return [{ topic: 'consensus', to, bytes: newViewBytes(lair, view, plan) }]
    }
    return []
  }

  return {
    publish(outgoing) {
      if (outgoing.topic !== 'consensus') return [outgoing]
      heard.hear(outgoing.bytes)
      const view = messagesIn(outgoing.bytes)[0]?.newView?.view
      const all = view === undefined ? [] : heard.of(view)
      if (view === undefined || all.length < q) return [outgoing]
      said.add(view)
      return [...spread(view, all), ...(prng.chance(0.3) ? [outgoing] : [])]
    },
    hear(topic, bytes) {
      if (topic === 'consensus') heard.hear(bytes)
    },
    tick() {
      const view = heard.wanted().find(wanted => !said.has(wanted))
      if (view === undefined) return []
      said.add(view)
      return spread(view, heard.of(view))
    },
  }
}

const planOf = (viewChanges: V): Plan => ({
  viewChanges,
  proposals: computeNewView(viewChanges).proposals,
})

function lowestViews(viewChanges: V): ReadonlyMap<number, ProposalContent> {
  const lowest = new Map<number, { readonly view: number; readonly proposal: ProposalContent }>()
  for (const { view, proposal } of viewChanges.flatMap(({ message }) => message.prepared)) {
    const known = lowest.get(proposal.sequence)
    if (known === undefined || view < known.view) lowest.set(proposal.sequence, { view, proposal })
  }
  return new Map([...lowest].map(([n, { proposal }]) => [n, proposal]))
}

type Lies = Readonly<Record<string, (plan: Plan, view: number) => Plan | null>>

/** V as it was, and another O. */
function createLiesInO(prng: Prng): Lies {
  const changeOne = (
    plan: Plan,
    change: (content: ProposalContent) => readonly ProposalContent[],
  ): Plan | null => {
    if (plan.proposals.length === 0) return null
    const at = prng.between(0, plan.proposals.length - 1)
    return { ...plan, proposals: plan.proposals.flatMap((one, i) => (i === at ? change(one) : [one])) }
  }

  return {
    'the lowest view': ({ viewChanges, proposals }) => {
      const lowest = lowestViews(viewChanges)
      const changed = proposals.map(one => lowest.get(one.sequence) ?? one)
      return changed.some((one, i) => one.logTimeMs !== proposals[i]?.logTimeMs)
        ? { viewChanges, proposals: changed }
        : null
    },
    'null instead': plan =>
      changeOne(plan, one => [{ ...one, batchDigests: [], logTimeMs: 0, certify: false }]),
    invented: plan =>
      changeOne(plan, one => [
        { ...one, batchDigests: [digest('cd'.repeat(32))], logTimeMs: one.logTimeMs + 1 },
      ]),
    'left out': plan => changeOne(plan, () => []),
    'another flag': plan => changeOne(plan, one => [{ ...one, certify: !one.certify }]),
    exchanged: plan => {
      const [first, second, ...rest] = plan.proposals
      if (first === undefined || second === undefined) return null
      const exchanged = [
        { ...second, sequence: first.sequence },
        { ...first, sequence: second.sequence },
      ]
      return { ...plan, proposals: [...exchanged, ...rest] }
    },
    'beyond max-s': plan => {
      const { stable } = computeNewView(plan.viewChanges)
      const from = (plan.proposals.at(-1)?.sequence ?? stable?.statement.sequence ?? 0) + 1
      const extra = Array.from({ length: prng.between(1, 3) }, (_, i) => ({
        sequence: sequence(from + i),
        batchDigests: [],
        logTimeMs: 0,
        certify: false,
      }))
      return { ...plan, proposals: [...plan.proposals, ...extra] }
    },
    'from a lower min-s': plan => {
      const first = plan.proposals[0]
      if (first === undefined || first.sequence === 1) return null
      const below = { ...first, sequence: sequence(first.sequence - 1), batchDigests: [] }
      return { ...plan, proposals: [below, ...plan.proposals] }
    },
  }
}

/** Another V, and the O that follows from it. */
function createLiesInV(lair: Lair, heard: ViewChangesHeard): Lies {
  const q = quorum(lair.others.length + 1)
  return {
    'V too small': ({ viewChanges }) => planOf(viewChanges.slice(0, q - 1)),
    'V with one twice': ({ viewChanges }) =>
      planOf([...viewChanges.slice(0, q - 1), ...viewChanges.slice(0, 1)]),
    'V of another view': ({ viewChanges }, view) => {
      const older = heard.wanted().find(other => other < view)
      return older === undefined
        ? null
        : planOf([...viewChanges.slice(0, q - 1), ...heard.of(older).slice(0, 1)])
    },
    'V with a forged one': ({ viewChanges }, view) => {
      const forged = forgedViewChange(lair, viewChanges, view)
      return forged === null
        ? null
        : planOf([forged, ...viewChanges.filter(({ sender }) => sender !== lair.self)].slice(0, q))
    },
  }
}

/**
 * Our own VIEW-CHANGE, showing that we proposed something else in the view before, which nobody prepared, so that O follows from V and V
 * is bad.
 */
function forgedViewChange(lair: Lair, viewChanges: V, view: number): Verified<ViewChange> | null {
  const certificates = viewChanges.flatMap(({ message }) => message.prepared)
  const certificate = certificates.length === 0 ? undefined : lair.prng.pick(certificates)
  if (certificate === undefined) return null
  const { sequence: n, logTimeMs } = certificate.proposal
  const proposal = { sequence: n, batchDigests: [], logTimeMs: logTimeMs + 1, certify: false }
  const before = view - 1
  const proposed = signedOf(lair.scope, say(lair, [{ prePrepare: { view: before, proposal } }]))
  const digest = plain(fromHex(decodeProposal(lair.scope, proposal)?.digest ?? ''))
  const prepared = { view: before, sequence: n, digest, prePrepare: proposed.hash, prepares: [] }
  const viewChange = { view, stable: undefined, prepared: [prepared] }
  const bytes = say(lair, [{ viewChange }], [proposed.bytes])
  return new ViewChangesHeard(lair).hear(bytes)[0] ?? null
}
