import type { Prng } from '../lib/prng.ts'
import type { SimNetwork } from './network.ts'
import type { Scheduler } from './scheduler.ts'

/**
 * Ways in which links fail besides a clean split: single links in one direction; two halves that only one member sees both of; the
 * primary alone, or dumb, or deaf; one link that comes and goes.
 */
export const CUT_SHAPES = ['links', 'bridge', 'primary', 'flapping'] as const
export type CutShape = (typeof CUT_SHAPES)[number]

export interface CutComponents {
  readonly scheduler: Scheduler
  readonly prng: Prng
  readonly network: Pick<SimNetwork, 'cut'>
  /** Of the highest view in which a correct member is. */
  primary(): number
  /** No link is cut any more. */
  isOver(): boolean
}

/** Cuts links of a network of `n`, and makes them whole after `forMs`. */
export function cutLinks(shape: CutShape, n: number, forMs: number, components: CutComponents): void {
  const { scheduler, prng, network } = components
  if (n < 2) return
  const members = prng.shuffle(Array.from({ length: n }, (_, member) => member))
  const cutNow = (from: readonly number[], to: readonly number[]): void => {
    scheduler.after(forMs, network.cut(from, to))
  }
  switch (shape) {
    case 'links': {
      for (let i = prng.between(1, n); i > 0; i--) cutNow([prng.pick(members)], [prng.pick(members)])
      return
    }
    case 'bridge': {
      const [, ...others] = members
      const at = prng.between(1, Math.max(1, others.length - 1))
      const [left, right] = [others.slice(0, at), others.slice(at)]
      cutNow(left, right)
      cutNow(right, left)
      return
    }
    case 'primary': {
      const primary = components.primary()
      const direction = prng.pick(['both', 'both', 'out', 'in'] as const)
      if (direction !== 'in') cutNow([primary], members)
      if (direction !== 'out') cutNow(members, [primary])
      return
    }
    case 'flapping': {
      const [a = 0, b = 0] = members
      const everyMs = prng.between(20, 400)
      for (let atMs = 0; atMs < forMs; atMs += 2 * everyMs)
        scheduler.after(atMs, () => {
          if (components.isOver()) return
          for (const heal of [network.cut([a], [b]), network.cut([b], [a])])
            scheduler.after(Math.min(everyMs, forMs - atMs), heal)
        })
    }
  }
}
