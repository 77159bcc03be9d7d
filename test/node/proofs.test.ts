import { describe, expect, it } from 'vitest'
import type { Application } from '../../src/application/contract.ts'
import createKeyValue from '../../src/application/key-value.ts'
import { LightClient } from '../../src/client/light-client.ts'
import { receiptProofToJson, stateProofToJson } from '../../src/client/proof-json.ts'
import { present } from '../../src/lib/assert.ts'
import { fromHex, fromUtf8, u64 } from '../../src/lib/bytes.ts'
import { type AnyCertificate, HISTORY_LINKS_MAX } from '../../src/membership/proof.ts'
import { Proofs } from '../../src/node/proofs.ts'
import { diskNames } from '../../src/runtime/disk-names.ts'
import { encodeSegment } from '../../src/runtime/segments.ts'
import { plain } from '../../src/wire/convert.ts'
import { StoredSequence } from '../../src/wire/pb/messages.ts'
import { CertifiedNetwork } from '../client/certified-network.ts'
import { MemoryStore, World } from '../runtime/world.ts'

/** A node's proofs over a real state, with certificates that come when the test wants. */
function createBench(options: ConstructorParameters<typeof CertifiedNetwork>[1] = {}) {
  const network = new CertifiedNetwork('a node that proves', options)
  const store = new MemoryStore(new World())
  const known: Record<'key' | 'members', AnyCertificate[]> = { key: [], members: [] }
  const sourceOf = (by: 'key' | 'members') => ({
    latest: () => known[by].at(-1) ?? null,
    covering: (sequence: number) => known[by].find(({ statement }) => statement.sequence >= sequence) ?? null,
  })
  const { application, state } = network
  const proofs = new Proofs({
    networkId: network.networkId,
    application,
    state,
    store,
    sources: { key: sourceOf('key'), members: sourceOf('members') },
  })
  const bench = {
    network,
    store,
    proofs,
    client: new LightClient({ anchor: { genesis: network.genesis } }),
    /** @returns the id of the transaction */
    execute(value: string, isCheckpoint = false): string {
      const [id = ''] = network.execute({ colour: value })
      const segment = network.segments.at(-1)
      if (segment === undefined) throw new Error('nothing was executed')
      const executed = {
        segment: encodeSegment(segment),
        historyDigest: plain(fromHex(segment.historyDigest)),
        view: 0,
      }
      store.write(
        [
          { type: 'put', key: diskNames.executed(segment.sequence), value: StoredSequence.encode(executed) },
          { type: 'put', key: diskNames.transaction(id), value: u64(segment.sequence) },
        ],
        { sync: false },
        () => {},
      )
      if (isCheckpoint) proofs.onCheckpoint()
      return id
    },
    certify(sequence: number, by: 'key' | 'members' = 'members'): void {
      known[by].push(network.certificate(sequence, by))
    },
    /** The value that a light client believes, and of when. */
    read(by: 'key' | 'members' | null = null): readonly [string | undefined, number] | string {
      const answer = proofs.state('colour', by)
      if ('code' in answer) return answer.code
      const json = stateProofToJson(network.networkId, answer.proof, answer.certificate)
      const { value, certificate } = bench.client.verifyState('colour', json)
      return [value === null ? undefined : fromUtf8(value), certificate.sequence]
    },
    /** The sequences of receipt and certificate that a light client believes. */
    prove(id: string, by: 'key' | 'members' | null = null): readonly [number, number] | string {
      const answer = proofs.receipt(id, by)
      if ('code' in answer) return answer.code
      const json = receiptProofToJson(network.networkId, answer.proof, answer.certificate)
      const { sequence, certificate } = bench.client.verifyReceipt(id, json)
      return [sequence, certificate.sequence]
    },
  }
  return bench
}

/** The key-value application, keeping no former state readable. */
function forgetful(): Application {
  const application = createKeyValue({})
  return Object.assign(Object.create(application), {
    snapshot() {
      const { chunkCount, chunk } = application.snapshot()
      return { chunkCount, chunk }
    },
  })
}

describe('a certified read', () => {
  it('is of the last certified state while execution goes on', () => {
    const bench = createBench()
    expect(bench.read()).toBe('NOT_CERTIFIED')
    bench.execute('red', true)
    expect(bench.read()).toBe('NOT_CERTIFIED')
    bench.certify(1)
    expect(bench.read()).toEqual(['red', 1])
    bench.execute('green')
    bench.execute('blue', true)
    expect(bench.read()).toEqual(['red', 1])
    bench.certify(3)
    bench.execute('white')
    expect(bench.read()).toEqual(['blue', 3])
  })

  it('passes over checkpoints that no certificate was made for', () => {
    const bench = createBench()
    for (const colour of ['red', 'green', 'blue', 'white']) bench.execute(colour, true)
    bench.certify(3)
    expect(bench.read()).toEqual(['blue', 3])
    bench.certify(4)
    expect(bench.read()).toEqual(['white', 4])
  })

  it('keeps few views however many checkpoints wait, the oldest and the newest among them', () => {
    const bench = createBench()
    for (let i = 1; i <= 20; i++) bench.execute(String(i), true)
    bench.certify(1)
    expect(bench.read()).toEqual(['1', 1])
    bench.certify(10)
    expect(bench.read()).toEqual(['1', 1])
    bench.certify(20)
    bench.execute('21')
    expect(bench.read()).toEqual(['20', 20])
  })

  it('is of the present state after a start, when nothing came after the certificate', () => {
    const bench = createBench()
    bench.execute('red')
    bench.certify(1)
    expect(bench.read()).toEqual(['red', 1])
    bench.execute('green')
    expect(bench.read()).toEqual(['red', 1])
  })

  it('is by whom it is asked for, and by the key where there is one', () => {
    const bench = createBench()
    bench.execute('red')
    bench.certify(1, 'members')
    expect(bench.read('key')).toBe('NOT_CERTIFIED')
    expect(bench.read()).toEqual(['red', 1])
    bench.certify(1, 'key')
    bench.execute('green', true)
    bench.certify(2, 'members')
    expect(bench.proofs.state('colour', null)).toMatchObject({ code: 'STATE_MOVED_ON' })
    expect(bench.read('members')).toEqual(['green', 2])
  })

  it('is refused for an application that keeps no former state, but while the network is idle', () => {
    const bench = createBench({ application: forgetful() })
    bench.execute('red', true)
    bench.certify(1)
    expect(bench.read()).toEqual(['red', 1])
    bench.execute('green', true)
    expect(bench.read()).toBe('STATE_MOVED_ON')
    bench.certify(2)
    expect(bench.read()).toEqual(['green', 2])
  })

  it('goes on from a state that was fetched', () => {
    const bench = createBench()
    bench.execute('red', true)
    bench.certify(1)
    expect(bench.read()).toEqual(['red', 1])
    bench.execute('green', true)
    bench.proofs.onInstalled()
    bench.certify(2)
    bench.execute('blue')
    // The view that waited may be of a state that was never ours.
    expect(bench.read()).toEqual(['red', 1])
  })

  it('of what is no key is refused by the application', () => {
    const bench = createBench()
    bench.execute('red')
    bench.certify(1)
    expect(bench.proofs.state('', null)).toMatchObject({ code: 'BAD_KEY' })
  })
})

describe('a receipt', () => {
  it('is proved from the first certificate at or above it', () => {
    const bench = createBench()
    const ids = ['red', 'green', 'blue', 'white'].map(colour => bench.execute(colour))
    expect(bench.prove(ids[0] ?? '')).toBe('NOT_CERTIFIED')
    bench.certify(2)
    bench.certify(4)
    expect(ids.map(id => bench.prove(id))).toEqual([
      [1, 2],
      [2, 2],
      [3, 4],
      [4, 4],
    ])
    expect(bench.prove('ab'.repeat(32))).toBe('TRANSACTION_UNKNOWN')
    expect(bench.prove(ids[0] ?? '', 'key')).toBe('NOT_CERTIFIED')
  })

  it('waits for a certificate of what is not executed here yet', () => {
    const [ahead, bench] = [createBench(), createBench()]
    for (const colour of ['red', 'green']) ahead.execute(colour)
    const id = bench.execute('red')
    const certificate = ahead.network.certificate(2, 'members')
    bench.network.certificates.set(2, { key: certificate, members: certificate })
    bench.certify(2)
    expect(bench.prove(id)).toBe('NOT_CERTIFIED')
  })

  it('is found on disk when the window forgot it, as long as it is there', () => {
    const bench = createBench({ protocol: { transactionWindowMax: 2 } })
    const ids = Array.from({ length: 6 }, (_, i) => bench.execute(String(i)))
    bench.certify(6)
    expect(bench.network.state.window.firstSequence).toBe(5)
    expect(ids.map(id => bench.prove(id))).toEqual([1, 2, 3, 4, 5, 6].map(sequence => [sequence, 6]))
    bench.store.entries.delete(diskNames.executed(3))
    expect(bench.prove(ids[0] ?? '')).toBe('NOT_IN_HISTORY')
    // The chain before the fourth was told by the third.
    expect(bench.prove(ids[3] ?? '')).toBe('NOT_IN_HISTORY')
    expect(bench.prove(ids[4] ?? '')).toEqual([5, 6])
  })

  it('costs nothing for the receipts of other sequences: they are not looked at', () => {
    const bench = createBench({ protocol: { transactionWindowMax: 2 } })
    const ids = Array.from({ length: 6 }, (_, i) => bench.execute(String(i)))
    bench.certify(6)
    const stored = StoredSequence.decode(
      present(bench.store.entries.get(diskNames.executed(3)), 'a sequence'),
    )
    const segment = present(stored.segment, 'its segment')
    const receipts = [{ id: new Uint8Array(1), code: 0, data: new Uint8Array(0) }]
    bench.store.entries.set(
      diskNames.executed(3),
      StoredSequence.encode({ ...stored, segment: { ...segment, receipts } }),
    )
    expect([0, 1, 3].map(i => bench.prove(ids[i] ?? ''))).toEqual([1, 2, 4].map(sequence => [sequence, 6]))
    expect(bench.prove(ids[2] ?? '')).toBe('NOT_IN_HISTORY')
  })

  it('is not proved by more links than a reader takes', () => {
    const bench = createBench()
    const id = bench.execute('red')
    const { statement } = bench.network.certificate(1)
    const far = {
      ...bench.network.certificate(1),
      statement: { ...statement, sequence: 2 + HISTORY_LINKS_MAX },
    }
    bench.network.certificates.set(1, { key: far, members: far } as never)
    Object.defineProperty(bench.network.state, 'sequence', { value: 1e9 })
    bench.certify(1)
    expect(bench.prove(id)).toBe('PROOF_TOO_LONG')
  })
})
