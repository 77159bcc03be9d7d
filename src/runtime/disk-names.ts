/** Names of everything on disk, in one place. Numbers are padded, so that the order of keys is the order of numbers. */
import type { StoreRange } from './ports.ts'

export type SnapshotPart = 'application' | 'window' | 'keys'

export type ConflictPart = 'certificate' | 'signed-together' | 'entry' | 'envelope'

const padded = (n: number): string => n.toString().padStart(16, '0')

/** Kept as evidence: whoever let go what was committed is found in them. */
export const NEW_VIEWS_KEPT = 64

export const diskNames = {
  /** Written once: the id of the network that this directory belongs to. */
  identity: 'meta/identity',
  /** Written once: the public key whose directory this is. */
  owner: 'meta/owner',
  /** Present while a member that lost its memory has not caught up. */
  amnesia: 'meta/amnesia',
  /** Present when the replica stopped because two proofs contradict each other: why. */
  conflict: 'conflict/reason',
  conflictPart: (kind: ConflictPart, index: number): string => `conflict/${kind}/${padded(index)}`,
  stable: 'consensus/stable',
  view: 'consensus/view',
  /** The NEW-VIEWs of the last views that were entered, in turn. */
  newView: (view: number): string => `consensus/new-view/${padded(view % NEW_VIEWS_KEPT)}`,
  accepted: (sequence: number): string => `consensus/accepted/${padded(sequence)}`,
  prepared: (sequence: number): string => `consensus/prepared/${padded(sequence)}`,
  /** What we signed, by envelope number. */
  own: (number: number): string => `consensus/own/${padded(number)}`,
  batch: (digest: string): string => `batch/${digest}`,
  /** The last executed sequence that names a batch. */
  named: (digest: string): string => `named/${digest}`,
  /** Held and not executed. */
  held: (digest: string): string => `held/${digest}`,
  /** A checkpoint that the network's key signed. */
  certificate: (sequence: number): string => `certificate/${padded(sequence)}`,
  /** The last checkpoint that our share of the network's key signed. */
  partialOfCheckpoint: 'partial/checkpoint',
  /** What our shares signed in the running ceremony. */
  partialOfCeremony: (slot: string): string => `partial/ceremony/${slot}`,
  entry: (sequence: number): string => `entry/${padded(sequence)}`,
  executed: (sequence: number): string => `executed/${padded(sequence)}`,
  /** What an executed sequence changed about the network's keys. */
  keyEvents: (sequence: number): string => `key-events/${padded(sequence)}`,
  transaction: (id: string): string => `transaction/${id}`,
  /** Written when all parts are there: a snapshot without one is not there. */
  snapshotManifest: (sequence: number): string => `manifest/${padded(sequence)}`,
  snapshotPart: (sequence: number, part: SnapshotPart, index: number): string =>
    `snapshot/${padded(sequence)}/${part}/${padded(index)}`,
}

/** All keys that start with `prefix`, which ends in a slash. */
export function under(prefix: string): StoreRange {
  return { gte: prefix, lt: `${prefix.slice(0, -1)}0` }
}

/** All parts of one snapshot. */
export function partsOf(sequence: number): StoreRange {
  return under(`snapshot/${padded(sequence)}/`)
}

/** Parts of all snapshots but these. @param kept ascending */
export function partsOfOthers(kept: readonly number[]): readonly StoreRange[] {
  const all = under('snapshot/')
  const starts = [all.gte, ...kept.map(sequence => partsOf(sequence).lt)]
  const ends = [...kept.map(sequence => partsOf(sequence).gte), all.lt]
  return starts.map((gte, i) => ({ gte, lt: ends[i] ?? all.lt }))
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
