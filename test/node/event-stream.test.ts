import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { KeyEvent } from '../../src/membership/key-state.ts'
import type { NodeEvent } from '../../src/node/api.ts'
import { EventStream } from '../../src/node/event-stream.ts'
import { KeyHistory } from '../../src/node/key-history.ts'
import { replicaId } from '../../src/pbft/types.ts'
import { diskNames } from '../../src/runtime/disk-names.ts'
import { type LevelStore, openLevelStore } from '../../src/storage/level-store.ts'
import { StoredSequence } from '../../src/wire/pb/messages.ts'

let directory: string
let store: LevelStore
let history: KeyHistory
let latest = 0
let stream: EventStream
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quorate-events-'))
  await open()
  latest = 0
})
afterEach(async () => {
  await store.close()
  await rm(directory, { recursive: true })
})

async function open(): Promise<void> {
  store = await openLevelStore({ directory })
  history = new KeyHistory(store, 10)
  stream = new EventStream({ store, keyHistory: history, latest: () => latest })
}

/** As a node does when it has executed a sequence. */
function execute(events: readonly KeyEvent[] = []): void {
  latest += 1
  const segment = {
    sequence: latest,
    proposalDigest: new Uint8Array(32),
    logTimeMs: latest,
    receipts: [],
    receiptsRoot: new Uint8Array(32),
  }
  const value = StoredSequence.encode({ segment, historyDigest: new Uint8Array(32), view: 0 })
  store.write([{ type: 'put', key: diskNames.executed(latest), value }], { sync: false }, () => {})
  history.note(latest, events)
  stream.onExecuted()
}

const dealt = (member: number): KeyEvent => ({
  type: 'dealt',
  member: replicaId(member),
  sequence: latest + 1,
  logTimeMs: 5,
})
const retired: KeyEvent = {
  type: 'retired',
  keyId: new Uint8Array(32).fill(1),
  epoch: 1,
  sequence: 3,
  logTimeMs: 5,
}

function follow(afterId: number, answers: (event: NodeEvent) => boolean = () => true) {
  const seen: NodeEvent[] = []
  const handle = stream.subscribe(afterId, event => {
    seen.push(event)
    return answers(event)
  })
  return { seen, ...handle }
}

const shortly = (events: readonly NodeEvent[]) => events.map(({ id, type }) => `${type} ${id}`)

test('what happened to the keys comes before its sequence, and under the id of the one before', async () => {
  execute()
  execute([dealt(0), dealt(1)])
  execute([retired])
  const { seen } = follow(0)
  await expect.poll(() => seen.length).toBe(6)
  expect(shortly(seen)).toEqual(['executed 1', 'key 1', 'key 1', 'executed 2', 'key 2', 'executed 3'])
  expect(seen[4]).toMatchObject({ info: { type: 'retired', keyId: '01'.repeat(32), epoch: 1, sequence: 3 } })
})

test('it is still there after a restart, and told again to whoever broke off before its sequence', async () => {
  execute()
  execute([dealt(0)])
  await store.close()
  await open()
  const { seen } = follow(1)
  await expect.poll(() => seen.length).toBe(2)
  expect(shortly(seen)).toEqual(['key 1', 'executed 2'])
})

test('it is kept as long as the sequences are', async () => {
  execute([dealt(0)])
  for (let i = 0; i < 10; i++) execute()
  expect(history.at(1)).toHaveLength(1)
  execute([dealt(1)])
  await expect.poll(() => history.at(1)).toEqual([])
  expect(history.at(12)).toHaveLength(1)
})

test('certificates go to whoever is up to date, and move nobody', async () => {
  const certificate = { sequence: 1, keyId: '', epoch: 1, logTimeMs: 5, signature: '' }
  const slow = follow(0, () => false)
  const quick = follow(0)
  await new Promise(resolve => setImmediate(resolve))
  execute()
  execute()
  stream.onCertificate(certificate)
  execute()
  await expect.poll(() => quick.seen.length).toBe(4)
  expect(shortly(quick.seen)).toEqual(['executed 1', 'executed 2', 'certificate 2', 'executed 3'])
  expect(shortly(slow.seen)).toEqual(['executed 1'])
  slow.resume()
  expect(shortly(slow.seen)).toEqual(['executed 1', 'executed 2'])
})
