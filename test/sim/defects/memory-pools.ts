import { crash, isolate, when, wipe } from '../../../src/sim/sentences.ts'
import { type Changes, directed } from './directed.ts'

/**
 * Worlds in which a member loses its disk at the worst moment. Where it is the backup 3, it left view 0 alone before, because it heard
 * nothing of the order for a while, and the others heard that; back in view 0 it may not vote there again.
 */
const LEFT_ALONE = [
  ...(['pre-prepare', 'prepare', 'commit', 'checkpoint', 'status'] as const).map(name =>
    when(name).to(3).after(50).until(900).drop(),
  ),
]

const base = { ...directed, faultsMs: 4_000, transactions: 60, viewChangeTimeoutMs: 300 }

export const MEMORY_POOLS = {
  /** All may answer it and show it what it said; each of them remembers that it left. */
  forgetful: prng => ({
    ...base,
    sentences: [...LEFT_ALONE, wipe(3).at(prng.between(900, 1_100)).for(50)],
  }),
  /** Only one that did not hear it leave answers. */
  'forgetful, one answer': prng => ({
    ...base,
    sentences: [
      ...LEFT_ALONE,
      when('view-change').from(3).to(2).drop(),
      wipe(3).at(prng.between(900, 1_100)).for(50),
      when('status').from(0, 1).to(3).drop(),
      when('view-change').from(0, 1).to(3).drop(),
    ],
  }),
  /** Those who heard it leave do not hear its question, and say as usual where they are. */
  'forgetful, unheard': prng => ({
    ...base,
    sentences: [
      ...LEFT_ALONE,
      when('view-change').from(3).to(2).drop(),
      wipe(3).at(prng.between(900, 1_100)).for(50),
      when('status').from(3).to(0, 1).drop(),
      when('view-change').from(0, 1).to(3).drop(),
    ],
  }),
  /** It hears from nobody until it falls down once more. */
  'forgetful, twice': prng => ({
    ...base,
    sentences: [
      ...LEFT_ALONE,
      wipe(3).at(900).for(50),
      when('status').to(3).after(900).until(1_200).drop(),
      when('view-change').to(3).drop(),
      crash(3).at(prng.between(1_000, 1_150)).for(50),
    ],
  }),
  /**
   * The primary executes alone what 1 and 2 prepared with it, and is gone for a while. They lose their disks, one after the other, and
   * nobody shows them the proposal again.
   */
  'forgetful, prepared': prng => ({
    ...base,
    faultsMs: 6_000,
    transactions: 30,
    bursts: 2,
    viewChangeTimeoutMs: 1_500,
    viewChangeTimeoutMaxMs: 12_000,
    sentences: [
      when('pre-prepare').from(0).to(3).inView(0).after(2_990).drop(),
      when('pre-prepare').from(1, 2).inView(0).drop(),
      when('prepare').to(3).inView(0).after(2_990).drop(),
      when('commit').to(1, 2, 3).inView(0).after(2_990).drop(),
      isolate(0).at(3_080).for(2_900),
      wipe(1).at(prng.between(3_090, 3_120)).for(20),
      wipe(2).at(prng.between(3_600, 3_800)).for(20),
    ],
  }),
  /** The primary proposed something to one backup alone, which does not answer it. */
  'forgetful primary': prng => ({
    ...base,
    transactions: 30,
    bursts: 2,
    viewChangeTimeoutMs: 2_000,
    viewChangeTimeoutMaxMs: 16_000,
    resendMs: 400,
    batchTransactionsMax: 1,
    proposalBatchesMax: 1,
    sentences: [
      when('pre-prepare').from(0).to(2, 3).after(1_990).until(2_060).drop(),
      when('prepare').from(1).after(1_990).drop(),
      when('pre-prepare').from(1).drop(),
      when('status').from(1).to(0).after(1_990).drop(),
      wipe(0).at(2_060).for(prng.between(10, 60)),
    ],
  }),
  /** Secrets lie where it takes long to write them. The curve is real, so the world is short. */
  'slow vaults': prng => ({
    ...directed,
    faultsMs: 4_000,
    transactions: 10,
    vaultSyncMs: prng.pick([300, 600]),
    threshold: { transitionMs: 500, refreshMs: 600_000, deadlineMs: 2_000, graceMs: 1_000 },
  }),
} satisfies Record<string, Changes>
