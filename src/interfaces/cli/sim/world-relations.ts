/** What must hold between the options of a world; no single one of them can say it. */
import type { ConfigProblem } from '../../../node/config-sources.ts'
import { faultyMax } from '../../../pbft/quorum.ts'
import type { SimulationOptions } from '../../../sim/options.ts'

/** @param world whose options are right one by one */
export function relationProblems(world: SimulationOptions): readonly ConfigProblem[] {
  return [...memberProblems(world), ...faultyProblems(world), ...orderProblems(world)]
}

/** Whoever is spoken of is a member. */
function memberProblems(world: SimulationOptions): ConfigProblem[] {
  const { n, byzantine, left = [], sentences = [], keyRequests = [] } = world
  const spokenOf = [
    ...byzantine.map(({ member }, i) => ({ path: `byzantine.${i}.member`, member })),
    ...left.map(({ member }, i) => ({ path: `left.${i}.member`, member })),
    ...sentences.flatMap((sentence, i) =>
      'machine' in sentence ? [{ path: `sentences.${i}.machine`, member: sentence.machine }] : [],
    ),
    ...keyRequests.flatMap(({ members }, i) =>
      members.map((member, j) => ({ path: `keyRequests.${i}.members.${j}`, member })),
    ),
  ]
  return spokenOf
    .filter(({ member }) => member >= n)
    .map(({ path, member }) => ({
      path,
      problem: `there is no member ${member} of ${n}`,
      allowed: `an integer from 0 to ${n - 1}`,
    }))
}

/** Nobody is faulty or away twice, and no more are than the network bears: judges would complain of what nobody promised. */
function faultyProblems({ n, byzantine, left = [] }: SimulationOptions): ConfigProblem[] {
  const f = faultyMax(n)
  const [faulty, away] = [byzantine, left].map(some => some.map(({ member }) => member))
  const all = [...(faulty ?? []), ...(away ?? [])]
  const path = byzantine.length > f ? 'byzantine' : left.length > 0 ? 'byzantine, left' : 'byzantine'
  if (new Set(all).size < all.length)
    return [{ path, problem: 'a member stands there twice', allowed: 'each member once' }]
  if (all.length <= f) return []
  return [
    {
      path,
      problem: `${all.length} of ${n} members are faulty or away`,
      allowed: `at most ${f} of ${n} (quorate culprits simulates more)`,
    },
  ]
}

/** What production asserts of its configuration, and what latencies need. */
function orderProblems(world: SimulationOptions): ConfigProblem[] {
  const { n, latency, checkpointInterval, logWindow, pipelineDepth, collusion } = world
  const { viewChangeTimeoutMs, viewChangeTimeoutMaxMs } = world
  const problems: ConfigProblem[] = []
  const atLeast = (path: string, value: number, min: number, name: string): void => {
    if (value < min)
      problems.push({ path, problem: `${value} is less than ${name}`, allowed: `${min} and more` })
  }
  atLeast('latency.maxMs', latency.maxMs, latency.minMs, 'latency.minMs')
  if (latency.regions !== undefined)
    atLeast('latency.regions', latency.regions.length, n, 'n: each member is in a region')
  atLeast('logWindow', logWindow, 2 * checkpointInterval, 'twice checkpointInterval')
  atLeast('logWindow', logWindow, pipelineDepth, 'pipelineDepth')
  atLeast('viewChangeTimeoutMaxMs', viewChangeTimeoutMaxMs, viewChangeTimeoutMs, 'viewChangeTimeoutMs')
  if (collusion !== undefined)
    atLeast('collusion.turnAtMs', collusion.turnAtMs, collusion.keepAtMs, 'collusion.keepAtMs')
  return problems
}
