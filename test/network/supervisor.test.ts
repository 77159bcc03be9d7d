import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { expect, it } from 'vitest'
import { silentLogger } from '../../src/lib/logger.ts'
import { peerIdOf } from '../../src/network/identity.ts'
import type { Node } from '../../src/network/libp2p-node.ts'
import { Supervisor } from '../../src/network/supervisor.ts'
import { World } from '../runtime/world.ts'
import { publicKeyOf, seedOf } from './harness.ts'

/** A member that each dial connects with at once, and whose connection then ends as the test wants. */
async function createBench() {
  const world = new World()
  const member = peerIdOf(await publicKeyOf(seedOf(1)))
  const open: Connection[] = []
  const dialledAtMs: number[] = []
  const node = {
    getConnections: () => open,
    dial: () => {
      dialledAtMs.push(world.clock.nowMs())
      open.push({ remotePeer: member } as unknown as Connection)
      return Promise.resolve()
    },
  } as unknown as Node
  const bootstrap = [multiaddr(`/ip4/127.0.0.1/tcp/1/p2p/${member.toString()}`)]
  const supervisor = new Supervisor(
    { members: [member], bootstrap, memberLinks: 1 },
    { node, clock: world.clock, logger: silentLogger, random: () => 0.5, isInside: () => false },
  )
  return { world, supervisor, open, dialledAtMs }
}

const flush = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** Lets time go on in steps, and promises settle between them. */
async function advance(bench: Awaited<ReturnType<typeof createBench>>, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) {
    bench.world.advance(50)
    await flush()
  }
}

it.each([
  { ended: 'after the door', wasInside: true, withinMs: 300 },
  { ended: 'at the door', wasInside: false, withinMs: 1_500 },
])(
  'a member whose connection ended $ended is dialled again within $withinMs ms',
  async ({ wasInside, withinMs }) => {
    const bench = await createBench()
    bench.supervisor.start()
    // By now the target is only looked at from time to time, and was a moment ago.
    await advance(bench, 21_000)
    expect(bench.dialledAtMs).toHaveLength(1)
    const [connection] = bench.open.splice(0)
    bench.supervisor.onClose(connection as Connection, wasInside)
    if (!wasInside) {
      await advance(bench, 500)
      expect(bench.dialledAtMs).toHaveLength(1)
    }
    await advance(bench, withinMs)
    expect(bench.dialledAtMs).toHaveLength(2)
    bench.supervisor.stop()
  },
)
