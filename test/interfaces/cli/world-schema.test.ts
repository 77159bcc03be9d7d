import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { nearestOf } from '../../../src/interfaces/cli/nearest.ts'
import { checkChanges, checkWorld, worldProblems } from '../../../src/interfaces/cli/sim/world-schema.ts'
import { drawKeyOptions } from '../../../src/sim/key-options.ts'
import { calmOptions, drawOptions, type SimulationOptions } from '../../../src/sim/options.ts'
import { crash, when } from '../../../src/sim/sentences.ts'

const REGRESSIONS = fileURLToPath(new URL('../../sim/regressions/', import.meta.url))

describe('worlds', () => {
  it('that are drawn may be, and stay what they are', () => {
    for (let seed = 0; seed < 1_500; seed++) {
      const options = drawOptions(seed)
      expect(checkWorld(options, `seed ${seed}`)).toEqual(options)
    }
    for (let seed = 0; seed < 500; seed++) {
      const options = drawKeyOptions(seed)
      expect(checkWorld(options, `seed ${seed}`)).toEqual(options)
    }
  })

  it.each(readdirSync(REGRESSIONS))('that failed once may be: %s', name => {
    const { options } = JSON.parse(readFileSync(`${REGRESSIONS}${name}`, 'utf8')) as { options: unknown }
    expect(checkWorld(options, name)).toEqual(options)
  })

  it('with every rare option may be', () => {
    const options = calmOptions(1, {
      n: 7,
      byzantine: [{ member: 6, behaviours: ['colluding'] }],
      collusion: { plan: 'amnesia', favoured: [1, 2], keepAtMs: 100, turnAtMs: 500 },
      left: [{ member: 3, how: 'deaf' }],
      sentences: [when('commit').from(1).percent(10).delay(20), crash(2).at(1_000).for(500)],
      latency: { minMs: 1, maxMs: 2, tail: 0, paretoShape: 2, regions: [0, 1, 2, 3, 4, 5, 0] },
      isCalm: false,
    })
    expect(checkWorld(options, 'a world')).toEqual(options)
  })

  const faulty = (...members: number[]): SimulationOptions['byzantine'] =>
    members.map(member => ({ member, behaviours: ['silent'] }))

  it.each<[string, Partial<SimulationOptions>, string]>([
    ['n', { n: 0 }, 'an integer from 1 to 13'],
    ['n', { n: 14 }, 'an integer from 1 to 13'],
    ['loss', { loss: 2 }, 'a number from 0 to 1'],
    ['statusMs', { statusMs: 0 }, 'a number from 1 to 3600000'],
    ['byzantine', { byzantine: faulty(0, 1) }, 'at most 1 of 4 (quorate culprits simulates more)'],
    ['byzantine, left', { byzantine: faulty(0), left: [{ member: 1, how: 'down' }] }, 'at most 1 of 4'],
    ['byzantine', { n: 7, byzantine: faulty(2, 2) }, 'each member once'],
    ['byzantine.0.member', { byzantine: faulty(4) }, 'an integer from 0 to 3'],
    ['byzantine.0.behaviours', { byzantine: [{ member: 0, behaviours: [] }] }, 'at least one behaviour'],
    ['left.0.member', { left: [{ member: 9, how: 'down' }] }, 'an integer from 0 to 3'],
    ['vaultLosses', { vaultLosses: 2 }, 'a number from 0 to 1'],
    [
      'keyRequests.0.members.1',
      { keyRequests: [{ request: 'rotate', members: [0, 4], atMs: 1 }] },
      'an integer from 0 to 3',
    ],
    ['sentences.0.machine', { sentences: [crash(5).at(1).for(1)] }, 'an integer from 0 to 3'],
    ['latency.maxMs', { latency: { minMs: 5, maxMs: 2, tail: 0 } }, '5 and more'],
    ['latency.regions', { latency: { minMs: 1, maxMs: 2, tail: 0, regions: [0] } }, '4 and more'],
    ['logWindow', { logWindow: 7 }, '8 and more'],
    ['logWindow', { pipelineDepth: 20 }, '20 and more'],
    ['viewChangeTimeoutMaxMs', { viewChangeTimeoutMaxMs: 999 }, '1000 and more'],
    [
      'collusion.turnAtMs',
      { collusion: { plan: 'roll-back', favoured: [], keepAtMs: 2, turnAtMs: 1 } },
      '2 and more',
    ],
  ])('may not be with another %s: %j', (path, changes, allowed) => {
    const problems = worldProblems(calmOptions(1, changes))
    expect(problems).toHaveLength(1)
    expect(problems[0]?.path).toBe(path)
    expect(problems[0]?.allowed).toContain(allowed)
  })

  it('are told with everything that is wrong in them, and that is missing', () => {
    const { statusMs: _, ...rest } = calmOptions(1, { n: 99 })
    const world = { ...rest, latency: { minMs: 5 }, losss: 1, colour: 'red' }
    expect(() => checkWorld(world, 'the world of a file')).toThrow(/^the world of a file has 6 problems:\n/)
    const texts = worldProblems(world).map(({ path, problem }) => `${path} ${problem}`)
    expect(texts).toEqual([
      'n 99 is not acceptable',
      'latency.maxMs is missing',
      'latency.tail is missing',
      'statusMs is missing',
      'losss is not an option',
      'colour is not an option',
    ])
    expect(worldProblems(world)[4]?.allowed).toMatch(/^loss, and \d+ others$/)
    expect(worldProblems(world)[5]?.allowed).toMatch(/^seed, n, byzantine, collusion, /)
    expect(worldProblems(null)[0]).toMatchObject({ path: 'the whole' })
  })
})

describe('options that are set', () => {
  it('need not be all, and each is looked at', () => {
    expect(checkChanges({ n: 7, loss: 0.2 })).toEqual({ n: 7, loss: 0.2 })
    expect(() => checkChanges({ n: 0, latency: { minMs: 5 } })).toThrow(
      /3 problems:\n {2}n: 0 .*\n {2}latency.maxMs/,
    )
    expect(() => checkChanges({ sentences: [{ when: 'x' }] })).toThrow(/allowed: a sentence such as/)
  })
})

it('names that are misspelt are known by the one that is nearest', () => {
  const names = ['loss', 'latency', 'logWindow', 'transactions']
  expect(nearestOf('latencey', names)).toBe('latency')
  expect(nearestOf('logwindow', names)).toBe('logWindow')
  expect(nearestOf('transaction', names)).toBe('transactions')
  expect(nearestOf('los', names)).toBe('loss')
  expect(nearestOf('colour', names)).toBeNull()
})
