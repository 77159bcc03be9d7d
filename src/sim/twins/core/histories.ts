import {
  type Digest,
  digest,
  type Proposal,
  type Sequence,
  type Statement,
  sequence,
} from '../../../pbft/types.ts'

/** What was executed up to a sequence, as a chain: whoever executed the same has the same object. */
export interface History {
  readonly sequence: Sequence
  /** Null before anything was executed. */
  readonly before: History | null
  /** What was executed last. */
  readonly batches: readonly Digest[]
  /** What a CHECKPOINT says of it; it names the history. */
  readonly statement: Statement
}

/** All histories of a world. Names of histories stand for digests of them, and for the states that come out. */
export class Histories {
  readonly genesis = historyOf('h0', null, { batchDigests: [], logTimeMs: 0 })
  readonly #next = new Map<History, Map<Digest, History>>()
  readonly #byName = new Map<Digest, History>([[this.genesis.statement.historyDigest, this.genesis]])

  after(history: History, proposal: Proposal): History {
    const continued = this.#next.get(history) ?? new Map<Digest, History>()
    this.#next.set(history, continued)
    const known = continued.get(proposal.digest)
    if (known !== undefined) return known
    const made = historyOf(`h${this.#byName.size}`, history, proposal)
    continued.set(proposal.digest, made)
    this.#byName.set(made.statement.historyDigest, made)
    return made
  }

  named(name: Digest): History | undefined {
    return this.#byName.get(name)
  }
}

/** Every batch that it contains. */
export function batchesOf(history: History): Set<Digest> {
  const batches = new Set<Digest>()
  for (let at: History | null = history; at !== null; at = at.before)
    for (const batch of at.batches) batches.add(batch)
  return batches
}

const MEMBERS_HASH = digest('members')

function historyOf(
  name: string,
  before: History | null,
  { batchDigests, logTimeMs }: Pick<Proposal, 'batchDigests' | 'logTimeMs'>,
): History {
  const at = sequence(before === null ? 0 : before.sequence + 1)
  const statement: Statement = {
    epoch: 0,
    sequence: at,
    historyDigest: digest(name),
    stateRoot: digest(`state ${name}`),
    membersHash: MEMBERS_HASH,
    logTimeMs: Math.max(before?.statement.logTimeMs ?? 0, logTimeMs),
  }
  return { sequence: at, before, batches: batchDigests, statement }
}
