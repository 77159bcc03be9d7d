/** Runs worlds in a thread of its own, one after the other, as they are asked for. */
import { performance } from 'node:perf_hooks'
import { parentPort } from 'node:worker_threads'
import { silentLogger } from '../../../lib/logger.ts'
import { type Conversation, createConversation, createTail } from '../../../sim/conversation.ts'
import { drawKeyOptions } from '../../../sim/key-options.ts'
import { drawOptions, type SimulationOptions } from '../../../sim/options.ts'
import { type SimulationResult, simulate } from '../../../sim/simulation.ts'
import type { World } from '../../../sim/sweep.ts'
import { createLineFile } from './line-file.ts'
import { curveOf } from './world-curve.ts'

interface SeedOrder {
  readonly seed: number
  /** Its keys are what the world is about. */
  readonly keys?: boolean
}

/** A seed to draw a world from, with what is not left to the seed; or the whole world. */
export type WorldOrder = (SeedOrder | { readonly options: SimulationOptions }) & {
  readonly changes?: Partial<SimulationOptions>
  /** Listen to it: the last lines are given back, and all go to the file if there is one. */
  readonly listen?: { readonly linesMax: number; readonly file: string | null }
}

export interface WorldDone extends World {
  readonly wallMs: number
  /** Its last lines; none when nobody asked to listen. */
  readonly conversation: readonly string[]
}

export function optionsOf(order: WorldOrder): SimulationOptions {
  if ('options' in order) return { ...order.options, ...order.changes }
  return order.keys === true
    ? drawKeyOptions(order.seed, order.changes)
    : drawOptions(order.seed, order.changes)
}

parentPort?.on('message', async (order: WorldOrder) => {
  const options = optionsOf(order)
  const startMs = performance.now()
  const { result, conversation } = await runWorld(options, order.listen)
  const wallMs = performance.now() - startMs
  parentPort?.postMessage({ options, result, wallMs, conversation } satisfies WorldDone)
})

async function runWorld(
  options: SimulationOptions,
  listen: WorldOrder['listen'],
): Promise<{ result: SimulationResult; conversation: readonly string[] }> {
  const curve = await curveOf(options)
  if (listen === undefined)
    return { result: await simulate(options, { loggerOf: () => silentLogger, curve }), conversation: [] }
  const tail = createTail(listen.linesMax)
  const file = listen.file === null ? null : createLineFile(listen.file)
  const write = (line: string): void => {
    tail.write(line)
    file?.write(line)
  }
  let heard: Conversation | null = null
  try {
    const result = await simulate(options, {
      curve,
      loggerOf: member => lateLogger(() => heard?.loggerOf(member) ?? silentLogger),
      witnessOf: (scope, nowMs) => {
        heard = createConversation(scope, nowMs, write)
        return heard
      },
    })
    ;(heard as Conversation | null)?.end()
    return { result, conversation: tail.lines() }
  } finally {
    file?.close()
  }
}

/** Members get their loggers before or after the witness is there. */
function lateLogger(logger: () => typeof silentLogger): typeof silentLogger {
  return {
    debug: (data, message) => logger().debug(data, message),
    info: (data, message) => logger().info(data, message),
    warn: (data, message) => logger().warn(data, message),
    error: (data, message) => logger().error(data, message),
  }
}
