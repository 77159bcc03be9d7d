import { createPrng, type Prng } from '../lib/prng.ts'
import type { ThresholdParameters } from '../membership/genesis.ts'
import { type BehaviourName, KEY_BEHAVIOUR_NAMES } from './byzantine/behaviours.ts'
import type { FaultyMember } from './byzantine/draw.ts'
import { usualDelayMaxMs } from './latency.ts'
import { drawOptions, type SimulationOptions } from './options.ts'

/**
 * Worlds in which the network's keys are what it is about: shares are dealt again while everything goes wrong, at times from
 * short to ample, secrets are lost without the disk and kept without it, operators ask for other keys, and faulty members lie about
 * them. Everything else is drawn as for other worlds.
 */

/** Draws of its own. */
const SALT = 0x6b65 * 2 ** 24
/** From 4 on some may be faulty. */
const MEMBERS = [1, 2, 3, 4, 4, 4, 4, 4, 4, 4, 5, 5, 6, 7] as const
const LIAR_SHARE = 0.6
/** Drawn by a generator of its own, so that worlds without it stay what they were. */
const APART: BehaviourName = 'altered-key-state'
const TOGETHER = KEY_BEHAVIOUR_NAMES.filter(name => name !== APART)
const APART_SALT = 0x6b66 * 2 ** 24
const APART_SHARE = 0.2
/** What times are made for; slower links and disks have longer ones, or the log would never rest. */
const USUAL_STEP_MS = 12
const FAULTS_MAX_MS = 30_000

/** @param changes what is not to be left to the seed */
export function drawKeyOptions(seed: number, changes: Partial<SimulationOptions> = {}): SimulationOptions {
  const prng = createPrng(seed + SALT)
  const n = prng.pick(MEMBERS)
  const { latency, syncMs } = drawOptions(seed, { n, ...changes })
  const pace = Math.max(1, (usualDelayMaxMs(latency) + syncMs) / USUAL_STEP_MS)
  const threshold = drawTimes(prng, pace)
  const faultsMs = Math.min(FAULTS_MAX_MS, Math.round(pace * prng.pick([1_500, 3_000, 6_000])))
  const drawn = drawOptions(seed, { n, faultsMs, threshold, ...changes })
  const apart = createPrng(seed + APART_SALT)
  const keyed = {
    ...drawn,
    byzantine: drawn.byzantine
      .map(faulty => lyingAboutKeys(prng, faulty))
      .map(faulty => alteringKeyState(apart, faulty)),
    ...drawKeyTroubles(prng, drawn),
  }
  return { ...keyed, ...changes }
}

function drawTimes(prng: Prng, pace: number): ThresholdParameters {
  const pick = (...times: readonly number[]): number => Math.round(pace * prng.pick(times))
  return {
    transitionMs: pick(100, 500, 1_500, 5_000),
    refreshMs: pick(800, 1_500, 3_000, 600_000),
    deadlineMs: pick(200, 500, 500, 2_000),
    graceMs: pick(100, 300, 1_000),
  }
}

function lyingAboutKeys(prng: Prng, { member, behaviours }: FaultyMember): FaultyMember {
  const lies = prng.shuffle(TOGETHER).slice(0, prng.between(1, 3))
  if (!prng.chance(LIAR_SHARE)) return { member, behaviours }
  return { member, behaviours: prng.chance(0.5) ? lies : [...behaviours, ...lies] }
}

function alteringKeyState(prng: Prng, { member, behaviours }: FaultyMember): FaultyMember {
  return { member, behaviours: prng.chance(APART_SHARE) ? [...behaviours, APART] : behaviours }
}

function drawKeyTroubles(prng: Prng, { n, faultsMs }: SimulationOptions): Partial<SimulationOptions> {
  const vaultLosses = prng.pick([0, 0, 0.3, 0.7])
  const vaultsKept = prng.pick([0, 0, 0.5, 1])
  const keyRequests = Array.from({ length: prng.pick([0, 1, 2, 4]) }, () => ({
    request: prng.pick(['refresh', 'rotate', 'rotate', 'revoke'] as const),
    members: prng.shuffle(Array.from({ length: n }, (_, member) => member)).slice(0, prng.between(1, n)),
    atMs: prng.between(0, faultsMs),
  }))
  return {
    ...(vaultLosses === 0 ? {} : { vaultLosses }),
    ...(vaultsKept === 0 ? {} : { vaultsKept }),
    ...(keyRequests.length === 0 ? {} : { keyRequests }),
  }
}
