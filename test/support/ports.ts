import { randomInt } from 'node:crypto'

/**
 * For what must know its port beforehand, or come back on it. Below the ports that the system gives out, and below those that test
 * networks choose, so that hardly anybody takes it between two moments at which it is ours; where somebody has it, another is tried.
 *
 * @param isTaken whether `listen` failed because another program has the port
 */
export async function onFreePort<T>(
  listen: (port: number) => Promise<T>,
  isTaken: (error: unknown) => boolean,
): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await listen(randomInt(10_000, 20_000))
    } catch (error) {
      if (!isTaken(error) || attempts === 100) throw error
    }
  }
}

export const hasCode =
  (code: string | number, field = 'code') =>
  (error: unknown) =>
    Reflect.get(Object(error), field) === code
