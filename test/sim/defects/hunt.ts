import { Worker } from 'node:worker_threads'
import type { CheckerName } from '../../../src/sim/checkers/checkers.ts'
import type { SimulationOptions } from '../../../src/sim/options.ts'
import type { WorldDone } from './worker.ts'

/** Runs worlds in a bundle until one of them does not hold what must hold. */
export interface HuntOptions {
  /** Of the defective bundle. */
  readonly path: string
  /** Of the bundle without a defect: a world counts only if all is well in it there. */
  readonly soundPath: string
  readonly seedsMax: number
  readonly workers: number
  draw(seed: number): SimulationOptions
  /** @param seed was run, and nobody complained */
  onSeed?(seed: number): void
}

export interface Catch {
  readonly seed: number
  /** Whoever complained; or the world itself did not come to an end, or broke down. */
  readonly checker: CheckerName | 'hang' | 'crash'
  readonly text: string
}

/** Real time, after which a world that some defect keeps busy is given up. */
const WORLD_MAX_MS = 120_000

/** @returns the lowest seed that was caught; null when none was */
export async function hunt(options: HuntOptions): Promise<Catch | null> {
  const { path, soundPath, seedsMax, draw, onSeed } = options
  let next = 1
  let caught: Catch | null = null
  async function work(): Promise<void> {
    const runner = new Runner(path)
    const sound = new Runner(soundPath)
    try {
      while (next <= Math.min(seedsMax, (caught?.seed ?? Number.POSITIVE_INFINITY) - 1)) {
        const seed = next++
        const world = draw(seed)
        const violation = await runner.run(world)
        if (violation === null || (await sound.run(world)) !== null) onSeed?.(seed)
        else if (caught === null || seed < caught.seed) caught = { seed, ...violation }
      }
    } finally {
      await Promise.all([runner.stop(), sound.stop()])
    }
  }
  await Promise.all(Array.from({ length: options.workers }, work))
  return caught
}

type Complaint = Pick<Catch, 'checker' | 'text'>

/** One worker thread, begun when first needed and again after one that hung. */
class Runner {
  readonly #path: string
  #worker: Worker | null = null

  constructor(path: string) {
    this.#path = path
  }

  run(world: SimulationOptions): Promise<Complaint | null> {
    const worker = this.#worker ?? new Worker(this.#path)
    this.#worker = worker
    return new Promise(resolve => {
      const settle = (complaint: Complaint | null): void => {
        clearTimeout(timer)
        worker.off('message', onDone)
        worker.off('error', onError)
        resolve(complaint)
      }
      const giveUp = (complaint: Complaint): void => {
        this.#worker = null
        settle(complaint)
        void worker.terminate()
      }
      const onDone = ({ violation }: WorldDone): void => settle(violation)
      const onError = (error: Error): void => giveUp({ checker: 'crash', text: error.message })
      const timer = setTimeout(
        () => giveUp({ checker: 'hang', text: `still running after ${WORLD_MAX_MS} ms` }),
        WORLD_MAX_MS,
      )
      worker.on('message', onDone)
      worker.on('error', onError)
      worker.postMessage(world)
    })
  }

  async stop(): Promise<void> {
    await this.#worker?.terminate()
  }
}
