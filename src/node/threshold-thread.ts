/** The thread of threshold signatures: says which curve it has, then does what it is asked, one job after the other. */
import { randomBytes } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import { present } from '../lib/assert.ts'
import { messageOf } from '../lib/thrown.ts'
import { type CurveChoice, takeCurve } from './curve-choice.ts'
import type { ChosenCurve } from './mcl.ts'
import { createJobRunner, type ThresholdAnswers, type ThresholdJob } from './threshold-jobs.ts'

export interface ThreadOptions {
  readonly curve: CurveChoice
}

export interface ThreadQuestion {
  readonly id: number
  readonly job: ThresholdJob
}

export type ThreadMessage =
  | ({ readonly type: 'ready' } & Pick<ChosenCurve, 'name' | 'reason'>)
  | { readonly type: 'done'; readonly id: number; readonly answer: ThresholdAnswers[ThresholdJob['type']] }
  /** What was asked cannot be done: a mistake of our own. */
  | { readonly type: 'broken'; readonly id: number; readonly why: string }

const port = present(parentPort, 'the port of a thread')
const say = (message: ThreadMessage): void => port.postMessage(message)

const { curve, name, reason } = await takeCurve((workerData as ThreadOptions).curve)
const run = createJobRunner(curve, length => new Uint8Array(randomBytes(length)))
port.on('message', ({ id, job }: ThreadQuestion) => {
  try {
    say({ type: 'done', id, answer: run(job) })
  } catch (error) {
    say({ type: 'broken', id, why: messageOf(error) })
  }
})
say({ type: 'ready', name, reason })
