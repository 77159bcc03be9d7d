import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/lib/logger.ts'
import { calmOptions, type SimulationOptions } from '../../src/sim/options.ts'
import { crash, isolate, pause, type Sentence, textOf, when, wipe } from '../../src/sim/sentences.ts'
import { type SimulationResult, simulate } from '../../src/sim/simulation.ts'
import type { Letter, Witness } from '../../src/sim/witness.ts'
import { openEnvelope } from '../../src/wire/envelope.ts'
import type { WireMessage } from '../../src/wire/pb/messages.ts'
import { isRejection } from '../../src/wire/rejection.ts'
import type { Scope } from '../../src/wire/scope.ts'

/** Classic scenarios, each told in a sentence or two: four members in one place, of whom none is faulty. Member 0 is the first primary. */
interface Heard extends Letter {
  readonly atMs: number
  readonly says: readonly WireMessage[]
}

interface Story {
  readonly result: SimulationResult
  /** Everything that was said about the order, in the order in which it was said. */
  readonly letters: readonly Heard[]
}

async function tell(
  sentences: readonly Sentence[],
  changes: Partial<SimulationOptions> = {},
): Promise<Story> {
  const letters: Heard[] = []
  const witnessOf = (scope: Scope, nowMs: () => number): Witness => ({
    onLetter(letter) {
      if (letter.kind !== 'consensus' || letter.bytes === null) return
      const opened = openEnvelope(scope, letter.bytes)
      if (isRejection(opened)) return
      const { main, attachments } = opened
      const said = main.messages.length > 0 ? [main] : attachments
      letters.push({ ...letter, atMs: nowMs(), says: said.flatMap(({ messages }) => messages) })
    },
  })
  const options = calmOptions(1, { sentences, ...changes })
  const result = await simulate(options, { loggerOf: () => silentLogger, witnessOf })
  expect(result.violations, sentences.map(textOf).join('; ')).toEqual([])
  return { result, letters }
}

/** @param name what is said, by the name of its field on the wire */
const saidBy = (letters: readonly Heard[], member: number, name: keyof WireMessage): readonly Heard[] =>
  letters.filter(({ from, says }) => from === member && says.some(message => message[name] !== undefined))

describe('while nothing is said', () => {
  it('the first view lasts, and everything is executed in it', async () => {
    const { result, letters } = await tell([])
    expect(result.views).toBe(0)
    expect(result.sentences).toBe(0)
    expect(letters.every(({ delayMs }) => delayMs !== null && delayMs < 3)).toBe(true)
  })
})

describe('a PRE-PREPARE', () => {
  it('that one backup never receives delays nobody', async () => {
    const { result } = await tell([when('pre-prepare').from(0).to(3).drop()])
    expect(result.sentences).toBeGreaterThan(0)
    expect(result.views).toBe(0)
    expect(result.settledMs).toBeLessThan(3_000)
  })

  it('that two of three backups never receive costs the primary its view', async () => {
    const { result } = await tell([when('pre-prepare').from(0).to(2, 3).drop()])
    expect(result.views).toBe(1)
  })

  it('that comes twice counts once', async () => {
    const { result } = await tell([when('pre-prepare').duplicate(), when('batch').duplicate()])
    expect(result.sentences).toBeGreaterThan(20)
    expect(result.views).toBe(0)
  })
})

describe('a COMMIT', () => {
  it('that comes when its view is over is executed once, in the view after it', async () => {
    const { result, letters } = await tell([when('commit').inView(0).delay(2_500)])
    expect(result.views).toBeGreaterThan(0)
    // What was prepared in view 0 is proposed again by its NEW-VIEW, not anew.
    const newView = saidBy(letters, 1, 'newView')[0]?.says[0]?.newView
    expect(newView?.proposals.some(({ batchDigests }) => batchDigests.length > 0)).toBe(true)
  })

  it('of one sequence that nobody receives holds up what comes after it', async () => {
    const { result, letters } = await tell([when('commit').atSequence(2).inView(0).drop()])
    expect(result.views).toBe(1)
    const committed = letters.flatMap(({ says }) => says.flatMap(({ commit }) => commit ?? []))
    expect(committed.some(({ view, sequence }) => view === 1 && sequence === 2)).toBe(true)
  })
})

describe('a VIEW-CHANGE', () => {
  /** One transaction, which members 1 and 2 know of and nobody else: only they wait for it. */
  const waitInVain = [
    when('batch').to(0, 3).drop(),
    when('request').drop(),
    when('pre-prepare').inView(0).drop(),
  ]
  const one = { transactions: 1, statusMs: 60_000, faultsMs: 4_000 }

  /** When it first wants to leave its view; sentences hold until the faults end. */
  const leavesAtMs = ({ letters }: Story, member: number): number =>
    saidBy(letters, member, 'viewChange')[0]?.atMs ?? Number.POSITIVE_INFINITY

  it('of f+1 members is joined by the one that has nothing to wait for', async () => {
    const story = await tell(waitInVain, one)
    const [first, second] = [leavesAtMs(story, 1), leavesAtMs(story, 2)]
    expect(Math.max(first, second)).toBeLessThan(one.faultsMs)
    expect(leavesAtMs(story, 3)).toBeGreaterThan(Math.max(first, second))
    expect(leavesAtMs(story, 3)).toBeLessThan(Math.max(first, second) + 50)
  })

  it('of f members is joined by nobody', async () => {
    const story = await tell([...waitInVain, when('view-change').from(2).drop()], one)
    expect(leavesAtMs(story, 1)).toBeLessThan(one.faultsMs)
    expect(leavesAtMs(story, 3)).toBeGreaterThan(one.faultsMs)
  })
})

describe('a NEW-VIEW', () => {
  it('that one backup misses is sent to it again, by whoever has it', async () => {
    const { result, letters } = await tell([
      isolate(0).at(1_000).for(3_000),
      when('new-view').from(1).to(3).first(1).drop(),
    ])
    const sent = letters.filter(
      ({ to, says }) => to === 3 && says.some(({ newView }) => newView !== undefined),
    )
    expect(result.sentences).toBe(1)
    expect(sent[0]?.delayMs).toBeNull()
    expect(sent.slice(1).some(({ delayMs }) => delayMs !== null)).toBe(true)
  })

  it('that nobody receives gives the view after it its turn', async () => {
    const silence = [isolate(0).at(1_000).for(11_000), when('new-view').inView(1).drop()]
    expect((await tell(silence, { faultsMs: 12_000 })).result.views).toBeGreaterThan(1)
  })
})

describe('a machine', () => {
  it('that is cut off as primary is replaced, and follows when it is back', async () => {
    const { result } = await tell([isolate(0).at(1_000).for(3_000)])
    expect(result.troubles).toEqual({ 'sentences: isolate': 1 })
    expect(result.views).toBeGreaterThan(0)
  })

  it('that loses its disk comes back and may vote again', async () => {
    const { result } = await tell([wipe(3).at(1_000).for(500)])
    expect(result.wipes).toBe(1)
  })

  it('keeps its disk where more than f would be faulty without it', async () => {
    const { result } = await tell([wipe(3).at(1_000).for(500), wipe(2).at(1_200).for(500)])
    expect(result.wipes).toBe(1)
    expect(result.crashes).toBe(2)
  })

  it('that falls as backup is not missed', async () => {
    const { result } = await tell([crash(3).at(1_000).for(2_000)])
    expect(result.crashes).toBe(1)
    expect(result.views).toBe(0)
  })

  it('that stands still as primary longer than the time-out loses its view', async () => {
    expect((await tell([pause(0).at(1_000).for(3_000)])).result.views).toBeGreaterThan(0)
    expect((await tell([pause(0).at(1_000).for(300)])).result.views).toBe(0)
  })

  it('loses its power with all others at once, and nothing that it said', async () => {
    const { result } = await tell([0, 1, 2, 3].map(machine => crash(machine).at(2_500).for(700)))
    expect(result.crashes).toBe(4)
  })
})

describe('a sentence', () => {
  it('speaks of a share of messages, and of the same in the same world', async () => {
    const every = await tell([when('status').duplicate()])
    const some = [
      await tell([when('status').percent(30).duplicate()]),
      await tell([when('status').percent(30).duplicate()]),
    ]
    const counts = some.map(({ result }) => result.sentences)
    expect(counts[0]).toBe(counts[1])
    expect(some[0]?.result.hash).toBe(some[1]?.result.hash)
    expect(counts[0]).toBeGreaterThan(0.1 * every.result.sentences)
    expect(counts[0]).toBeLessThan(0.6 * every.result.sentences)
  })

  it('holds from one time to another', async () => {
    const { letters } = await tell([when('anything').after(1_000).until(1_500).percent(50).drop()])
    const lost = letters.filter(({ delayMs }) => delayMs === null).map(({ atMs }) => atMs)
    expect(lost.length).toBeGreaterThan(5)
    expect(Math.min(...lost)).toBeGreaterThanOrEqual(1_000)
    expect(Math.max(...lost)).toBeLessThan(1_500)
  })

  it('is written as it was said', () => {
    const said = [
      "when('prepare').from(1).to(2, 3).percent(10).drop()",
      "when('commit').inView(2).atSequence(7).after(100).until(200).first(3).delay(50)",
      "when('anything').duplicate()",
      'crash(2).at(1000).for(500)',
      'isolate(0).at(0).for(1)',
      'wipe(3).at(7).for(8)',
    ]
    const sentences = [
      when('prepare').from(1).to(2, 3).percent(10).drop(),
      when('commit').inView(2).atSequence(7).after(100).until(200).first(3).delay(50),
      when('anything').duplicate(),
      crash(2).at(1_000).for(500),
      isolate(0).at(0).for(1),
      wipe(3).at(7).for(8),
    ]
    expect(sentences.map(textOf)).toEqual(said)
    expect(JSON.parse(JSON.stringify(sentences))).toEqual(sentences)
  })
})
