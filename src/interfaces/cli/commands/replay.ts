/** `quorate replay`: takes the steps of a recorded node again, and compares what comes of them. */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Command } from 'commander'
import { describeEvent } from '../../../pbft/describe.ts'
import type { RecordedStep, StepOutcome } from '../../../runtime/recording.ts'
import type { Replayed } from '../../../runtime/replay.ts'
import { CommandError, EXIT } from '../failure.ts'
import { integerBetween } from '../numbers.ts'
import type { Terminal } from '../terminal.ts'

interface ReplayFlags {
  readonly until?: number
  readonly trace?: boolean
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  quorate start --config quorate.json --record run.jsonl    records; so does quorate testnet --record
  quorate replay run.jsonl                                  is it the same with this program?
  quorate replay run.jsonl --trace --until 500              what the first 500 steps were
  quorate replay testnet/replica-*/recording.jsonl          each for itself

A recording holds every event that reached the protocol's core, and what came of it. Exit code 1: something else comes of it
now; the first step where it does is shown, and nothing after it is compared.`

const OUTCOME_INDENT = 13

export function addReplayCommand(program: Command, terminal: Terminal): void {
  program
    .command('replay')
    .description('run recordings of nodes through the protocol again, and compare')
    .argument('<file...>', 'recordings, as quorate start --record wrote them')
    .option('--until <step>', 'the last step to take', integerBetween(1, 999_999_999_999_999))
    .option('--trace', 'print every step')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action((files: readonly string[], flags: ReplayFlags) => run(files, flags, terminal))
}

async function run(files: readonly string[], flags: ReplayFlags, terminal: Terminal): Promise<void> {
  const different: string[] = []
  const unreadable: CommandError[] = []
  for (const file of files) {
    try {
      const replayed = await terminal.progress(`replaying ${file}`, replayFile(file, flags, terminal))
      if (replayed.difference !== null) different.push(file)
      if (flags.json === true) terminal.printJson({ file, ...replayed })
      else for (const line of resultLines(file, replayed)) terminal.print(line)
    } catch (error) {
      // A node that was killed at its start leaves an empty recording beside those of others.
      if (!(error instanceof CommandError)) throw error
      unreadable.push(error)
    }
  }
  const sentences = unreadable.map(({ message }) => message)
  if (different.length > 0) sentences.unshift(`another thing comes of ${different.join(', ')} now`)
  if (sentences.length > 0)
    throw new CommandError(different.length > 0 ? EXIT.violation : EXIT.usage, sentences.join('; '))
}

async function replayFile(file: string, flags: ReplayFlags, terminal: Terminal): Promise<Replayed> {
  const { replay } = await import('../../../runtime/replay.ts')
  const until = flags.until === undefined ? {} : { until: flags.until }
  const shows = flags.trace === true && flags.json !== true
  try {
    return await replay(createInterface({ input: createReadStream(file, 'utf8') }), {
      ...until,
      ...(shows
        ? { onStep: (step, outcome) => stepLines(step, outcome).forEach(line => void terminal.print(line)) }
        : {}),
    })
  } catch (error) {
    const { code, name, message } = error as NodeJS.ErrnoException
    if (code === undefined && name !== 'RecordingError') throw error
    throw new CommandError(EXIT.usage, `the recording ${file} cannot be read: ${message}`)
  }
}

function resultLines(file: string, { header, steps, difference, isTorn }: Replayed): string[] {
  const { n, self } = header.config
  const who = self === null ? `an observer of ${n} members` : `member ${self} of ${n}`
  const torn = isTorn ? '; the last line is not whole and was left out' : ''
  if (difference === null) return [`${file}: ${who}, ${steps} steps, the same${torn}`]
  const { step, outcome } = difference
  return [
    `${file}: ${who}, step ${step.number} of ${new Date(step.atMs).toISOString()} is DIFFERENT`,
    `  ${describeEvent(step.event)}`,
    ...differenceLines(step.outcome, outcome),
  ]
}

/** Both sides, and where they part. */
function differenceLines(recorded: StepOutcome, now: StepOutcome): string[] {
  const [then, today] = [outcomeTexts(recorded), outcomeTexts(now)]
  const isSame = then.join('\n') === today.join('\n')
  const side = (name: string, mine: readonly string[], theirs: readonly string[]): string[] => [
    `  ${name}:`,
    ...mine.map((text, i) => `  ${text === theirs[i] ? ' ' : '!'} ${text}`),
  ]
  return [
    ...side('recorded', then, today),
    ...side('now', today, then),
    ...(isSame ? ['  in words the same, and different in what words leave out'] : []),
  ]
}

function outcomeTexts(outcome: StepOutcome): readonly string[] {
  if ('thrown' in outcome) return [`broke: ${outcome.thrown}`]
  return outcome.effects.length === 0 ? ['nothing'] : outcome.effects
}

function stepLines({ number, atMs, event }: RecordedStep, outcome: StepOutcome): string[] {
  const time = new Date(atMs).toISOString().slice(11, 23)
  const indent = ' '.repeat(OUTCOME_INDENT)
  return [
    `${String(number).padStart(7)} ${time}  ${describeEvent(event)}`,
    ...outcomeTexts(outcome)
      .filter(text => text !== 'nothing')
      .map(text => `${indent}${text}`),
  ]
}
