import type { Behaviour } from './behaviour.ts'

/** Says nothing and answers nothing, but seems connected. */
export function createSilent(): Behaviour {
  return { publish: () => [], answer: () => null }
}
