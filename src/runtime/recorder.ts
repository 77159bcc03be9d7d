import { messageOf } from '../lib/thrown.ts'
import type { ReplicaConfig } from '../pbft/config.ts'
import type { Effect } from '../pbft/effect.ts'
import type { Event } from '../pbft/event.ts'
import type { Clock } from './ports.ts'
import { outcomeOf, RECORDING_FORMAT, StepEncoder, type StepOutcome } from './recording.ts'

/**
 * Writes down every step of a core as it is taken. It must never harm the replica: whatever fails in here ends the recording, with a
 * word to whoever runs the node, and nothing else.
 */
export interface Recorder {
  /** Once, first. */
  begin(config: ReplicaConfig): void
  onStep(event: Event, effects: readonly Effect[]): void
  /** The core broke at this event. */
  onThrown(event: Event, error: Error): void
}

export interface RecorderOptions {
  /** Characters written at most; the step that goes beyond is the last one. */
  readonly charactersMax: number
}

export interface RecorderComponents {
  readonly clock: Pick<Clock, 'nowMs'>
  /** One line, without its end. @throws when no more can be taken */
  write(line: string): void
  /** Called at most once, with the reason. */
  onEnd(why: string): void
}

export function createRecorder(options: RecorderOptions, components: RecorderComponents): Recorder {
  const { clock, write, onEnd } = components
  const encoder = new StepEncoder()
  let number = 0
  let characters = 0
  let isOver = false

  function end(why: string): void {
    isOver = true
    onEnd(why)
  }

  function put(line: () => string): void {
    if (isOver) return
    try {
      const text = line()
      write(text)
      characters += text.length + 1
      if (characters > options.charactersMax)
        end(`it has reached its greatest length, at step ${number}: ${characters} characters`)
    } catch (error) {
      end(messageOf(error))
    }
  }

  function step(event: Event, outcome: () => StepOutcome): void {
    number += 1
    put(() => encoder.line({ number, atMs: clock.nowMs(), event, outcome: outcome() }))
  }

  return {
    begin(config) {
      put(() => encoder.header({ format: RECORDING_FORMAT, startedMs: clock.nowMs(), config }))
    },
    onStep: (event, effects) => step(event, () => outcomeOf(effects)),
    onThrown: (event, error) => step(event, () => ({ thrown: error.message })),
  }
}
