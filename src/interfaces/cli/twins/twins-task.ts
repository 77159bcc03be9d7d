/** What the threads that run scenarios are asked for, and what they answer. */
import type { TwinsResult } from '../../../sim/twins/run-twins.ts'
import type { TwinsOrder } from '../../../sim/twins/spaces.ts'

export interface TwinsTask {
  readonly order: TwinsOrder
  /** Null on the runtime, where delays decide what arrives first. */
  readonly shuffleSeed: number | null
}

export interface TwinsDone {
  readonly order: TwinsOrder
  readonly result: TwinsResult
}
