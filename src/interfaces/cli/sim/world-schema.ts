/**
 * Which worlds there may be: the schema of files, of `--set` and of what `--shrink` prints. The error of each leaf says what is allowed
 * there; that of an object is the names in it.
 */
import { z } from 'zod'
import type { ConfigProblem } from '../../../node/config-sources.ts'
import { BEHAVIOUR_NAMES } from '../../../sim/byzantine/behaviours.ts'
import { COLLUSION_PLANS } from '../../../sim/byzantine/den.ts'
import { CUT_SHAPES } from '../../../sim/cuts.ts'
import { REGIONS } from '../../../sim/latency.ts'
import type { SimulationOptions } from '../../../sim/options.ts'
import { MESSAGE_NAMES } from '../../../sim/sentences.ts'
import { KEY_REQUESTS, LEAVINGS } from '../../../sim/trouble-options.ts'
import { choice, errorOf, integer, list, number, object, problemsOf, yesOrNo } from '../schema.ts'
import { relationProblems } from './world-relations.ts'

const MEMBERS_MAX = 13
const HOUR_MS = 3_600_000
const SEED_MAX = 999_999_999_999_999

const share = number(0, 1)
const perSecond = number(0, 100)
const timeMs = number(0, HOUR_MS)
const timerMs = number(1, HOUR_MS)
/** Of a genesis, which counts whole milliseconds. */
const logMs = integer(1, 10 * 365 * 24 * HOUR_MS)
const member = integer(0, MEMBERS_MAX - 1)
const members = list(member, MEMBERS_MAX, 'members')

const latency = object({
  minMs: timeMs,
  maxMs: timeMs,
  tail: share,
  regions: list(integer(0, REGIONS.length - 1), MEMBERS_MAX, 'regions').optional(),
  paretoShape: z.literal([1, 2, 4], { error: '1, 2, 4' }).optional(),
})

const messageSentence = object({
  when: choice(MESSAGE_NAMES),
  from: members.optional(),
  to: members.optional(),
  inView: integer(0, 1_000_000).optional(),
  atSequence: integer(0, 1_000_000_000).optional(),
  afterMs: timeMs.optional(),
  untilMs: timeMs.optional(),
  percent: number(0, 100).optional(),
  first: integer(0, 1_000_000).optional(),
  fate: z.union([z.literal('drop'), z.literal('duplicate'), object({ delayMs: timeMs })]),
})

const machineSentence = object({
  machine: member,
  does: choice(['crash', 'pause', 'isolate', 'wipe']),
  atMs: timeMs,
  forMs: timeMs,
})

const sentence = z.union([messageSentence, machineSentence], {
  error:
    'a sentence such as {"when":"commit","from":[1],"fate":"drop"} or {"machine":2,"does":"crash","atMs":1000,"forMs":500}',
})

/** In the order in which worlds are printed. */
const worldShape = {
  seed: integer(0, SEED_MAX),
  n: integer(1, MEMBERS_MAX),
  byzantine: list(
    object({
      member,
      behaviours: list(choice(BEHAVIOUR_NAMES), BEHAVIOUR_NAMES.length, 'behaviours').min(1, {
        error: 'at least one behaviour',
      }),
    }),
    MEMBERS_MAX,
    'faulty members',
  ),
  collusion: object({
    plan: choice(COLLUSION_PLANS),
    favoured: members,
    keepAtMs: timeMs,
    turnAtMs: timeMs,
  }).optional(),
  faultsMs: timeMs,
  latency,
  loss: share,
  duplication: share,
  partitions: yesOrNo,
  crashesPerSecond: perSecond,
  wipes: share,
  syncMs: timeMs,
  slowSyncs: share,
  clockSkewMs: timeMs,
  transactions: integer(0, 100_000),
  duplicateSubmits: share,
  transactionWindowMs: timerMs,
  transactionWindowMax: integer(1, 1_000_000).optional(),
  checkpointInterval: integer(1, 10_000),
  logWindow: integer(2, 100_000),
  pipelineDepth: integer(1, 100_000),
  proposalBatchesMax: integer(1, 10_000),
  batchTransactionsMax: integer(1, 10_000),
  viewChangeTimeoutMs: timerMs,
  viewChangeTimeoutMaxMs: timerMs,
  resendMs: timerMs,
  statusMs: timerMs,
  idleCheckpointMs: timerMs,
  historySequences: integer(0, 1_000_000_000),
  snapshotIntervalSequences: integer(1, 1_000_000_000),
  clients: integer(0, 100).optional(),
  clientOperations: integer(0, 10_000).optional(),
  isCalm: yesOrNo.optional(),
  isServed: yesOrNo.optional(),
  threshold: object({ transitionMs: logMs, refreshMs: logMs, deadlineMs: logMs, graceMs: logMs }).optional(),
  holdingBack: share.optional(),
  corruption: share.optional(),
  cuts: list(choice(CUT_SHAPES), 64, 'shapes').optional(),
  pausesPerSecond: perSecond.optional(),
  writeCrashes: share.optional(),
  brokenDisksPerSecond: perSecond.optional(),
  slowDisksPerSecond: perSecond.optional(),
  readMs: timeMs.optional(),
  clockJumpsPerSecond: perSecond.optional(),
  clockJumpMaxMs: timeMs.optional(),
  bursts: integer(0, 10_000).optional(),
  misuses: integer(0, 10_000).optional(),
  left: list(object({ member, how: choice(LEAVINGS) }), MEMBERS_MAX, 'members').optional(),
  sentences: list(sentence, 1_000, 'sentences').optional(),
  vaultSyncMs: timeMs.optional(),
  vaultLosses: share.optional(),
  vaultsKept: share.optional(),
  keyRequests: list(
    object({ request: choice(KEY_REQUESTS), members, atMs: timeMs }),
    1_000,
    'requests',
  ).optional(),
} satisfies Readonly<Record<keyof SimulationOptions, z.ZodType>>

const worldSchema = object(worldShape)
const changesSchema = worldSchema.partial()

/** Everything that is wrong with a world; relations between options are looked at when each is right by itself. */
export function worldProblems(values: unknown): readonly ConfigProblem[] {
  const parsed = worldSchema.safeParse(values)
  return parsed.success ? relationProblems(parsed.data) : problemsOf(parsed.error, values)
}

/**
 * @param what of which world the error speaks
 * @throws ConfigError with everything that is wrong
 */
export function checkWorld(values: unknown, what: string): SimulationOptions {
  const problems = worldProblems(values)
  if (problems.length > 0) throw errorOf(what, problems)
  return worldSchema.parse(values)
}

/** @throws ConfigError with everything that is wrong with options that are not left to the seed, each by itself */
export function checkChanges(values: Readonly<Record<string, unknown>>): Partial<SimulationOptions> {
  const parsed = changesSchema.safeParse(values)
  if (parsed.success) return parsed.data
  throw errorOf('--set', problemsOf(parsed.error, values))
}
