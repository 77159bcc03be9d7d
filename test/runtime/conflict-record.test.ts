import { describe, expect, it } from 'vitest'
import { ConflictError } from '../../src/pbft/conflict.ts'
import { view } from '../../src/pbft/types.ts'
import { refuseConflict, writeConflict } from '../../src/runtime/conflict-record.ts'
import type { StorageError } from '../../src/runtime/ports.ts'
import { decodeStoredEntry } from '../../src/runtime/records.ts'
import { decodeCertificate, decodeThresholdCertificate } from '../../src/wire/convert.ts'
import { WireCertificate, WireThresholdCertificate } from '../../src/wire/pb/messages.ts'
import type { ThresholdCertificate } from '../../src/wire/statement.ts'
import { opened, said, scope } from '../wire/fixtures.ts'
import { certificateOf, newViewDraft, sampleStatement } from '../wire/samples.ts'
import { proposalOf } from './parts.ts'
import { diskFull, MemoryStore, World } from './world.ts'

const proposal = proposalOf(1, [])
const commits = [0, 1, 2].map(sender =>
  said(sender, { type: 'commit', view: view(0), sequence: proposal.sequence, digest: proposal.digest }),
)
const certificates = [certificateOf(sampleStatement), certificateOf(sampleStatement, [1, 2, 3])]
const signedTogether: ThresholdCertificate = {
  keyId: new Uint8Array(32).fill(1),
  epoch: 2,
  statement: sampleStatement,
  signature: new Uint8Array(48).fill(3),
}
const newView = said(1, newViewDraft())
const conflict = new ConflictError('two-certificates', 'they differ', {
  certificates,
  signedTogether: [signedTogether],
  entries: [{ proposal, commits }],
  proofs: [newView.proof],
})

function written(failing: StorageError | null = null) {
  const world = new World()
  const store = new MemoryStore(world)
  store.failing = failing
  const answers: (StorageError | null)[] = []
  writeConflict(store, conflict, failure => answers.push(failure))
  world.settle()
  return { store, answers }
}

describe('a conflict', () => {
  it('is written with one sync, and every proof can be read again', () => {
    const { store, answers } = written()
    expect(answers).toEqual([null])
    expect(store.writes.map(({ sync }) => sync)).toEqual([true])
    const [first, second, third, fourth, fifth] = [0, 1, 2, 3, 4].map(index => {
      const [key] = store
        .keys('conflict/')
        .filter(name => name.endsWith(`/${String(index).padStart(16, '0')}`))
      return store.get(key ?? '') ?? new Uint8Array(0)
    }) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array]
    expect(decodeCertificate(scope, WireCertificate.decode(first))).toEqual(certificates[0])
    expect(decodeCertificate(scope, WireCertificate.decode(second))).toEqual(certificates[1])
    expect(decodeThresholdCertificate(WireThresholdCertificate.decode(third))).toEqual(signedTogether)
    expect(decodeStoredEntry(scope, 1, fourth).proposal).toEqual(proposal)
    const [shown] = opened(fifth).messages.filter(({ message }) => message.type === 'new-view')
    expect(shown?.proof.hash).toBe(newView.proof.hash)
  })

  it('keeps the replica from starting again on that disk, and says why', () => {
    const { store } = written()
    expect(() => refuseConflict(store)).toThrow('stopped for good: they differ')
    expect(() => refuseConflict(new MemoryStore(new World()))).not.toThrow()
  })

  it('that cannot be written is reported all the same', () => {
    const { store, answers } = written(diskFull())
    expect(answers).toMatchObject([{ code: 'WRITE_FAILED' }])
    expect(() => refuseConflict(store)).not.toThrow()
  })
})
