/** Names of everything on disk, in one place. Numbers are padded, so that the order of keys is the order of numbers. */
import type { StoreRange } from './ports.ts'

const padded = (n: number): string => n.toString().padStart(16, '0')

export const keys = {
  /** Written once: this directory belongs to this network and this member. */
  identity: 'meta/identity',
  /** Present while a member that lost its memory has not caught up. */
  amnesia: 'meta/amnesia',
  stable: 'consensus/stable',
  view: 'consensus/view',
  accepted: (sequence: number): string => `consensus/accepted/${padded(sequence)}`,
  prepared: (sequence: number): string => `consensus/prepared/${padded(sequence)}`,
  /** What we signed, by envelope number. */
  own: (number: number): string => `consensus/own/${padded(number)}`,
  batch: (digest: string): string => `batch/${digest}`,
  /** The last executed sequence that names a batch. */
  named: (digest: string): string => `named/${digest}`,
  /** Held and not executed. */
  held: (digest: string): string => `held/${digest}`,
  entry: (sequence: number): string => `entry/${padded(sequence)}`,
  executed: (sequence: number): string => `executed/${padded(sequence)}`,
  transaction: (id: string): string => `transaction/${id}`,
  snapshotManifest: (sequence: number): string => `snapshot/${padded(sequence)}/manifest`,
  snapshotPart: (sequence: number, part: 'application' | 'window', index: number): string =>
    `snapshot/${padded(sequence)}/${part}/${padded(index)}`,
}

/** All keys that start with `prefix`, which ends in a slash. */
export function under(prefix: string): StoreRange {
  return { gte: prefix, lt: `${prefix.slice(0, -1)}0` }
}

/** Keys of numbers below `n`, under a prefix of padded numbers. */
export function below(prefix: string, n: number): StoreRange {
  return { gte: prefix, lt: `${prefix}${padded(n)}` }
}

/** The number in a key of padded numbers. */
export function numberIn(key: string): number {
  const match = /\/(\d{16})(?:\/|$)/.exec(key)
  return match?.[1] === undefined ? Number.NaN : Number.parseInt(match[1], 10)
}
