/** What nodes executed, read from their API and compared: the same, everywhere and at every time. */
import { expect } from 'vitest'
import type { SequenceJson } from '../../../src/client/api-types.ts'
import type { Load } from './load.ts'
import type { NodeProcess } from './node-process.ts'
import { PATIENCE_MS, until } from './until.ts'

export type History = ReadonlyMap<number, SequenceJson>

/** Everything that the node executed from sequence 1 (or the first that it still has) to `last`. */
export async function historyOf(node: NodeProcess, last: number): Promise<History> {
  const history = new Map<number, SequenceJson>()
  if (last === 0) return history
  const signal = AbortSignal.timeout(PATIENCE_MS)
  for await (const event of node.api.events({ afterId: 0, signal })) {
    if (event.type === 'executed') history.set(event.info.sequence, event.info)
    if (event.id >= last) break
  }
  return history
}

/** All nodes have executed as far as the farthest of them had when this began. @returns that sequence */
export async function untilLevel(nodes: readonly NodeProcess[]): Promise<number> {
  const statuses = await Promise.all(nodes.map(node => node.api.status()))
  const target = Math.max(...statuses.map(({ sequence }) => sequence))
  for (const node of nodes) {
    await until(`node ${node.index} executes sequence ${target}`, async () => {
      return (await node.api.status()).sequence >= target
    })
  }
  return target
}

/** One history: where two nodes have a sequence, they have the same one. The view in which a node saw it commit may differ. */
export function expectSameHistory(histories: readonly History[]): void {
  const known = new Map<number, Omit<SequenceJson, 'view'>>()
  for (const history of histories) {
    for (const [sequence, { view: _, ...info }] of history) {
      expect(info, `sequence ${sequence}`).toEqual(known.get(sequence) ?? info)
      known.set(sequence, info)
    }
  }
}

/** Where each transaction of a history was executed. A second execution is an error. */
export function placesIn(history: History): ReadonlyMap<string, { sequence: number; position: number }> {
  const places = new Map<string, { sequence: number; position: number }>()
  for (const { sequence, transactions } of history.values()) {
    for (const [position, { id }] of transactions.entries()) {
      expect(places.get(id), `${id} is executed once`).toBeUndefined()
      places.set(id, { sequence, position })
    }
  }
  return places
}

/** Nothing that the clients were told is taken back: committed ones stand where they stood, accepted ones are executed. */
export function expectNothingLost(history: History, load: Load): void {
  const places = placesIn(history)
  const misplaced = [...load.committed].filter(([id, { sequence, position }]) => {
    const place = places.get(id)
    return place?.sequence !== sequence || place.position !== position
  })
  expect(misplaced, 'committed transactions that are gone or elsewhere').toEqual([])
  const lost = [...load.accepted].filter(([id]) => !places.has(id))
  expect(lost, 'accepted transactions that were not executed').toEqual([])
  expect(load.contradictions).toEqual([])
}

/** Every transaction that was accepted is executed by this node. */
export async function untilExecuted(node: NodeProcess, ids: Iterable<string>): Promise<void> {
  const open = [...ids]
  await until(`node ${node.index} executes everything that was accepted`, async () => {
    while (open.length > 0) {
      const reply = await node.api.transaction(open.at(-1) ?? '')
      if (reply?.state !== 'committed') return false
      open.pop()
    }
    return true
  })
}

/**
 * A quorum is active in one view. On a machine that is busy one member may have left that view by itself: nobody goes after it, and it
 * votes again in a later one.
 */
export function untilOneView(nodes: readonly NodeProcess[]): Promise<{ view: number; primary: number }> {
  return until('a quorum of nodes is active in one view', async () => {
    const statuses = await Promise.all(nodes.map(node => node.api.status()))
    const active = statuses.filter(({ viewActive }) => viewActive)
    return active.find(({ view, quorum }) => active.filter(other => other.view === view).length >= quorum)
  })
}
