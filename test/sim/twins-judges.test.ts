import { describe, expect, it } from 'vitest'
import type { Draft } from '../../src/pbft/effect.ts'
import { type Digest, digest, type Proposal, replicaId, sequence, view } from '../../src/pbft/types.ts'
import { batchesOf, Histories } from '../../src/sim/twins/core/histories.ts'
import { Judges } from '../../src/sim/twins/core/judges.ts'
import { Mint } from '../../src/sim/twins/core/mint.ts'

/** Judges of scenarios on the core, each shown what it is there for. Member 3 is twinned. */
function createCourt() {
  const violations: string[] = []
  const judges = new Judges(
    { n: 4, twinned: [3], partitions: [], losses: [], ending: 'both-go-on', crash: null },
    { violation: (checker, text) => void violations.push(`${checker}: ${text}`) },
  )
  const [mint, histories] = [new Mint(), new Histories()]
  const members = [0, 1, 2, 3].map(id => judges.observe(replicaId(id)))
  const observer = (id: number) => members[id] as (typeof members)[number]
  return {
    violations,
    judges,
    histories,
    observer,
    say(id: number, draft: Draft): void {
      observer(id).onSaid(mint.sign(replicaId(id), draft, 1_000))
    },
    certificateOf: (history: ReturnType<Histories['after']>, signers: readonly number[]) => ({
      statement: history.statement,
      signatures: signers.map(signer => ({ replica: replicaId(signer), signature: new Uint8Array(0) })),
    }),
  }
}

function proposal(batch: string): Proposal {
  const name: Digest = digest(batch)
  return { sequence: sequence(1), batchDigests: [name], logTimeMs: 1_000, certify: true, digest: name }
}

describe('judges of scenarios on the core', () => {
  it('object to two histories, executed or certified', () => {
    const { violations, histories, observer, say, certificateOf } = createCourt()
    const [one, other] = ['a', 'b'].map(batch => histories.after(histories.genesis, proposal(batch)))
    if (one === undefined || other === undefined) return expect.unreachable()
    expect(histories.after(histories.genesis, proposal('a'))).toBe(one)
    expect([...batchesOf(one)]).toEqual(['a'])
    observer(0).onExecuted(one)
    observer(1).onExecuted(one)
    observer(3).onExecuted(other)
    expect(violations).toEqual([])
    for (const id of [1, 2, 3]) say(id, { type: 'checkpoint', statement: other.statement })
    observer(2).onStable(certificateOf(other, [1, 2, 3]))
    expect(violations).toEqual(['agreement: member 2 has another history at 1: h2, not h1'])
  })

  it('object to a certificate whose signers said no such thing', () => {
    const { violations, histories, observer, say, certificateOf } = createCourt()
    const history = histories.after(histories.genesis, proposal('a'))
    say(0, { type: 'checkpoint', statement: history.statement })
    say(3, { type: 'checkpoint', statement: history.statement })
    observer(0).onStable(certificateOf(history, [0, 1, 3]))
    observer(0).onStable(certificateOf(history, [0, 3, 3]))
    expect(violations).toHaveLength(2)
    expect(violations[0]).toBe('certificates: sequence 1 is stable at member 0 with the words of 2 members')
    say(1, { type: 'checkpoint', statement: history.statement })
    observer(1).onStable(certificateOf(history, [0, 1, 3]))
    expect(violations).toHaveLength(2)
  })

  it('object to two statements for one slot, and to a vote in a view that was left', () => {
    const { violations, say } = createCourt()
    const vote = (name: string, at = 0): Draft => {
      return { type: 'prepare', view: view(at), sequence: sequence(1), digest: digest(name) }
    }
    for (const id of [0, 3]) {
      say(id, vote('a'))
      say(id, vote('a'))
      say(id, vote('b'))
      say(id, { type: 'view-change', view: view(2), stable: null, prepared: [] })
      say(id, vote('a', 1))
      say(id, vote('a', 2))
    }
    expect(violations).toEqual([
      'one-statement: member 0 says prepare/0/1 again, or after it left: b',
      'one-statement: member 0 says prepare/1/1 again, or after it left: a',
    ])
  })

  it('object to an accusation of a correct member, and to one that stops', () => {
    const { violations, judges, observer } = createCourt()
    observer(0).onSuspect(replicaId(3))
    observer(3).onSuspect(replicaId(1))
    observer(3).onFailure(new Error('of a twin'))
    expect(violations).toEqual([])
    expect([...judges.accused]).toEqual([3])
    observer(1).onSuspect(replicaId(0))
    observer(2).onFailure(new Error('broken'))
    expect(violations).toEqual([
      'accusations: member 1 accuses member 0, which is correct',
      'accusations: member 2 stopped itself: Error: broken',
    ])
  })
})
