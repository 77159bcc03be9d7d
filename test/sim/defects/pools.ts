import { createPrng, type Prng } from '../../../src/lib/prng.ts'
import { faultyMax } from '../../../src/pbft/quorum.ts'
import { type BehaviourName, DRAWN_BEHAVIOUR_NAMES } from '../../../src/sim/byzantine/behaviours.ts'
import { drawOptions, type SimulationOptions } from '../../../src/sim/options.ts'
import { crash, isolate, when } from '../../../src/sim/sentences.ts'
import { type Changes, calm, directed } from './directed.ts'
import { ENEMY_POOLS } from './enemy-pools.ts'
import { KEY_POOLS } from './key-pools.ts'
import { LOST_POOLS } from './lost-pools.ts'
import { MEMORY_POOLS } from './memory-pools.ts'

/** No trouble but what a pool names, and a short time for it: what is looked for is found sooner in many small worlds. */
const lean = {
  faultsMs: 3_000,
  clients: 0,
  holdingBack: 0,
  cuts: [],
  pausesPerSecond: 0,
  writeCrashes: 0,
  brokenDisksPerSecond: 0,
  slowDisksPerSecond: 0,
  clockJumpsPerSecond: 0,
  misuses: 0,
  left: [],
  sentences: [],
} satisfies Partial<SimulationOptions>

/** As many faulty members as may be, the first primary among them. */
function enemies(prng: Prng, n: number, among: readonly BehaviourName[]): SimulationOptions['byzantine'] {
  return Array.from({ length: faultyMax(n) }, (_, member) => ({
    member,
    behaviours: prng.shuffle(among).slice(0, prng.between(1, Math.min(3, among.length))),
  }))
}

const small = (prng: Prng) => {
  const checkpointInterval = prng.pick([1, 2, 4])
  return {
    checkpointInterval,
    logWindow: 2 * checkpointInterval,
    pipelineDepth: prng.between(1, 2 * checkpointInterval),
    snapshotIntervalSequences: checkpointInterval,
  }
}

/**
 * Worlds in which a kind of defect has the occasion to show: still drawn from one number, but with what is needed for it in each. Fewer
 * of them must run than of the ordinary ones.
 */
export const POOLS = {
  /** Whatever the number brings. */
  ordinary: () => ({}),
  /** Nobody fails, and whatever waits goes into the next proposal. */
  calm: prng => ({
    ...calm,
    isCalm: true,
    byzantine: [],
    n: prng.pick([1, 4, 7]),
    latency: prng.pick([
      { minMs: 0.3, maxMs: 2, tail: 0 },
      { minMs: 15, maxMs: 80, tail: 0 },
    ]),
    clockSkewMs: 0,
    corruption: 0,
    proposalBatchesMax: 64,
  }),
  /** Small windows, and loss. */
  windows: prng => ({ ...small(prng), n: 4, loss: 0.1, transactions: prng.between(40, 60) }),
  /** Every enemy but those that only keep silent. */
  enemies: prng => {
    const n = prng.pick([4, 4, 4, 7])
    const talkative = DRAWN_BEHAVIOUR_NAMES.filter(name => !name.includes('silent'))
    return { n, byzantine: enemies(prng, n, talkative), clients: 2, clientOperations: 6 }
  },
  /** Five members bear one that is faulty, and have no simple majority arithmetic. */
  five: prng => ({ n: 5, byzantine: enemies(prng, 5, ['equivocating', 'wrong-new-view']), partitions: true }),
  /** Machines fall over all the time and keep what was synced. */
  crashes: prng => ({
    n: prng.pick([2, 4, 4]),
    byzantine: [],
    crashesPerSecond: prng.pick([1.5, 4]),
    wipes: 0,
    partitions: true,
    transactions: 60,
  }),
  /** The power fails for all, primaries are cut off, and nobody is in a hurry to say again what was said. */
  blackouts: prng => ({
    n: 4,
    byzantine: [],
    faultsMs: 6_000,
    crashesPerSecond: prng.pick([6, 12]),
    wipes: 0,
    cuts: ['primary'],
    partitions: true,
    checkpointInterval: 16,
    logWindow: 32,
    latency: { minMs: 1, maxMs: 10, tail: 0.02 },
    viewChangeTimeoutMs: 200,
    viewChangeTimeoutMaxMs: 1_600,
    resendMs: 1_500,
    statusMs: 2_000,
    transactions: 60,
  }),
  /** View after view among correct members: what one prepared alone comes back later. */
  storms: prng => ({
    n: 4,
    byzantine: [],
    faultsMs: 8_000,
    crashesPerSecond: 0,
    loss: prng.pick([0.2, 0.35]),
    cuts: ['primary', 'links', 'flapping'],
    partitions: true,
    checkpointInterval: 16,
    logWindow: 64,
    pipelineDepth: 8,
    batchTransactionsMax: 1,
    proposalBatchesMax: 2,
    latency: { minMs: 1, maxMs: 10, tail: 0.02 },
    viewChangeTimeoutMs: 150,
    viewChangeTimeoutMaxMs: 1_200,
    resendMs: 600,
    statusMs: 1_000,
    transactions: 60,
  }),
  /** Machines lose their disks. */
  wipes: () => ({ n: 4, byzantine: [], crashesPerSecond: 1.5, wipes: 0.7, transactions: 60 }),
  /** Whoever was away finds nothing but snapshots, and a faulty member among those who serve them. */
  snapshots: prng => ({
    ...small(prng),
    n: 4,
    byzantine: [{ member: prng.between(0, 3), behaviours: ['lying-transfer'] }],
    historySequences: 0,
    crashesPerSecond: 1.5,
    wipes: 0.3,
    partitions: true,
    transactions: 60,
  }),
  /** Whoever was away finds nothing but snapshots, and what they say was executed is submitted again. */
  'snapshots, repeats': prng => ({
    ...small(prng),
    n: 4,
    historySequences: 0,
    crashesPerSecond: 3,
    wipes: 0.8,
    transactions: 60,
    duplicateSubmits: 1,
    transactionWindowMs: 600_000,
  }),
  /** Whoever was away finds the sequences themselves, and a faulty member among those who serve them. */
  sequences: prng => ({
    ...small(prng),
    n: 4,
    byzantine: [{ member: prng.between(0, 3), behaviours: ['misleading-transfer'] }],
    historySequences: 1_000,
    snapshotIntervalSequences: 1_000,
    batchTransactionsMax: 1,
    proposalBatchesMax: 1,
    crashesPerSecond: 3,
    wipes: 0.5,
    partitions: true,
    transactions: 60,
  }),
  /**
   * One member misses a view change and all that the others keep of its time; it has their state before it has their NEW-VIEW, and nobody
   * has a reason to begin another view.
   */
  returning: prng => ({
    ...directed,
    faultsMs: 6_000,
    transactions: 100,
    sentences: [
      isolate(3).at(prng.between(200, 600)).for(3_500),
      when('pre-prepare').from(0).inView(0).after(1_200).drop(),
      when('new-view').to(3).until(5_400).drop(),
    ],
  }),
  /** One member waits for view 3 and two for view 2, without the votes of each other; the fourth is gone. */
  apart: prng => ({
    ...directed,
    faultsMs: 9_000,
    transactions: 60,
    left: [{ member: 0, how: prng.pick(['alone', 'down'] as const) }],
    sentences: [
      isolate(0).at(prng.between(200, 600)).for(9_000),
      when('new-view').from(1).drop(),
      when('view-change').inView(2).to(2, 3).drop(),
    ],
  }),
  /** One member says the last CHECKPOINT and is gone, one comes to it by a snapshot and never says it, and one hears neither of them. */
  unproved: prng => ({
    ...directed,
    faultsMs: 2_000,
    transactions: prng.between(10, 40),
    bursts: 1,
    batchTransactionsMax: 1,
    proposalBatchesMax: 2,
    pipelineDepth: 1,
    left: [{ member: 0, how: 'down' }],
    sentences: [
      crash(1).at(prng.between(30, 200)).for(3_000),
      when('checkpoint').to(3).after(prng.between(100, 400)).drop(),
    ],
  }),
  /** Nobody hears the CHECKPOINTs of the others while they are news, and then the window is full. */
  unsaid: () => ({
    ...directed,
    faultsMs: 2_000,
    transactions: 40,
    sentences: [when('checkpoint').drop()],
  }),
  /** The first time-outs are below what a round takes, and what a view change takes. */
  impatient: prng => ({
    ...calm,
    n: 4,
    byzantine: [],
    faultsMs: 1_000,
    latency: { minMs: 100, maxMs: prng.between(150, 250), tail: 0 },
    viewChangeTimeoutMs: 100,
    viewChangeTimeoutMaxMs: 6_400,
    resendMs: 250,
    corruption: 0,
    transactions: 20,
  }),
  /** Rounds take nearly as long as it takes a faulty member to spoil them. */
  slow: () => ({
    ...calm,
    n: 4,
    latency: { minMs: 100, maxMs: 200, tail: 0 },
    viewChangeTimeoutMs: 2_400,
    viewChangeTimeoutMaxMs: 19_200,
    resendMs: 600,
  }),
  /** The window is shorter than clocks differ, so what the log executes is from its future; and all is submitted again. */
  'short windows': prng => ({
    n: prng.pick([3, 4]),
    byzantine: [],
    faultsMs: 6_000,
    transactionWindowMs: prng.pick([300, 1_000]),
    clockSkewMs: 4_000,
    duplicateSubmits: 1,
    crashesPerSecond: 0,
    transactions: 60,
  }),
  /** The transaction window is short, and the same is submitted again and again. */
  repeats: prng => ({
    n: prng.pick([3, 4]),
    transactionWindowMs: prng.pick([5_000, 600_000]),
    duplicateSubmits: 0.8,
    crashesPerSecond: 1.5,
    batchTransactionsMax: prng.pick([1, 3]),
    transactions: 60,
  }),
  /** Members forget what they executed while it could still be executed again, and everything is submitted once more. */
  'few receipts': prng => ({
    n: prng.pick([3, 4]),
    transactionWindowMs: 600_000,
    transactionWindowMax: prng.between(1, 8),
    duplicateSubmits: 1,
    crashesPerSecond: 1.5,
    batchTransactionsMax: prng.pick([1, 3]),
    transactions: 60,
  }),
  /** View after view, with faulty primaries, and members that crash between them. */
  views: prng => ({
    n: 4,
    byzantine: enemies(prng, 4, ['equivocating', 'wrong-new-view', 'wrong-view-change', 'withheld-batches']),
    partitions: true,
    cuts: ['primary', 'links'],
    loss: 0.1,
    crashesPerSecond: 0.5,
    viewChangeTimeoutMs: 300,
    viewChangeTimeoutMaxMs: 2_400,
    latency: { minMs: 1, maxMs: 10, tail: 0.02 },
    checkpointInterval: 16,
    logWindow: 32,
    transactions: 60,
  }),
  ...MEMORY_POOLS,
  ...LOST_POOLS,
  ...ENEMY_POOLS,
  ...KEY_POOLS,
} satisfies Record<string, Changes>

export type PoolName = keyof typeof POOLS

/** The world of one number in a pool. @param behaviours how its faulty members behave, f of them; as the pool has it when left out */
export function drawWorld(
  pool: PoolName,
  seed: number,
  behaviours?: readonly BehaviourName[],
): SimulationOptions {
  const prng = createPrng(seed + 0x90a4d)
  const draw: Changes = POOLS[pool]
  const changes = draw(prng)
  const base = pool === 'ordinary' ? {} : lean
  if (behaviours === undefined) return drawOptions(seed, { ...base, ...changes })
  const n = changes.n ?? 4
  const members = prng.shuffle(Array.from({ length: n }, (_, member) => member)).slice(0, faultyMax(n))
  return drawOptions(seed, {
    ...base,
    ...changes,
    n,
    byzantine: members.map(member => ({ member, behaviours })),
  })
}
