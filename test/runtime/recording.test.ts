import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { ReplicaConfig } from '../../src/pbft/config.ts'
import type { Event } from '../../src/pbft/event.ts'
import { Replica } from '../../src/pbft/replica.ts'
import { digest, sequence, view } from '../../src/pbft/types.ts'
import { createRecorder, type Recorder } from '../../src/runtime/recorder.ts'
import { outcomeOf, StepDecoder, StepEncoder } from '../../src/runtime/recording.ts'
import { replay } from '../../src/runtime/replay.ts'
import { freshRecords, testConfig } from '../pbft/messages.ts'
import { NOW_MS, said } from '../wire/fixtures.ts'

/** What went into a core can be put into another one, and a difference is seen. */
const batch = digest('01'.repeat(32))

const prePrepare = said(0, {
  type: 'pre-prepare',
  view: view(0),
  sequence: sequence(1),
  batchDigests: [batch],
  certify: true,
  logTimeMs: NOW_MS,
})

function votes(type: 'prepare' | 'commit', senders: readonly number[]): Event[] {
  const { digest: d } = prePrepare.message.proposal
  return senders.map(sender => ({
    type: 'message',
    message: said(sender, { type, view: view(0), sequence: sequence(1), digest: d }),
  }))
}

/** Member 1 of four sees a sequence through to its execution, and a time-out. */
const EVENTS: readonly Event[] = [
  { type: 'recovered', records: freshRecords() },
  { type: 'batch-available', digest: batch },
  { type: 'message', message: prePrepare },
  ...votes('prepare', [1, 2, 3]),
  ...votes('commit', [1, 2, 3]),
  { type: 'executed', sequence: sequence(1), statement: null },
  { type: 'timer-expired', timer: { kind: 'status', view: view(0) } },
]

function record(events: readonly Event[], config: ReplicaConfig = testConfig(), charactersMax = 1e9) {
  const lines: string[] = []
  const ends: string[] = []
  const recorder: Recorder = createRecorder(
    { charactersMax },
    {
      clock: { nowMs: () => NOW_MS },
      write: line => void lines.push(line),
      onEnd: why => void ends.push(why),
    },
  )
  const replica = new Replica(config)
  recorder.begin(config)
  for (const event of events) recorder.onStep(event, replica.step(event))
  return { lines, ends }
}

/** The recording with other values in it, as if it had been written like that. */
function rewritten(lines: readonly string[], change: (value: Record<string, unknown>) => object): string[] {
  const decoder = new StepDecoder()
  const encoder = new StepEncoder()
  return lines.map((line, i) => {
    if (i === 0) return encoder.header(change({ ...decoder.header(line) }) as never)
    return encoder.line(change({ ...decoder.step(line) }) as never)
  })
}

describe('a recording', () => {
  it('is replayed to the same effects', async () => {
    const { lines } = record(EVENTS)
    const replayed = await replay(lines)
    expect(replayed).toMatchObject({ steps: EVENTS.length, difference: null, isTorn: false })
    expect(replayed.header.config).toEqual(testConfig())
  })

  it('gives events back as they were', () => {
    const { lines } = record(EVENTS)
    const decoder = new StepDecoder()
    decoder.header(lines[0] ?? '')
    expect(lines.slice(1).map(line => decoder.step(line).event)).toEqual(EVENTS)
  })

  it('holds each signed message once, however often it is named', () => {
    const [message] = EVENTS.filter(event => event.type === 'message')
    const encoder = new StepEncoder()
    const step = { atMs: NOW_MS, event: message as Event, outcome: outcomeOf([]) }
    const [first, second] = [1, 2].map(number => encoder.line({ ...step, number }))
    expect(first).toContain('"proofs":')
    expect(second).not.toContain('"proofs":')
  })

  it('tells when the rules are others: step, and both sides', async () => {
    const { lines } = record(EVENTS)
    const other = rewritten(lines, value =>
      'config' in value ? { ...value, config: { ...testConfig(), n: 7 } } : value,
    )
    const { difference } = await replay(other)
    // With seven members two PREPAREs of others do not make a certificate.
    expect(difference?.step.number).toBe(5)
    expect(difference?.step.outcome).toMatchObject({
      effects: expect.arrayContaining([expect.stringMatching(/^send COMMIT/)]),
    })
    expect(difference?.outcome).toMatchObject({ effects: [] })
  })

  it('tells when an event is another', async () => {
    const { lines } = record(EVENTS)
    const other = rewritten(lines, value =>
      value.number === 2 ? { ...value, event: { type: 'batch-available', digest: '02'.repeat(32) } } : value,
    )
    expect((await replay(other)).difference?.step.number).toBe(3)
  })

  it('is refused when one character of it is changed, wherever', async () => {
    const { lines } = record(EVENTS)
    for (const i of [0, 1, 3, 5]) {
      const line = lines[i] ?? ''
      for (let at = 1; at < line.length; at += 97) {
        const changed = `${line.slice(0, at)}${line[at] === '0' ? '1' : '0'}${line.slice(at + 1)}`
        const spoilt = lines.map((one, j) => (i === j ? changed : one))
        await expect(replay(spoilt), `line ${i + 1}, character ${at}`).rejects.toThrow(`line ${i + 1}: `)
      }
    }
  })

  it('is refused when a line is missing', async () => {
    const { lines } = record(EVENTS)
    await expect(replay(lines.filter((_, i) => i !== 4))).rejects.toThrow('line 5: ')
    await expect(replay([])).rejects.toThrow('empty')
  })

  it('may end in the middle of a line, where the process was killed', async () => {
    const { lines } = record(EVENTS)
    const torn = [...lines.slice(0, 6), (lines[6] ?? '').slice(0, 40)]
    expect(await replay(torn)).toMatchObject({ steps: 5, difference: null, isTorn: true })
  })

  it('is replayed up to a step', async () => {
    const { lines } = record(EVENTS)
    const seen: number[] = []
    const { steps } = await replay(lines, { until: 3, onStep: ({ number }) => void seen.push(number) })
    expect(steps).toBe(3)
    expect(seen).toEqual([1, 2, 3])
  })

  it('holds the step at which the core broke, and breaks again', async () => {
    const lines: string[] = []
    const recorder = createRecorder(
      { charactersMax: 1e9 },
      { clock: { nowMs: () => NOW_MS }, write: line => void lines.push(line), onEnd: () => {} },
    )
    const replica = new Replica(testConfig())
    recorder.begin(testConfig())
    const [recovered, broken] = [EVENTS[0], EVENTS.at(-2)] as [Event, Event]
    recorder.onStep(recovered, replica.step(recovered))
    expect(() => replica.step(broken)).toThrow('only what was asked for is executed')
    recorder.onThrown(broken, new Error('only what was asked for is executed'))
    expect(await replay(lines)).toMatchObject({ steps: 2, difference: null })
    const other = rewritten(lines, value =>
      'outcome' in value && value.number === 2 ? { ...value, outcome: { thrown: 'x' } } : value,
    )
    expect((await replay(other)).difference?.outcome).toEqual({
      thrown: 'only what was asked for is executed',
    })
  })
})

describe('a recorder', () => {
  it('ends at its greatest length, and says so once', () => {
    const { lines, ends } = record(EVENTS, testConfig(), 2_000)
    expect(lines.join('\n').length).toBeGreaterThan(2_000)
    expect(lines.length).toBeLessThan(EVENTS.length)
    expect(ends).toEqual([expect.stringContaining('greatest length')])
  })

  it('ends when its lines cannot be written, and the replica goes on', () => {
    const ends: string[] = []
    let written = 0
    const recorder = createRecorder(
      { charactersMax: 1e9 },
      {
        clock: { nowMs: () => NOW_MS },
        write() {
          if (++written > 2) throw new Error('no space left')
        },
        onEnd: why => void ends.push(why),
      },
    )
    const replica = new Replica(testConfig())
    recorder.begin(testConfig())
    for (const event of EVENTS) recorder.onStep(event, replica.step(event))
    expect(replica.view().executedSequence).toBe(1)
    expect(ends).toEqual(['no space left'])
    expect(written).toBe(3)
  })
})

/**
 * Recorded runs of real networks: each stands for what the rules were, until somebody means to change them. `UPDATE_RECORDINGS=1` takes the
 * same events under the rules of today and writes down what comes of them; commit that only when each difference is understood.
 */
describe('recorded runs', () => {
  const folder = fileURLToPath(new URL('./recordings/', import.meta.url))
  const linesOf = (file: string): string[] => readFileSync(`${folder}${file}`, 'utf8').trimEnd().split('\n')

  function takenAnew([first = '', ...rest]: readonly string[]): string {
    const decoder = new StepDecoder()
    const encoder = new StepEncoder()
    const { format, startedMs, config } = decoder.header(first)
    const replica = new Replica(config)
    const lines = [encoder.header({ format, startedMs, config })]
    for (const line of rest) {
      const { number, atMs, event } = decoder.step(line)
      lines.push(encoder.line({ number, atMs, event, outcome: outcomeOf(replica.step(event)) }))
    }
    return `${lines.join('\n')}\n`
  }

  it.each(readdirSync(folder).filter(name => name.endsWith('.jsonl')))('%s', async file => {
    if (process.env.UPDATE_RECORDINGS !== undefined)
      writeFileSync(`${folder}${file}`, takenAnew(linesOf(file)))
    const lines = linesOf(file)
    const replayed = await replay(lines)
    expect(replayed.difference).toBeNull()
    expect(replayed.steps).toBe(lines.length - 1)
  })
})
