import { isolate, when } from '../../../src/sim/sentences.ts'
import { type Changes, directed } from './directed.ts'

/** Worlds that are about the network's keys, with short times and little else. */
const keyed = {
  ...directed,
  faultsMs: 3_000,
  transactions: 10,
  threshold: { transitionMs: 500, refreshMs: 1_500, deadlineMs: 500, graceMs: 300 },
}

const ALL = [0, 1, 2, 3]

export const KEY_POOLS = {
  /** The key is dealt again every few seconds. */
  keys: () => keyed,
  /** Only one key is made, and asked for again by nobody. */
  'one key': () => ({ ...keyed, threshold: { ...keyed.threshold, refreshMs: 600_000 } }),
  /** Five of seven must sign. */
  seven: () => ({ ...keyed, n: 7, faultsMs: 1_000, threshold: { ...keyed.threshold, refreshMs: 600_000 } }),
  /** A ceremony that comes to nothing takes most of the time that there is. */
  'long phases': () => ({
    ...keyed,
    faultsMs: 1_000,
    threshold: { ...keyed.threshold, refreshMs: 600_000, deadlineMs: 5_000 },
  }),
  /** Operators ask for another key, again and again. */
  rotations: prng => ({
    ...keyed,
    threshold: { ...keyed.threshold, refreshMs: 600_000 },
    keyRequests: [500, 1_500].map(ms => ({
      request: 'rotate',
      members: ALL,
      atMs: ms + prng.between(0, 500),
    })),
  }),
  /** Operators ask again and again for shares that are due. */
  'many ask': prng => ({
    ...keyed,
    keyRequests: Array.from({ length: 12 }, () => ({
      request: 'refresh',
      members: prng.shuffle(ALL).slice(0, 2),
      atMs: prng.between(1_700, 2_500),
    })),
  }),
  /** One operator asks for another key, and two for the end of the one that is there. */
  'few ask': prng => ({
    ...keyed,
    keyRequests: [
      { request: 'rotate', members: [prng.between(0, 3)], atMs: prng.between(1_500, 2_900) },
      { request: 'revoke', members: prng.shuffle(ALL).slice(0, 2), atMs: prng.between(1_500, 2_900) },
    ],
  }),
  /** Machines fall over and lose their secrets while the first key is made. */
  'secrets lost': prng => ({
    ...keyed,
    faultsMs: prng.between(300, 1_200),
    crashesPerSecond: 8,
    vaultLosses: 1,
    threshold: { ...keyed.threshold, refreshMs: 1_000 },
  }),
  /** Machines fall over and lose their secrets when there is a key, and it would not be dealt again for days. */
  'no refresh': prng => ({
    ...keyed,
    faultsMs: prng.between(3_000, 6_000),
    crashesPerSecond: 1,
    vaultLosses: 1,
    threshold: { ...keyed.threshold, refreshMs: 30 * 86_400_000 },
  }),
  /** Some clocks are further behind than transactions may be old. */
  'clocks behind': () => ({
    ...keyed,
    faultsMs: 2_000,
    transactions: 2,
    clockSkewMs: 9_000,
    transactionWindowMs: 5_000,
    viewChangeTimeoutMs: 1_000,
    viewChangeTimeoutMaxMs: 8_000,
    resendMs: 250,
    threshold: { transitionMs: 500, refreshMs: 1_500, deadlineMs: 2_000, graceMs: 500 },
  }),
  /** Members lose their disks, and come back by snapshots. */
  'keys in snapshots': prng => ({
    ...keyed,
    faultsMs: 4_000,
    crashesPerSecond: 1.5,
    wipes: 0.6,
    transactions: 40,
    logWindow: 4,
    historySequences: 0,
    threshold: { ...keyed.threshold, refreshMs: prng.pick([800, 1_500]) },
  }),
  /** What was executed is certified when the log has long gone on. */
  'late checkpoints': prng => ({
    ...keyed,
    logWindow: 32,
    transactions: 60,
    sentences: [when('checkpoint').delay(prng.between(50, 150))],
  }),
  /** One after the other does not hear the others for a while, and then lacks a certificate of which nobody speaks any more. */
  'parts missed': prng => ({
    ...keyed,
    faultsMs: 9_000,
    transactions: prng.between(5, 9),
    threshold: { ...keyed.threshold, refreshMs: 600_000 },
    sentences: prng.shuffle(ALL).map((member, i) =>
      isolate(member)
        .at(1_500 + i * 1_800)
        .for(1_000),
    ),
  }),
} satisfies Record<string, Changes>
