/** What a member may do with its own key. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { WireMessage } from '../../src/wire/pb/messages.ts'
import { HIGHEST, prePrepare, random, status, vote } from './forge.ts'
import type { Victim } from './victims.ts'

export type Say = (...messages: readonly WireMessage[]) => Promise<void>

export async function equivocate(say: Say, victim: Victim): Promise<void> {
  const { view, sequence } = await victim.client.status()
  for (let n = sequence + 1; n < sequence + 20; n++) {
    await say({ prepare: vote(view, n) }, { commit: vote(view, n) })
    await say({ prepare: vote(view, n) }, { commit: vote(view, n) })
  }
  await say({ viewChange: { view: view + 1, prepared: [] } })
  await say({ viewChange: { view: view + 1, prepared: [] } })
}

/** Numbers at the end of what a double counts exactly, twice each, as one who is stuck there. */
export async function absurdNumbers(say: Say, victim: Victim): Promise<void> {
  const { view } = await victim.client.status()
  for (const sequence of [HIGHEST, HIGHEST - 1, HIGHEST - 8, 2 ** 52]) {
    for (let i = 0; i < 3; i++) {
      await say(status({ view, sequence }))
      await sleep(250)
    }
  }
  for (const far of [HIGHEST, HIGHEST - 1]) {
    await say(status({ view: far, sequence: far, viewActive: false, recovering: true }))
    await say({ viewChange: { view: far, prepared: [] } })
    await say({ prepare: vote(far, far) }, { commit: vote(view, far) }, prePrepare(far, far))
    await say({ newView: { view: far, viewChanges: [], proposals: [] } })
    await sleep(250)
  }
}

/** Claims to be lost, as often as the wire carries it: whoever answers each one speaks for the liar. */
export async function statusFlood(say: Say, victim: Victim, count: number): Promise<void> {
  const { view, sequence } = await victim.client.status()
  for (let i = 0; i < count; i++) {
    const lost = i % 2 === 0
    await say(
      status({
        view: lost ? 0 : view,
        viewActive: !lost,
        sequence: lost ? i % 7 : Math.max(0, sequence - (i % 50)),
        recovering: lost,
      }),
    )
    if (i % 100 === 99) await sleep(50)
  }
}

export async function futureFlood(say: Say, victim: Victim): Promise<void> {
  const { view, sequence } = await victim.client.status()
  for (let i = 0; i < 100; i++) {
    const votes = Array.from({ length: 25 }, (_, k) => vote(view + i * k, sequence + 1 + 37 * k + i))
    await say(...votes.flatMap(one => [{ prepare: one }, { commit: one }]))
    await say({ viewChange: { view: view + 1 + i * i, prepared: [] } })
    await say(prePrepare(view + i, sequence + 100 + i, [random(32), random(32)]))
  }
}
