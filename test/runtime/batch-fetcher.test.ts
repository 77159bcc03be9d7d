import { describe, expect, it } from 'vitest'
import { toHex } from '../../src/lib/bytes.ts'
import { type Digest, digest, replicaId } from '../../src/pbft/types.ts'
import { Askers } from '../../src/runtime/asking.ts'
import { BatchFetcher } from '../../src/runtime/batch-fetcher.ts'
import { Scheduler } from '../../src/sim/scheduler.ts'
import { BATCH_REQUEST_DIGESTS_MAX } from '../../src/wire/limits.ts'
import { BatchRequest } from '../../src/wire/pb/messages.ts'
import { createBatches } from './parts.ts'
import { MemoryStore, World } from './world.ts'

function bench(named: Set<Digest>) {
  const scheduler = new Scheduler()
  const asked: string[][] = []
  const askers = new Askers({
    publish: () => {},
    connectedMembers: () => [replicaId(0), replicaId(2)],
    request(_to, _protocol, bytes) {
      asked.push(BatchRequest.decode(bytes).digests.map(toHex))
    },
  })
  const clock = {
    nowMs: () => scheduler.nowMs,
    after: (delayMs: number, expired: () => void) => scheduler.after(delayMs, expired),
  }
  const world = new World()
  const { batches } = createBatches(world, new MemoryStore(world))
  const fetcher = new BatchFetcher({ clock, askers, batches, namedBatches: () => named })
  const runUntil = (untilMs: number): void => {
    while (scheduler.step(untilMs));
  }
  return { fetcher, asked, runUntil }
}

const digestOf = (i: number): Digest => digest(i.toString(16).padStart(64, '0'))

describe('fetching bodies', () => {
  it('asks for all in turn, so that those that nobody has do not hide another', () => {
    const wanted = Array.from({ length: 3 * BATCH_REQUEST_DIGESTS_MAX }, (_, i) => digestOf(i))
    const { fetcher, asked, runUntil } = bench(new Set(wanted))
    for (const one of wanted) fetcher.fetch(one)
    runUntil(5_000)
    expect(new Set(asked.flat())).toEqual(new Set(wanted))
  })

  it('forgets what no proposal names any more', () => {
    const named = new Set([digestOf(1)])
    const { fetcher, asked, runUntil } = bench(named)
    fetcher.fetch(digestOf(1))
    runUntil(200)
    const askedBefore = asked.length
    expect(askedBefore).toBe(2)
    named.clear()
    runUntil(60_000)
    expect(asked).toHaveLength(askedBefore)
  })

  it('asks soon for a new one, however long others were asked for in vain', () => {
    const { fetcher, asked, runUntil } = bench(new Set([digestOf(1), digestOf(2)]))
    fetcher.fetch(digestOf(1))
    runUntil(20_000)
    fetcher.fetch(digestOf(2))
    runUntil(20_150)
    expect(asked.at(-1)).toContain(digestOf(2))
  })
})
