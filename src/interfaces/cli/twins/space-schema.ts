/** Which scenarios of twins there may be, whether flags or the JSON of `--scenario` say so. */
import { InvariantError } from '../../../lib/assert.ts'
import { messageOf } from '../../../lib/thrown.ts'
import { ConfigError, type ConfigProblem } from '../../../node/config-sources.ts'
import { faultyMax } from '../../../pbft/quorum.ts'
import { PARTITIONS_MAX, partitionsCount } from '../../../sim/twins/partitions.ts'
import { PERMUTATION_COUNT_MAX } from '../../../sim/twins/permutation.ts'
import { scenarios, type TwinsSpace } from '../../../sim/twins/scenario.ts'
import { SMALL_SPACE, type TwinsOrder } from '../../../sim/twins/spaces.ts'
import { errorOf, integer, object, problemsOf, yesOrNo } from '../schema.ts'

/** Least and most of each, and the flag that says it. */
const SPACE_RANGES = {
  n: { min: 4, max: 10, flag: '--replicas' },
  twins: { min: 1, max: 3, flag: '--twins' },
  views: { min: 1, max: 12, flag: '--views' },
  sets: { min: 1, max: 13, flag: '--sets' },
  wholeViewsMax: { min: 0, max: 12, flag: '--whole-views' },
} as const

const range = (name: keyof typeof SPACE_RANGES) => integer(SPACE_RANGES[name].min, SPACE_RANGES[name].max)

const spaceSchema = object({
  n: range('n'),
  twins: range('twins'),
  views: range('views'),
  sets: range('sets'),
  wholeViewsMax: range('wholeViewsMax'),
  losses: yesOrNo,
  crashes: yesOrNo,
})
const orderSchema = object({ space: spaceSchema, index: integer(0, PERMUTATION_COUNT_MAX - 1) })

const EXAMPLE = JSON.stringify({ space: SMALL_SPACE, index: 7 } satisfies TwinsOrder)
const WHAT = `--scenario, which is written like '${EXAMPLE}',`

/** @throws ConfigError with everything that is wrong */
export function checkOrder(text: string): TwinsOrder {
  let values: unknown
  try {
    values = JSON.parse(text)
  } catch (error) {
    const why = messageOf(error)
    throw new ConfigError(`--scenario is no JSON: ${why}; it is written like '${EXAMPLE}'`)
  }
  const parsed = orderSchema.safeParse(values)
  if (!parsed.success) throw errorOf(WHAT, problemsOf(parsed.error, values))
  const { space, index } = parsed.data
  const problems = spaceProblems(space, name => `space.${name}`)
  if (problems.length > 0) throw errorOf(WHAT, problems)
  const { count } = scenarios(space)
  if (index < count) return parsed.data
  const problem = `the space has ${count} scenarios, and no number ${index}`
  throw errorOf(WHAT, [{ path: 'index', problem, allowed: `an integer from 0 to ${count - 1}` }])
}

/** What flags say. @throws ConfigError */
export function checkSpace(space: TwinsSpace): TwinsSpace {
  const problems = spaceProblems(space, name => SPACE_RANGES[name].flag)
  if (problems.length > 0) throw errorOf('the space', problems)
  return space
}

/** What no number can say by itself. */
function spaceProblems(
  space: TwinsSpace,
  pathOf: (name: keyof typeof SPACE_RANGES) => string,
): readonly ConfigProblem[] {
  const { n, twins, sets } = space
  const f = faultyMax(n)
  if (twins > f) {
    const problem = `${twins} of ${n} members have two machines, and count as faulty`
    return [{ path: pathOf('twins'), problem, allowed: `at most ${f} of ${n}` }]
  }
  const partitions = partitionsCount(n + twins, sets)
  if (partitions > PARTITIONS_MAX) {
    const problem = `${n + twins} machines can be parted into ${sets} sets in ${partitions} ways`
    return [{ path: pathOf('sets'), problem, allowed: `fewer: at most ${PARTITIONS_MAX} ways` }]
  }
  if (isCountable(space)) return []
  const problem = 'there are more scenarios than can be numbered'
  return [{ path: pathOf('views'), problem, allowed: 'fewer, or fewer sets' }]
}

function isCountable(space: TwinsSpace): boolean {
  try {
    return scenarios(space).count > 0
  } catch (error) {
    if (error instanceof InvariantError) return false
    throw error
  }
}
