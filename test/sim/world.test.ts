import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/lib/logger.ts'
import { createPrng } from '../../src/lib/prng.ts'
import { faultyMax } from '../../src/pbft/quorum.ts'
import { replicaId } from '../../src/pbft/types.ts'
import { Auditor } from '../../src/sim/auditor.ts'
import { CUT_SHAPES, cutLinks } from '../../src/sim/cuts.ts'
import { drawDelayMs, usualDelayMaxMs } from '../../src/sim/latency.ts'
import { SimNetwork } from '../../src/sim/network.ts'
import { calmOptions, drawOptions, type SimulationOptions } from '../../src/sim/options.ts'
import { Scheduler } from '../../src/sim/scheduler.ts'
import { type SimulationResult, simulate } from '../../src/sim/simulation.ts'
import { LEAVINGS, type TroubleOptions } from '../../src/sim/trouble-options.ts'

/** What can go wrong in a world: that all of it is drawn, that each of it happens, and that a network of four bears it. */
const run = (options: SimulationOptions): Promise<SimulationResult> =>
  simulate(options, { loggerOf: () => silentLogger })

async function bears(changes: Partial<SimulationOptions>, seed = 1): Promise<SimulationResult> {
  const options = calmOptions(seed, changes)
  const result = await run(options)
  expect(result.violations, JSON.stringify(options)).toEqual([])
  expect(result.longestSettlingMs).toBeLessThan(result.livenessBoundMs)
  return result
}

describe('drawn options', () => {
  const drawn = Array.from({ length: 1_500 }, (_, seed) => drawOptions(seed))
  const sizes = new Set(drawn.map(({ n }) => n))

  it('are of 1 to 13 members, seldom of many', () => {
    expect([...sizes].sort((a, b) => a - b)).toEqual(Array.from({ length: 13 }, (_, i) => i + 1))
    expect(drawn.filter(({ n }) => n > 7).length).toBeLessThan(0.05 * drawn.length)
  })

  const TROUBLES: readonly (keyof TroubleOptions)[] = [
    'holdingBack',
    'cuts',
    'pausesPerSecond',
    'writeCrashes',
    'brokenDisksPerSecond',
    'slowDisksPerSecond',
    'readMs',
    'clockJumpsPerSecond',
    'clockJumpMaxMs',
    'bursts',
    'misuses',
    'left',
    'sentences',
  ]
  it.each(TROUBLES)('have %s in some worlds, and in most not', name => {
    const having = drawn.filter(options => options[name] !== undefined).length
    expect(having).toBeGreaterThan(0.05 * drawn.length)
    expect(having).toBeLessThan(0.4 * drawn.length)
  })

  it('leave a correct quorum to every network', () => {
    for (const { n, byzantine, left = [] } of drawn) {
      const away = [...byzantine, ...left].map(({ member }) => member)
      expect(new Set(away).size).toBe(away.length)
      expect(away.length).toBeLessThanOrEqual(faultyMax(n))
    }
    for (const leaving of LEAVINGS)
      expect(drawn.some(({ left = [] }) => left.some(({ how }) => how === leaving))).toBe(true)
  })

  it('are the same from the same seed, and survive being written down', () => {
    for (const seed of [0, 1, 2, 77, 1_234_567]) {
      expect(drawOptions(seed)).toEqual(drawOptions(seed))
      expect(JSON.parse(JSON.stringify(drawOptions(seed)))).toEqual(drawOptions(seed))
    }
  })

  it('give members time for their links', () => {
    for (const { viewChangeTimeoutMs, latency } of drawn)
      expect(viewChangeTimeoutMs).toBeGreaterThanOrEqual(12 * usualDelayMaxMs(latency))
    expect(drawn.some(({ latency }) => latency.regions !== undefined)).toBe(true)
    expect(drawn.some(({ latency }) => latency.paretoShape !== undefined)).toBe(true)
  })
})

describe('a network of four bears', () => {
  const TROUBLES: readonly (readonly [string, Partial<SimulationOptions>])[] = [
    ['pauses', { pausesPerSecond: 2 }],
    ['crashes at a write', { writeCrashes: 0.05 }],
    ['members that stopped themselves for their disk', { brokenDisksPerSecond: 2 }],
    ['slow disks', { slowDisksPerSecond: 2, syncMs: 2 }],
    ['clock jumps', { clockJumpsPerSecond: 3, clockJumpMaxMs: 60_000, transactionWindowMs: 5_000 }],
    ...CUT_SHAPES.map(shape => [`cuts: ${shape}`, { cuts: [shape] }] as const),
  ]
  it.each(TROUBLES)('%s', async (trouble, changes) => {
    const { troubles } = await bears(changes)
    expect(troubles[trouble]).toBeGreaterThan(0)
  })

  it('messages that come long after others', async () => {
    const [usual, heldBack] = [await bears({}), await bears({ holdingBack: 0.3 })]
    expect(heldBack.hash).not.toBe(usual.hash)
  })

  it('bursts, and slow searches on disk', async () => {
    await bears({ bursts: 1, transactions: 200 })
    await bears({ readMs: 20, crashesPerSecond: 2 })
  })

  it('clients that hand in what must be refused, and refuses all of it', async () => {
    expect((await bears({ misuses: 40 })).refusals).toBe(40)
  })

  it('links between continents, and links that are now and then much slower', async () => {
    const viewChangeTimeoutMs = 2_000
    await bears({ latency: { minMs: 0.5, maxMs: 2, tail: 0, regions: [0, 2, 3, 5] }, viewChangeTimeoutMs })
    await bears({ latency: { minMs: 0.5, maxMs: 10, tail: 0, paretoShape: 1 }, viewChangeTimeoutMs })
  })

  it.each(LEAVINGS)('one that stays %s', async how => {
    await bears({ left: [{ member: 0, how }], crashesPerSecond: 0.5 })
  })
})

describe('a network of four does not bear', () => {
  it('that two of them stay away: the bound is one that can be missed', async () => {
    const left = [0, 1].map(member => ({ member, how: 'down' }) as const)
    const { violations } = await run(calmOptions(1, { left }))
    expect(violations.map(({ checker }) => checker)).toEqual(['liveness'])
  })
})

describe('latency', () => {
  const draw = (latency: Parameters<typeof drawDelayMs>[0], from: number, to: number): readonly number[] => {
    const [prng, rarePrng] = [createPrng(1), createPrng(2)]
    return Array.from({ length: 2_000 }, () => drawDelayMs(latency, from, to, { prng, rarePrng }))
  }

  it('is half a round trip between regions, and a little within one', () => {
    const latency = { minMs: 1, maxMs: 3, tail: 0, regions: [0, 0, 4] }
    for (const delayMs of draw(latency, 0, 1)) expect(delayMs).toBeLessThan(3)
    for (const delayMs of draw(latency, 0, 2)) expect(Math.abs(delayMs - 82)).toBeLessThanOrEqual(1)
    expect(usualDelayMaxMs(latency)).toBe(83)
  })

  it('has a heavy tail where it is asked for, which ends somewhere', () => {
    const delaysMs = draw({ minMs: 1, maxMs: 1, tail: 0, paretoShape: 1 }, 0, 1)
    const share = (least: number): number =>
      delaysMs.filter(delayMs => delayMs > least).length / delaysMs.length
    // P(X > x) = 1 / x
    expect(share(2)).toBeCloseTo(0.5, 1)
    expect(share(10)).toBeCloseTo(0.1, 1)
    expect(Math.max(...delaysMs)).toBeGreaterThan(20)
    expect(Math.max(...delaysMs)).toBeLessThanOrEqual(100)
  })
})

describe('cut links', () => {
  const n = 5

  function createNetwork() {
    const scheduler = new Scheduler()
    const arrived: string[] = []
    const network = new SimNetwork(
      { seed: 1, n, latency: { minMs: 1, maxMs: 1, tail: 0 } },
      {
        scheduler,
        prng: createPrng(1),
        auditor: new Auditor(),
        handlersOf: member => ({
          onGossip: (_topic, _bytes, from) => arrived.push(`${from.at(-1)}>${member}`),
          onRequest: () => {},
          onMemberConnected: () => {},
          onMemberDisconnected: () => {},
        }),
      },
    )
    /** Links over which a message comes now. */
    const open = (): readonly string[] => {
      arrived.length = 0
      for (let from = 0; from < n; from++)
        for (let to = 0; to < n; to++)
          if (from !== to) network.send(replicaId(from), replicaId(to), 'batch', new Uint8Array(0))
      while (scheduler.step(scheduler.nowMs + 2)) {}
      return [...arrived].sort()
    }
    const cut = (shape: (typeof CUT_SHAPES)[number], seed: number): void =>
      cutLinks(shape, n, 1_000, {
        scheduler,
        prng: createPrng(seed),
        network,
        primary: () => 3,
        isOver: () => false,
      })
    return { scheduler, network, open, cut }
  }

  it('are whole again when their time is over, whichever way they were cut', () => {
    for (const shape of CUT_SHAPES)
      for (let seed = 0; seed < 20; seed++) {
        const { scheduler, open, cut } = createNetwork()
        cut(shape, seed)
        if (shape === 'flapping') while (scheduler.step(1)) {}
        expect(open().length, shape).toBeLessThan(n * (n - 1))
        while (scheduler.step(2_000)) {}
        expect(open()).toHaveLength(n * (n - 1))
      }
  })

  it('leave one member in the middle of a bridge that sees all', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { open, cut } = createNetwork()
      cut('bridge', seed)
      const links = open()
      const all = [0, 1, 2, 3, 4].filter(
        member => links.filter(link => link.includes(String(member))).length === 2 * (n - 1),
      )
      expect(all).toHaveLength(1)
    }
  })

  it('leave the primary alone, dumb or deaf, and nobody else', () => {
    const counts = new Set<number>()
    for (let seed = 0; seed < 20; seed++) {
      const { open, cut } = createNetwork()
      cut('primary', seed)
      const links = open()
      expect(links.filter(link => !link.includes('3'))).toHaveLength(12)
      counts.add(links.filter(link => link.includes('3')).length)
    }
    expect([...counts].sort()).toEqual([0, 4])
  })

  it('stay cut while another cut lies over them', () => {
    const { network, open } = createNetwork()
    const [first, second] = [network.cut([0], [1]), network.cut([0], [1, 2])]
    first()
    first()
    expect(open()).not.toContain('0>1')
    second()
    expect(open()).toHaveLength(n * (n - 1))
    const third = network.cut([1], [0])
    network.heal()
    network.cut([1], [0])
    third()
    expect(open()).not.toContain('1>0')
  })
})
