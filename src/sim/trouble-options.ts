import { createPrng, type Prng } from '../lib/prng.ts'
import { faultyMax } from '../pbft/quorum.ts'
import { CUT_SHAPES, type CutShape } from './cuts.ts'
import { type LatencyOptions, REGIONS } from './latency.ts'
import { MESSAGE_NAMES, type MessageSentence, type Sentence } from './sentences.ts'

/** Troubles that not every world has. What is missing is not there. */
export interface TroubleOptions {
  /** Of messages in the fault phase, 0 to 1, that come up to three seconds after others. */
  readonly holdingBack?: number
  /** Of messages, requests and answers in the fault phase, 0 to 1, that arrive damaged. */
  readonly corruption?: number
  /** Besides `partitions`: how links fail, one shape after the other. */
  readonly cuts?: readonly CutShape[]
  /** Processes that stand still for 50 ms to 10 s, per second, over all members. */
  readonly pausesPerSecond?: number
  /** Of synced writes, 0 to 1, during or just after which the machine crashes. */
  readonly writeCrashes?: number
  /** Disks that no longer write, per second, over all members; their members must stop, and come back with another disk. */
  readonly brokenDisksPerSecond?: number
  /** Disks that are fifty times slower for up to five seconds, per second, over all members. */
  readonly slowDisksPerSecond?: number
  /** How long a search on disk takes. */
  readonly readMs?: number
  readonly clockJumpsPerSecond?: number
  /** How far from its usual time a clock jumps, forth or back. */
  readonly clockJumpMaxMs?: number
  /** Transactions come in so many bursts instead of evenly. */
  readonly bursts?: number
  /** Transactions that must be refused: too old, too early, too large, without sense or signature. */
  readonly misuses?: number
  /** Correct members that stay away when all others are well again; with the faulty ones at most f. Liveness is not owed to them. */
  readonly left?: readonly { readonly member: number; readonly how: Leaving }[]
  readonly sentences?: readonly Sentence[]
  /** How long a synced write takes where secrets lie. Milliseconds, give or take half. Default: as on the disk. */
  readonly vaultSyncMs?: number
  /** Of crashes, 0 to 1: the member's secrets about the network's keys are lost with it, and nothing else. */
  readonly vaultLosses?: number
  /** Of lost disks, 0 to 1: the secrets lie elsewhere, and stay. */
  readonly vaultsKept?: number
  /** What operators ask about the network's keys. */
  readonly keyRequests?: readonly KeyRequest[]
}

export const KEY_REQUESTS = ['refresh', 'rotate', 'revoke'] as const

export interface KeyRequest {
  readonly request: (typeof KEY_REQUESTS)[number]
  /** Whose operators ask; a member that is down does not hear it. */
  readonly members: readonly number[]
  readonly atMs: number
}

/** `mute`: nobody hears it; `deaf`: it hears nobody; `alone`: both. */
export const LEAVINGS = ['down', 'paused', 'alone', 'deaf', 'mute'] as const
export type Leaving = (typeof LEAVINGS)[number]

/** Draws of its own, so that a new trouble does not change worlds that have none. */
const SALT = 0x7a * 2 ** 32

/** Members of a large network, which takes long to run, in a few worlds. */
export function drawLargeN(seed: number, usual: number): number {
  const prng = createPrng(seed + SALT)
  return prng.chance(0.03) ? prng.between(8, 13) : usual
}

export function drawRareLatency(seed: number, n: number, usual: LatencyOptions): LatencyOptions {
  const prng = createPrng(seed + 2 * SALT)
  const isWide = prng.chance(0.12)
  const maxMs = prng.pick([2, 10])
  if (isWide) {
    const spread = prng.shuffle(REGIONS.map((_, region) => region)).slice(0, prng.between(2, REGIONS.length))
    const regions = Array.from({ length: n }, () => prng.pick(spread))
    return { minMs: 0.5, maxMs, tail: prng.pick([0, 0.01]), regions }
  }
  return prng.chance(0.1) ? { minMs: 0.5, maxMs, tail: 0, paretoShape: prng.pick([1, 2, 4] as const) } : usual
}

/** What of a world its troubles depend on. */
interface World {
  readonly seed: number
  readonly n: number
  readonly byzantine: readonly { readonly member: number }[]
  readonly faultsMs: number
}

export function drawTroubles(world: World): TroubleOptions {
  const prng = createPrng(world.seed + 3 * SALT)
  if (prng.chance(0.2)) return {}
  return present({
    holdingBack: maybe(prng, 0.2, () => prng.pick([0.01, 0.05, 0.2])),
    cuts: maybe(prng, 0.3, () => prng.shuffle(CUT_SHAPES).slice(0, prng.between(1, CUT_SHAPES.length))),
    pausesPerSecond: maybe(prng, 0.25, () => prng.pick([0.2, 0.5, 1.5])),
    writeCrashes: maybe(prng, 0.2, () => prng.pick([0.002, 0.01, 0.03])),
    brokenDisksPerSecond: maybe(prng, 0.15, () => prng.pick([0.1, 0.3, 1])),
    slowDisksPerSecond: maybe(prng, 0.2, () => prng.pick([0.2, 0.6])),
    readMs: maybe(prng, 0.2, () => prng.pick([1, 10])),
    ...maybe(prng, 0.2, () => ({
      clockJumpsPerSecond: prng.pick([0.3, 1]),
      clockJumpMaxMs: prng.pick([500, 6_000, 60_000]),
    })),
    bursts: maybe(prng, 0.15, () => prng.between(1, 4)),
    misuses: maybe(prng, 0.25, () => prng.between(3, 12)),
    left: maybe(prng, 0.25, () => drawLeft(prng, world)),
    sentences: maybe(prng, 0.2, () => drawSentences(prng, world)),
    corruption: maybe(prng, 0.15, () => prng.pick([0.01, 0.05, 0.2])),
  })
}

/** Without what is undefined: it is not printed, and not there. */
function present<T extends object>(drawn: T): T {
  return Object.fromEntries(Object.entries(drawn).filter(([, value]) => value !== undefined)) as T
}

/** Draws in any case, so that how often one trouble occurs does not shift the others. */
function maybe<T>(prng: Prng, share: number, draw: () => T): T | undefined {
  const isThere = prng.chance(share)
  const drawn = draw()
  return isThere ? drawn : undefined
}

function drawLeft(prng: Prng, { n, byzantine }: World): TroubleOptions['left'] {
  const faulty = new Set(byzantine.map(({ member }) => member))
  const correct = Array.from({ length: n }, (_, member) => member).filter(member => !faulty.has(member))
  const most = faultyMax(n) - faulty.size
  const leaving = prng.shuffle(correct).slice(0, prng.between(1, Math.max(1, most)))
  return most <= 0 ? undefined : leaving.map(member => ({ member, how: prng.pick(LEAVINGS) }))
}

function drawSentences(prng: Prng, world: World): readonly Sentence[] {
  return Array.from({ length: prng.between(1, 4) }, () =>
    prng.chance(0.2) ? drawMachineSentence(prng, world) : drawMessageSentence(prng, world),
  )
}

function drawMachineSentence(prng: Prng, { n, faultsMs }: World): Sentence {
  return {
    machine: prng.between(0, n - 1),
    does: prng.pick(['crash', 'pause', 'isolate']),
    atMs: prng.between(0, faultsMs),
    forMs: prng.pick([10, 200, 1_000, 4_000]),
  }
}

function drawMessageSentence(prng: Prng, { n, faultsMs }: World): MessageSentence {
  const some = (): readonly number[] =>
    prng.shuffle(Array.from({ length: n }, (_, member) => member)).slice(0, prng.between(1, 2))
  return present({
    when: prng.pick(MESSAGE_NAMES),
    from: maybe(prng, 0.5, some),
    to: maybe(prng, 0.5, some),
    inView: maybe(prng, 0.2, () => prng.between(0, 3)),
    atSequence: maybe(prng, 0.1, () => prng.between(1, 10)),
    afterMs: maybe(prng, 0.3, () => prng.between(0, faultsMs)),
    untilMs: maybe(prng, 0.3, () => prng.between(0, faultsMs)),
    percent: maybe(prng, 0.6, () => prng.pick([5, 30, 70])),
    first: maybe(prng, 0.2, () => prng.between(1, 5)),
    fate: prng.pick(['drop', 'drop', 'duplicate', { delayMs: 20 }, { delayMs: 300 }, { delayMs: 2_000 }]),
  })
}
