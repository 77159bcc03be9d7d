import { messageOf } from '../lib/thrown.ts'
import { Replica } from '../pbft/replica.ts'
import {
  outcomeOf,
  type RecordedStep,
  RecordingError,
  type RecordingHeader,
  StepDecoder,
  type StepOutcome,
} from './recording.ts'

/**
 * Takes the steps of a recording again, with the core of this program, and compares what comes of each with what came of it then. The core
 * is a function of its events, so a difference means that the rules changed, or that the recording did.
 */
export interface ReplayOptions {
  /** The last step that is taken. */
  readonly until?: number
  onHeader?(header: RecordingHeader): void
  /** @param outcome as it came now */
  onStep?(step: RecordedStep, outcome: StepOutcome): void
}

export interface Replayed {
  readonly header: RecordingHeader
  /** Steps taken again. */
  readonly steps: number
  /** The first step that came out otherwise; nothing after it is compared. */
  readonly difference: { readonly step: RecordedStep; readonly outcome: StepOutcome } | null
  /** The last line was not finished when the recording ended, and is left out. */
  readonly isTorn: boolean
}

/**
 * @param lines without their ends
 * @throws RecordingError naming the line that cannot be read
 */
export async function replay(
  lines: AsyncIterable<string> | Iterable<string>,
  options: ReplayOptions = {},
): Promise<Replayed> {
  const decoder = new StepDecoder()
  let replica: Replica | null = null
  let header: RecordingHeader | null = null
  let torn: RecordingError | null = null
  let lineNumber = 0
  let steps = 0
  for await (const line of lines) {
    // Only the last line may be torn.
    if (torn !== null) throw torn
    lineNumber += 1
    if (replica === null || header === null) {
      const first = atLine(lineNumber, () => decoder.header(line))
      header = first
      replica = atLine(lineNumber, () => new Replica(first.config))
      options.onHeader?.(header)
      continue
    }
    if (steps >= (options.until ?? Number.POSITIVE_INFINITY)) break
    try {
      const step = atLine(lineNumber, () => decoder.step(line))
      if (step.number !== steps + 1)
        throw new RecordingError(`line ${lineNumber}: step ${step.number} follows step ${steps}`)
      steps += 1
      const outcome = take(replica, step)
      options.onStep?.(step, outcome)
      if (!isSame(step.outcome, outcome))
        return { header, steps, difference: { step, outcome }, isTorn: false }
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error
      torn = error
    }
  }
  if (header === null) throw new RecordingError('it is empty')
  return { header, steps, difference: null, isTorn: torn !== null }
}

function take(replica: Replica, { event }: RecordedStep): StepOutcome {
  try {
    return outcomeOf(replica.step(event))
  } catch (error) {
    return { thrown: messageOf(error) }
  }
}

function isSame(a: StepOutcome, b: StepOutcome): boolean {
  if ('thrown' in a || 'thrown' in b) return 'thrown' in a && 'thrown' in b && a.thrown === b.thrown
  return a.digest === b.digest
}

/** Nothing but reading happens in here: whatever goes wrong in it is wrong with the line. */
function atLine<T>(number: number, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new RecordingError(`line ${number}: ${messageOf(error)}`)
  }
}
