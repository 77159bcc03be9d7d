import { createPrng } from '../lib/prng.ts'
import type { ThresholdParameters } from '../membership/genesis.ts'
import type { Collusion } from './byzantine/den.ts'
import { drawFaulty, type FaultyMember } from './byzantine/draw.ts'
import { type LatencyOptions, usualDelayMaxMs } from './latency.ts'
import { drawLargeN, drawRareLatency, drawTroubles, type TroubleOptions } from './trouble-options.ts'

/** Everything about a world that is decided before it runs; drawn from one number, printed first, and enough to run it again. */
export interface SimulationOptions extends TroubleOptions {
  readonly seed: number
  readonly n: number
  /** Faulty members and how they behave; at most f of them. */
  readonly byzantine: readonly FaultyMember[]
  /** What those who are `colluding` keep to; drawn by themselves when absent. */
  readonly collusion?: Collusion
  readonly faultsMs: number
  readonly latency: LatencyOptions
  /** Of messages in the fault phase, 0 to 1. */
  readonly loss: number
  readonly duplication: number
  readonly partitions: boolean
  /** Crashes per second in the fault phase, over all members. */
  readonly crashesPerSecond: number
  /** Of crashes, 0 to 1: the disk is lost with it; at most f members are without memory at a time. */
  readonly wipes: number
  readonly syncMs: number
  readonly slowSyncs: number
  readonly clockSkewMs: number
  readonly transactions: number
  /** Clients that wait for their answers, one operation after the other. Default 0. */
  readonly clients?: number
  /** Of each of them, before the faults end. */
  readonly clientOperations?: number
  readonly duplicateSubmits: number
  readonly transactionWindowMs: number
  /** Receipts that members keep. Default: more than there are in a world. */
  readonly transactionWindowMax?: number
  readonly checkpointInterval: number
  readonly logWindow: number
  readonly pipelineDepth: number
  readonly proposalBatchesMax: number
  readonly batchTransactionsMax: number
  readonly viewChangeTimeoutMs: number
  readonly viewChangeTimeoutMaxMs: number
  readonly resendMs: number
  readonly statusMs: number
  readonly idleCheckpointMs: number
  readonly historySequences: number
  readonly snapshotIntervalSequences: number
  /** The members make a key together, and certificates by it. Default: they do not. */
  readonly threshold?: ThresholdParameters
  /** Nothing goes wrong, and time-outs leave room for the load: nobody may leave view 0. Said by whoever makes such a world, never drawn. */
  readonly isCalm?: boolean
  /**
   * Links and machines are well, and the load is no more than members bear: whatever a correct member accepts is executed soon, whatever
   * faulty members do and others hand in. Said by whoever makes such a world, never drawn.
   */
  readonly isServed?: boolean
}

/** How many worlds a second can be tried decides what is found, so most of them are small and short, and more happens in a second of these. */
const MEMBERS = [1, 2, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 6, 7] as const
const LONG_SHARE = 0.1
const SHORTENED_TO = 0.25
const LATENCIES: readonly LatencyOptions[] = [
  { minMs: 0.3, maxMs: 2, tail: 0 },
  { minMs: 1, maxMs: 10, tail: 0.02 },
  { minMs: 15, maxMs: 80, tail: 0 },
  { minMs: 5, maxMs: 40, tail: 0.05 },
]

/** A network of four in one place where nothing goes wrong, for whoever wants one thing to. */
export function calmOptions(seed: number, changes: Partial<SimulationOptions> = {}): SimulationOptions {
  return {
    seed,
    n: 4,
    byzantine: [],
    faultsMs: 5_000,
    latency: { minMs: 0.3, maxMs: 2, tail: 0 },
    loss: 0,
    duplication: 0,
    partitions: false,
    crashesPerSecond: 0,
    wipes: 0,
    syncMs: 0.2,
    slowSyncs: 0,
    clockSkewMs: 0,
    transactions: 20,
    duplicateSubmits: 0,
    transactionWindowMs: 600_000,
    checkpointInterval: 4,
    logWindow: 16,
    pipelineDepth: 4,
    proposalBatchesMax: 64,
    batchTransactionsMax: 100,
    viewChangeTimeoutMs: 1_000,
    viewChangeTimeoutMaxMs: 8_000,
    resendMs: 250,
    statusMs: 1_000,
    idleCheckpointMs: 20,
    historySequences: 1_000,
    snapshotIntervalSequences: 4,
    ...changes,
  }
}

/** @param changes what is not to be left to the seed */
export function drawOptions(seed: number, changes: Partial<SimulationOptions> = {}): SimulationOptions {
  const prng = createPrng(seed)
  const n = changes.n ?? drawLargeN(seed, prng.pick(MEMBERS))
  const checkpointInterval = prng.pick([1, 2, 4, 4, 8, 16])
  const logWindow = checkpointInterval * prng.pick([2, 2, 3, 4])
  const latency = changes.latency ?? drawRareLatency(seed, n, prng.pick(LATENCIES))
  const length = createPrng(seed + 0xfa).chance(LONG_SHARE) ? 1 : SHORTENED_TO
  const viewChangeTimeoutMs = Math.max(prng.between(300, 2_000), 12 * usualDelayMaxMs(latency))
  const drawn = {
    seed,
    n,
    byzantine: drawFaulty(prng, n),
    faultsMs: Math.round(prng.between(2_000, 10_000) * length),
    latency,
    loss: prng.pick([0, 0, 0.01, 0.05, 0.2]),
    duplication: prng.pick([0, 0, 0.05]),
    partitions: prng.chance(0.5),
    crashesPerSecond: prng.pick([0, 0.2, 0.5, 1.5]) / Math.sqrt(length),
    wipes: prng.pick([0, 0.2, 0.5]),
    syncMs: prng.pick([0.2, 2, 10]),
    slowSyncs: prng.pick([0, 0.02]),
    clockSkewMs: prng.pick([0, 200, 3_000]),
    transactions: prng.between(3, 30),
    duplicateSubmits: prng.pick([0, 0.2]),
    transactionWindowMs: prng.pick([600_000, 600_000, 600_000, 5_000]),
    checkpointInterval,
    logWindow,
    pipelineDepth: prng.between(1, Math.min(8, logWindow)),
    proposalBatchesMax: prng.pick([1, 2, 64]),
    batchTransactionsMax: prng.pick([1, 3, 100]),
    viewChangeTimeoutMs,
    viewChangeTimeoutMaxMs: 8 * viewChangeTimeoutMs,
    resendMs: Math.max(100, Math.floor(viewChangeTimeoutMs / 4)),
    statusMs: prng.pick([500, 1_000, 2_000]),
    idleCheckpointMs: prng.pick([1, 20, 200]),
    historySequences: prng.pick([0, 4, 16, 1_000]),
    snapshotIntervalSequences: checkpointInterval * prng.pick([1, 2, 4]),
    ...drawClients(seed),
    ...changes,
  }
  return { ...drawn, ...drawTroubles(drawn), ...changes }
}

/** Draws of their own, so that everything else stays what it is. */
function drawClients(seed: number): Pick<SimulationOptions, 'clients' | 'clientOperations'> {
  const prng = createPrng(seed + 0xc1)
  return { clients: prng.pick([0, 1, 2, 3]), clientOperations: prng.between(2, 14) }
}

/**
 * How long after the last fault everything must be in order again: the time-out that runs when faults end, one view for each member
 * that is faulty or away, and two more, because not all are in the same one, each as long as a view may last; and a few statuses,
 * by which those who fell behind find out.
 */
export function livenessBoundMs(options: SimulationOptions): number {
  const { byzantine, left = [], viewChangeTimeoutMaxMs, statusMs } = options
  const bound = 5_000 + 5 * statusMs + (3 + byzantine.length + left.length) * viewChangeTimeoutMaxMs
  return bound + keysBoundMs(options)
}

/** An attempt at a key that comes to nothing, because too many lost their part in it, lasts ten deadlines; then another one succeeds. */
function keysBoundMs(options: SimulationOptions): number {
  const { threshold, checkpointInterval } = options
  if (threshold === undefined) return 0
  const { deadlineMs, graceMs, refreshMs, transitionMs } = threshold
  const ceremonyMs = 15 * deadlineMs + 2 * graceMs
  // An idle log goes through the sequences after which a key retires in so many seconds, and too many that retire keep out the next.
  const retiringMs = transitionMs + 1_000 * checkpointInterval
  if (isRefreshSoon(options)) return 2 * (ceremonyMs + refreshMs + retiringMs)
  return isRefreshAsked(options) ? ASKING_MS + 2 * ceremonyMs : ceremonyMs
}

const REFRESH_SOON_MS = 10_000
const REFRESH_FAR_MS = 86_400_000
/** A member that has no share asks after half a minute, and members do in turn. */
const ASKING_MS = 40_000
/** Shorter than that: nobody has asked before the faults end. Whoever asked once may not ask again for long. */
const NOT_YET_ASKED_MS = 20_000

/**
 * Whoever has no share gets one by the next refresh: where that comes soon, or is so far away that it is asked for, gives members time for their
 * links, and nobody is there who keeps them out.
 */
export function owesShares(options: SimulationOptions): boolean {
  return isRefreshSoon(options) || isRefreshAsked(options)
}

function isRefreshSoon(options: SimulationOptions): boolean {
  return haveAllTheirPart(options) && (options.threshold?.refreshMs ?? 0) <= REFRESH_SOON_MS
}

function isRefreshAsked(options: SimulationOptions): boolean {
  const { threshold, faultsMs, keyRequests = [] } = options
  if (!haveAllTheirPart(options) || keyRequests.length > 0) return false
  return (threshold?.refreshMs ?? 0) >= REFRESH_FAR_MS && faultsMs <= NOT_YET_ASKED_MS
}

function haveAllTheirPart({
  threshold,
  byzantine,
  left = [],
  viewChangeTimeoutMs,
}: SimulationOptions): boolean {
  if (threshold === undefined || byzantine.length + left.length > 0) return false
  return threshold.deadlineMs >= viewChangeTimeoutMs
}
