import { describe, expect, it } from 'vitest'
import { utf8 } from '../../src/lib/bytes.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import { replicaId, sequence } from '../../src/pbft/types.ts'
import { drawOptions, type SimulationOptions } from '../../src/sim/options.ts'
import { isCertificate, isProved, type StateReply } from '../../src/sim/replies.ts'
import { type SimulationResult, simulate } from '../../src/sim/simulation.ts'
import { certificateOf, ground, HonestMember, set } from './checker-world.ts'

/** Clients that wait for answers, and members that lie to them. */
const quiet = {
  faultsMs: 2_500,
  loss: 0,
  crashesPerSecond: 0,
  partitions: false,
  transactions: 5,
  clockSkewMs: 0,
}
const busy = { clients: 3, clientOperations: 25 }

function worldOf(seed: number, liars: readonly number[], changes: Partial<SimulationOptions> = {}) {
  const byzantine = liars.map(member => ({ member, behaviours: ['lying-replies'] as const }))
  const { n = 4, ...rest } = changes
  const { latency } = drawOptions(1, { n: 4 })
  const drawn = drawOptions(seed, { n, latency, ...quiet, ...busy, ...rest, byzantine })
  return { ...drawn, cuts: [], left: [], sentences: [], pausesPerSecond: 0, transactionWindowMs: 600_000 }
}

const run = (options: SimulationOptions): Promise<SimulationResult> =>
  simulate(options, { loggerOf: () => silentLogger })

describe('clients that wait', () => {
  it('are answered, read, and believe no lie of f members', async () => {
    let answered = 0
    let lies = 0
    const reads = { certified: 0, equal: 0 }
    for (let seed = 1; seed <= 4; seed++) {
      const [n, liars] = seed % 3 === 0 ? [7, [2, 5]] : [4, [seed % 4]]
      const result = await run(worldOf(seed, liars, { n }))
      expect(result.violations, `seed ${seed}`).toEqual([])
      const { answer, certifiedReads, equalReads } = result.measurement
      answered += answer.faults.count + answer.after.count
      reads.certified += certifiedReads
      reads.equal += equalReads
      for (const times of Object.values(result.lies)) lies += times
    }
    expect(answered).toBeGreaterThan(60)
    expect(Math.min(reads.certified, reads.equal)).toBeGreaterThan(2)
    expect(lies).toBeGreaterThan(30)
  })

  it('believe f+1 liars, and the judges see it', async () => {
    const found = new Set<string>()
    for (let seed = 1; seed <= 4; seed++)
      for (const { checker } of (await run(worldOf(seed, [0, 1]))).violations) found.add(checker)
    expect([...found]).toContain('durability')
  })

  it('find answers although members crash and links are cut', async () => {
    const result = await run(
      worldOf(11, [], { loss: 0.05, crashesPerSecond: 1.5, partitions: true, faultsMs: 6_000 }),
    )
    expect(result.violations).toEqual([])
    expect(result.crashes).toBeGreaterThan(2)
    expect(result.measurement.answer.after.count).toBeGreaterThan(5)
    expect(result.measurement.hangoverMs).not.toBeNull()
  })
})

describe('what a client believes', () => {
  const member = new HonestMember()
  member.execute([set('a', '1')])
  const { window, application } = member.state
  const answer = application.query('a')
  if ('code' in answer) throw new Error(answer.message)
  const reply: StateReply = {
    answer,
    applicationRoot: application.stateRoot(),
    floorMs: window.floorMs,
    firstSequence: window.firstSequence ?? 0,
    sequence: 1,
    certificate: member.certificate(),
  }
  const proves = (changes: Partial<StateReply>): boolean =>
    isProved(ground.scope, 'a', { ...reply, ...changes })
  const other = { ...member.state.statement(), sequence: sequence(2) }

  it('is a value that a certificate proves', () => {
    expect(proves({})).toBe(true)
  })

  it.each<[string, Partial<StateReply>]>([
    ['another value', { answer: { ...answer, value: utf8('2') } }],
    ['no value', { answer: { ...answer, value: null } }],
    ['a proof that is cut short', { answer: { ...answer, proof: answer.proof.slice(1) } }],
    ['another root', { applicationRoot: new Uint8Array(32) }],
    ['another floor', { floorMs: 1 }],
    ['another sequence', { sequence: 2 }],
    ['no certificate', { certificate: null }],
    ['a certificate of another sequence', { certificate: certificateOf(other, [0, 1, 2]) }],
    ['too few signatures', { certificate: member.certificate([0, 1]) }],
    ['a signature twice', { certificate: member.certificate([0, 1, 1]) }],
  ])('is not %s', (_what, changes) => {
    expect(proves(changes)).toBe(false)
  })

  it('is no certificate of a stranger, or with a spoilt signature', () => {
    const certificate = member.certificate()
    const [first, ...rest] = certificate.signatures
    const signature = first?.signature.map(byte => byte ^ 1) ?? new Uint8Array(64)
    const spoilt = [{ replica: replicaId(0), signature }, ...rest]
    const stranger = [{ replica: replicaId(9), signature: first?.signature ?? signature }, ...rest]
    for (const signatures of [spoilt, stranger])
      expect(isCertificate(ground.scope, { ...certificate, signatures })).toBe(false)
    expect(isCertificate(ground.scope, certificate)).toBe(true)
  })
})
