import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/lib/logger.ts'
import { replicaId } from '../../src/pbft/types.ts'
import { type Conversation, createConversation, createTail } from '../../src/sim/conversation.ts'
import { calmOptions, type SimulationOptions } from '../../src/sim/options.ts'
import { crash, when } from '../../src/sim/sentences.ts'
import { simulate } from '../../src/sim/simulation.ts'
import { scope } from '../wire/fixtures.ts'

/** What was said in a world, as lines to read. */
async function linesOf(options: SimulationOptions): Promise<{ lines: string[]; hash: string }> {
  const lines: string[] = []
  let heard: Conversation | null = null
  const { hash } = await simulate(options, {
    loggerOf: () => silentLogger,
    witnessOf: (of, nowMs) => {
      heard = createConversation(of, nowMs, line => void lines.push(line))
      return heard
    },
  })
  ;(heard as Conversation | null)?.end()
  return { lines, hash }
}

describe('a conversation', () => {
  it('tells the way of a transaction through the phases of the protocol, each with its receivers', async () => {
    const { lines } = await linesOf(calmOptions(1, { transactions: 1 }))
    const first = (pattern: RegExp): number => lines.findIndex(line => pattern.test(line))
    const order = [
      /\d -> {2}batch [0-9a-f]{8} of \d: [0-9a-f]{8} {2}\[/,
      /0 -> {2}PRE-PREPARE v0 n1 [0-9a-f]{8} \{[0-9a-f]{8}\}.* {2}\[1 \+\d\.\d, 2 \+\d\.\d, 3 \+\d\.\d\]$/,
      /[123] -> {2}PREPARE v0 n1 [0-9a-f]{8}/,
      /\d -> {2}.*COMMIT v0 n1 [0-9a-f]{8}/,
      /\d -> {2}.*CHECKPOINT n1 history [0-9a-f]{8} state [0-9a-f]{8}/,
    ].map(first)
    expect(order).not.toContain(-1)
    expect(order).toEqual([...order].sort((a, b) => a - b))
    const times = lines.map(line => Number(line.trim().split(' ')[0]))
    expect(times).toEqual([...times].sort((a, b) => a - b))
  })

  it('tells of crashes, view changes and lost messages', async () => {
    const { lines } = await linesOf(
      calmOptions(2, {
        sentences: [crash(0).at(1_000).for(2_500), when('prepare').from(1).to(2).drop()],
        transactions: 40,
      }),
    )
    const text = lines.join('\n')
    expect(text).toMatch(/^ +1\.0\d\d\d {2}0 \*\* {2}crashes$/m)
    expect(text).toMatch(/\d -> {2}VIEW-CHANGE v1 C=(genesis|n\d+ of [\d ]+) P=\[.*\]/)
    expect(text).toMatch(/1 -> {2}NEW-VIEW v1 V=\[[\d ]+\] O=\[/)
    expect(text).toMatch(/1 -> {2}PREPARE v0 .*\[.*2 lost.*\]$/m)
  })

  it('changes nothing in the world that it listens to', async () => {
    const options = calmOptions(3, { loss: 0.1, crashesPerSecond: 0.5 })
    const { hash } = await simulate(options, { loggerOf: () => silentLogger })
    expect((await linesOf(options)).hash).toBe(hash)
  })

  it('takes what nobody can read for what it is', () => {
    const lines: string[] = []
    const conversation = createConversation(
      scope,
      () => 5,
      line => void lines.push(line),
    )
    const [from, to] = [replicaId(0), replicaId(1)]
    const bytes = new Uint8Array([7, 7, 7])
    for (const kind of ['consensus', 'batch', { request: 'entries' }, { answer: 'batch' }] as const)
      conversation.onLetter?.({ from, to, kind, bytes: bytes.slice(), delayMs: 1 })
    conversation.onLetter?.({ from, to, kind: { answer: 'entries' }, bytes: null, delayMs: null })
    conversation.loggerOf(2).warn({ sequence: 4 }, 'Something is odd')
    conversation.end()
    expect(lines.map(line => line.trim().replace(/^[\d.]+ +/, ''))).toEqual([
      expect.stringMatching(/^0 -> {2}what nobody can read: envelope-malformed {2}\[1 \+1\.0\]$/),
      expect.stringMatching(/^0 -> {2}a batch that nobody can read: batch-malformed/),
      expect.stringMatching(/^0 -> {2}asks for something malformed/),
      expect.stringMatching(/^0 -> {2}answers something malformed/),
      '0 ->  refuses entries  [1 lost]',
      '2 ..  warning: Something is odd sequence=4',
    ])
  })
})

describe('a tail', () => {
  it('keeps the last lines', () => {
    const tail = createTail(3)
    for (let i = 1; i <= 100; i++) tail.write(String(i))
    expect(tail.lines()).toEqual(['98', '99', '100'])
  })
})
