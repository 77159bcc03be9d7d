import { describe, expect, it } from 'vitest'
import { type Digest, replicaId, sequence } from '../../src/pbft/types.ts'
import type { ReplicaRuntime } from '../../src/runtime/replica-runtime.ts'
import { createAgreement } from '../../src/sim/checkers/agreement.ts'
import { createAtMostOnce } from '../../src/sim/checkers/at-most-once.ts'
import { createCertificates } from '../../src/sim/checkers/certificates.ts'
import type { Checker, ClientOperation, ClientRead } from '../../src/sim/checkers/checker.ts'
import { createClientHistory } from '../../src/sim/checkers/client-history.ts'
import { createDurability } from '../../src/sim/checkers/durability.ts'
import { createHangover, hangoverBoundMs } from '../../src/sim/checkers/hangover.ts'
import type { RegisterOperation } from '../../src/sim/checkers/linearizability.ts'
import { createReads } from '../../src/sim/checkers/reads.ts'
import { createValidity } from '../../src/sim/checkers/validity.ts'
import { EPOCH_MS } from '../../src/sim/ground.ts'
import type { SimulationOptions } from '../../src/sim/options.ts'
import type { ReceiptReply } from '../../src/sim/replies.ts'
import {
  certificateOf,
  checkpointEnvelope,
  complaints,
  HonestMember,
  options,
  remove,
  set,
  swap,
  withReceipts,
} from './checker-world.ts'

/** Each judge is shown what is good, and says nothing; and something made up that is not, and complains. */
const A = replicaId(0)
const B = replicaId(1)
const OTHER = 'f'.repeat(64) as Digest

const sayNothing = { saying: [] }
const complain = (create: Parameters<typeof complaints>[0], feed: (checker: Required<Checker>) => void) => ({
  saying: complaints(create, feed),
})

describe('agreement', () => {
  it('says nothing of members that execute the same, start again and install it', () => {
    const [one, two] = [new HonestMember(0), new HonestMember(1)]
    const found = complain(createAgreement, checker => {
      for (const member of [one, two]) {
        checker.onStart(member.id, member.runtime)
        checker.onExecuted(member.id, member.execute([set('a', '1'), set('b', '2')]))
      }
      checker.onInstalled(two.id, one.certificate())
      checker.onStart(one.id, one.runtime)
    })
    expect(found).toEqual(sayNothing)
  })

  it('sees another history', () => {
    const found = complaints(createAgreement, checker => {
      checker.onExecuted(A, new HonestMember().execute([set('a', '1')]))
      checker.onExecuted(B, new HonestMember().execute([set('a', '2')]))
    })
    expect(found).toEqual([expect.stringContaining('another history at 1')])
  })

  it('sees one history that led to two states', () => {
    const [one, two] = [new HonestMember(0), new HonestMember(1)]
    const found = complaints(createAgreement, checker => {
      for (const member of [one, two]) checker.onStart(member.id, member.runtime)
      checker.onExecuted(one.id, one.execute([set('a', '1')]))
      const executed = two.execute([set('a', '1')])
      two.state.application.execute([two.transaction(set('a', '2'))], { sequence: 1, logTimeMs: EPOCH_MS })
      checker.onExecuted(two.id, executed)
    })
    expect(found).toEqual([expect.stringContaining('another state at 1')])
  })

  it('sees a snapshot of another state', () => {
    const one = new HonestMember()
    const found = complaints(createAgreement, checker => {
      checker.onStart(A, one.runtime)
      checker.onExecuted(A, one.execute([set('a', '1')]))
      checker.onInstalled(B, certificateOf({ ...one.state.statement(), stateRoot: OTHER }, [0, 1, 2]))
    })
    expect(found).toEqual([expect.stringContaining('another state at 1')])
  })
})

describe('validity', () => {
  it('says nothing of what the application does, with refusals, repetitions and what came too late', () => {
    const member = new HonestMember()
    const twice = member.transaction(set('a', '9'))
    const found = complain(createValidity, checker => {
      checker.onExecuted(A, member.execute([set('a', '1'), remove('a'), remove('a'), swap('a', null, '2')]))
      checker.onExecuted(A, member.execute([swap('a', '1', '3'), swap('a', '2', '4')]))
      checker.onExecuted(A, member.executeTransactions([twice, member.transaction(set('b', '1'), 5), twice]))
      checker.onExecuted(A, member.executeTransactions([twice]))
      checker.onEnd(new Map([[A, member.runtime]]))
    })
    expect(found).toEqual(sayNothing)
    expect(member.state.window.size).toBe(7)
  })

  it.each([
    ['a result', { code: 2 }],
    ['an answer', { data: Uint8Array.of(1) }],
    ['a place', { position: 1 }],
  ])('sees %s that the model has not', (_what, change) => {
    const found = complaints(createValidity, checker => {
      const executed = new HonestMember().execute([remove('a')])
      checker.onExecuted(
        A,
        withReceipts(executed, receipts => receipts.map(one => ({ ...one, ...change }))),
      )
    })
    expect(found).toEqual(['the model executes 1 differently'])
  })

  it('sees what was left out, executed out of order, or by nobody', () => {
    const member = new HonestMember()
    const found = complaints(createValidity, checker => {
      const executed = member.execute([set('a', '1'), set('b', '1')])
      checker.onExecuted(
        A,
        withReceipts(executed, receipts => receipts.slice(1)),
      )
      member.execute([set('c', '1')])
      checker.onExecuted(A, member.execute([set('d', '1')]))
    })
    expect(found).toEqual(['the model executes 1 differently', '3 was executed, and 2 by nobody'])
  })

  it('sees what no client signed, and bodies that the proposal does not name', () => {
    const member = new HonestMember()
    const executed = member.execute([set('a', '1')])
    const entry = { ...executed.entry, proposal: { ...executed.entry.proposal, batchDigests: [OTHER] } }
    const found = complaints(createValidity, checker => checker.onExecuted(A, { ...executed, entry }), {
      isSubmitted: () => false,
    })
    expect(found).toEqual([
      expect.stringContaining('no client signed it'),
      expect.stringContaining('other batches were executed'),
    ])
  })

  it('sees another state in the end', () => {
    const member = new HonestMember()
    const found = complaints(createValidity, checker => {
      checker.onExecuted(A, member.execute([set('a', '1')]))
      const { application } = member.state
      application.execute([member.transaction(set('a', '2'))], { sequence: 1, logTimeMs: EPOCH_MS })
      checker.onEnd(new Map([[A, member.runtime]]))
    })
    expect(found).toEqual([expect.stringContaining('another value of "a"')])
  })
})

describe('at most once', () => {
  it('sees one transaction at two places, and says nothing of two members', () => {
    const member = new HonestMember()
    const executed = member.execute([set('a', '1'), set('b', '1')])
    const again = withReceipts(executed, receipts => receipts.map(one => ({ ...one, sequence: sequence(2) })))
    const feed = (checker: Required<Checker>): void => {
      checker.onExecuted(A, executed)
      checker.onExecuted(B, executed)
    }
    expect(complaints(createAtMostOnce, feed)).toEqual([])
    const found = complaints(createAtMostOnce, checker => {
      feed(checker)
      checker.onExecuted(A, again)
    })
    expect(found).toHaveLength(2)
  })
})

describe('certificates', () => {
  const member = new HonestMember()
  const executed = member.execute([set('a', '1')])
  const statement = member.state.statement()
  const look = (certificate: ReturnType<typeof certificateOf>): ReplicaRuntime =>
    ({ stable: certificate }) as unknown as ReplicaRuntime
  const said = (checker: Required<Checker>, ids: readonly number[]): void => {
    for (const id of ids) checker.onPublished(replicaId(id), checkpointEnvelope(id, statement))
  }

  it('says nothing of a quorum that said it', () => {
    const found = complain(createCertificates, checker => {
      said(checker, [0, 1])
      checker.onExecuted(A, executed)
      checker.onLook(A, look(certificateOf(statement, [0, 1, 3])))
      checker.onInstalled(B, certificateOf(statement, [0, 1, 3]))
    })
    expect(found).toEqual(sayNothing)
  })

  it.each([
    ['too few signatures', certificateOf(statement, [0, 1]), 'does not hold'],
    ['one signer twice', certificateOf(statement, [0, 1, 1]), 'does not hold'],
    [
      'another one’s signature',
      { ...certificateOf({ ...statement, stateRoot: OTHER }, [0, 1, 2]), statement },
      'does not hold',
    ],
    ['the signature of one that never said it', certificateOf(statement, [0, 1, 2]), 'never said so'],
  ])('sees %s', (_what, certificate, complaint) => {
    const found = complaints(createCertificates, checker => {
      said(checker, [0, 1])
      checker.onLook(A, look(certificate))
    })
    expect(found).toContainEqual(expect.stringContaining(complaint))
  })

  it('sees two for one sequence, and one for what was not executed', () => {
    const other = { ...statement, historyDigest: OTHER }
    const found = complaints(createCertificates, checker => {
      said(checker, [0, 1, 2])
      checker.onLook(A, look(certificateOf(other, [0, 1, 2])))
      checker.onLook(A, look(certificateOf(statement, [0, 1, 2])))
    })
    expect(found).toContain('two certificates for 1 differ')
    const another = complaints(createCertificates, checker => {
      checker.onLook(A, look(certificateOf(other, [0, 1, 2])))
      checker.onExecuted(A, executed)
    })
    expect(another.at(-1)).toContain('executed something else at 1')
  })

  it('sees what was executed without a quorum of COMMITs for it', () => {
    const { entry } = executed
    const [first] = entry.commits
    const few = { ...entry, commits: entry.commits.slice(1) }
    const one = { ...entry, commits: entry.commits.map(() => first as NonNullable<typeof first>) }
    const another = { ...entry, proposal: { ...entry.proposal, digest: OTHER } }
    for (const spoilt of [few, one, another]) {
      const found = complaints(createCertificates, checker =>
        checker.onExecuted(A, { ...executed, entry: spoilt }),
      )
      expect(found).toEqual([expect.stringContaining('lacks a quorum')])
    }
  })
})

const receipt = (at: number, code = 0, data: number[] = []): ReceiptReply => ({
  sequence: at,
  position: 0,
  code,
  data: Uint8Array.from(data),
})
const operation = (
  invokedMs: number,
  returnedMs: number | null,
  done: RegisterOperation,
  told: ReceiptReply | null = null,
): ClientOperation => ({
  client: 0,
  key: 'a',
  operation: done,
  id: `${invokedMs}`,
  invokedMs,
  returnedMs,
  receipt: told,
})

describe('durability', () => {
  it('sees a client that is told two outcomes', () => {
    const found = complaints(createDurability, checker => {
      checker.onTold({ id: 'x', sequence: 1, code: 0 })
      checker.onTold({ id: 'x', sequence: 1, code: 0 })
      checker.onOperation({ ...operation(0, 1, { type: 'set', value: '1' }, receipt(2)), id: 'x' })
    })
    expect(found).toEqual([expect.stringContaining('two outcomes')])
  })

  it('sees what a member in the end has forgotten, has not, or has otherwise', () => {
    const member = new HonestMember()
    const { outcome } = member.execute([set('a', '1')])
    const [id] = outcome.segment.receipts.map(one => one.id)
    const end = (checker: Required<Checker>): void => checker.onEnd(new Map([[A, member.runtime]]))
    const after = (told: { id: string; sequence: number; code: number }) =>
      complaints(createDurability, checker => {
        checker.onTold(told)
        end(checker)
      })
    expect(after({ id: id ?? '', sequence: 1, code: 0 })).toEqual([])
    expect(after({ id: id ?? '', sequence: 1, code: 2 })).toEqual([expect.stringContaining('another result')])
    expect(after({ id: 'gone', sequence: 1, code: 0 })).toEqual([expect.stringContaining('forgot gone')])
    expect(after({ id: 'later', sequence: 2, code: 0 })).toEqual([expect.stringContaining('ends at 1')])
  })
})

describe('the history of clients', () => {
  it('sees answers that no order explains', () => {
    const written: RegisterOperation = { type: 'set', value: '1' }
    const found = (existed: boolean): readonly string[] =>
      complaints(createClientHistory, checker => {
        checker.onOperation(operation(0, 1, written, receipt(1)))
        checker.onOperation(operation(2, 3, { type: 'delete', existed }, receipt(2)))
        checker.onEnd(new Map())
      })
    expect(found(true)).toEqual([])
    expect(found(false)).toEqual([expect.stringContaining('no order explains')])
  })

  it('says so when there are too many orders to look at', () => {
    const found = complaints(createClientHistory, checker => {
      const swap = (expected: string, done: boolean) =>
        checker.onOperation(operation(2, 3, { type: 'compare-and-set', expected, value: 'y', done }, null))
      for (let i = 0; i < 20; i++) {
        checker.onOperation({ ...operation(0, 1, { type: 'set', value: `${i}` }, null), returnedMs: null })
        swap(`${i}`, false)
      }
      swap('x', true)
      checker.onEnd(new Map())
    })
    expect(found).toEqual([
      expect.stringMatching(/^undecided: 41 operations on "a" .* given up after 200000 steps$/),
    ])
  })

  it('sees a place before that of something which was answered before', () => {
    const found = complaints(createClientHistory, checker => {
      checker.onOperation(operation(0, 10, { type: 'set', value: '1' }, receipt(5)))
      checker.onOperation(operation(9, 12, { type: 'set', value: '2' }, receipt(4)))
      checker.onOperation(operation(13, 14, { type: 'set', value: '3' }, receipt(5)))
    })
    expect(found).toEqual([expect.stringContaining('place 5 for what it began after 5')])
  })
})

describe('reads', () => {
  const read = (changes: Partial<ClientRead>): ClientRead => ({
    client: 0,
    key: 'a',
    value: '1',
    sequence: 1,
    how: 'certified',
    seenBefore: 0,
    invokedMs: 0,
    returnedMs: 1,
    ...changes,
  })
  const found = (changes: Partial<ClientRead>): readonly string[] =>
    complaints(createReads, checker => {
      const member = new HonestMember()
      checker.onExecuted(A, member.execute([set('a', '1')]))
      checker.onExecuted(A, member.execute([set('a', '2')]))
      checker.onRead(read(changes))
    })

  it('may be behind', () => {
    expect(found({})).toEqual([])
    expect(found({ key: 'b', value: null, sequence: 2 })).toEqual([])
  })

  it.each([
    ['a value of another sequence', { value: '2' }, 'read 2 for "a" at 1'],
    ['a value from nowhere', { value: '3' }, 'read 3'],
    ['nothing where there is something', { value: null }, 'read null'],
    ['a sequence that nobody executed', { sequence: 3 }, 'no correct member has executed'],
    ['one behind what the client has seen', { seenBefore: 2 }, 'after it saw 2'],
  ])('sees %s', (_what, changes, complaint) => {
    expect(found(changes)).toEqual([expect.stringContaining(complaint)])
  })
})

describe('hangover', () => {
  const peaceful: SimulationOptions = { ...options, byzantine: [], left: [] }
  const boundMs = hangoverBoundMs(peaceful) ?? 0
  const found = (lateMs: number, world = peaceful): readonly string[] =>
    complaints(
      createHangover,
      checker => {
        checker.onFaultsEnd(1_000)
        for (let i = 0; i < 20; i++)
          checker.onOperation(operation(900 + i, 1_000 + i, { type: 'set', value: `${i}` }, receipt(i)))
        checker.onOperation(operation(500, 1_000 + lateMs, { type: 'set', value: 'late' }, receipt(21)))
        checker.onEnd(new Map())
      },
      { options: world },
    )

  it('may last as long as it takes to find a primary', () => {
    expect(boundMs).toBeGreaterThan(peaceful.viewChangeTimeoutMaxMs)
    expect(found(boundMs)).toEqual([])
  })

  it('sees that it was not told when the faults were over', () => {
    const violations = complaints(createHangover, checker => {
      checker.onOperation(operation(0, 1, { type: 'set', value: '1' }, receipt(1)))
      checker.onEnd(new Map())
    })
    expect(violations).toEqual(['nobody said when the faults were over'])
  })

  it('sees answers that are late still after that, where nobody stays faulty', () => {
    expect(found(boundMs + 1)).toEqual([expect.stringContaining('after the faults, beyond')])
    expect(found(boundMs + 1, { ...peaceful, byzantine: options.byzantine })).toEqual([])
  })
})
