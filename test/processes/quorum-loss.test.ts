/** With two of four gone nothing may commit; the two say who is missing, take transactions, and commit them when one is back. */
import { expect, it } from 'vitest'
import { encodeSet } from '../../src/application/key-value.ts'
import { createTransactionSigner, createUnsignedKey } from '../../src/client/signer.ts'
import { present } from '../../src/lib/assert.ts'
import { createCluster, expectNoErrors } from './support/cluster.ts'
import { expectSameHistory, historyOf, placesIn, untilExecuted, untilLevel } from './support/history.ts'
import { say } from './support/say.ts'
import { until } from './support/until.ts'

const TRANSACTIONS = 200

it.each([
  { who: 'backups', gone: [2, 3], back: 3 },
  { who: 'the primary among them', gone: [0, 1], back: 1 },
])('commits nothing without a quorum, and everything when one returns: $who', async ({ gone, back }) => {
  const cluster = await createCluster({ replicas: 4 })
  await cluster.start()
  const signer = createTransactionSigner(createUnsignedKey(new Uint8Array(32).fill(9)), cluster.networkId)
  const first = await cluster
    .member(0)
    .api.submit(signer.sign(encodeSet('before', 'yes')), { wait: 'committed', timeoutMs: 90_000 })
  expect(first.state).toBe('committed')
  await untilLevel(cluster.members)

  await cluster.kill(gone.map(cluster.member))
  const left = cluster.members.filter(node => node.isRunning)
  for (const node of left) {
    // A busy machine lets others seem missing for a moment.
    const stall = await until('the missing are named', async () => {
      const { stall } = await node.api.status()
      return stall?.code === 'QUORUM_LOST' && `${stall.missing}` === `${gone}` && stall
    })
    for (const index of gone) expect(stall.message).toContain(cluster.member(index).place.name)
    expect((await fetch(`${node.apiUrl}/readyz`)).status).toBe(503)
  }

  const executed = await Promise.all(left.map(async node => (await node.api.status()).executedTransactions))
  const accepted: string[] = []
  for (const node of left) {
    const operations = Array.from({ length: TRANSACTIONS }, (_, i) =>
      encodeSet(`while/${node.index}/${i}`, `${i}`),
    )
    for await (const result of node.api.submitBulk(operations.map(operation => signer.sign(operation)))) {
      if (!result.ok) throw result.error
      expect(result.reply.state).toBe('accepted')
      accepted.push(result.reply.id)
    }
  }
  expect(accepted).toHaveLength(TRANSACTIONS * left.length)
  const [one] = left
  const waited = await one?.api.submit(signer.sign(encodeSet('waits', 'long')), {
    wait: 'committed',
    timeoutMs: 2_500,
  })
  expect(waited).toMatchObject({ state: 'accepted', timedOut: true })
  accepted.push(present(waited, 'an answer').id)
  for (const [i, node] of left.entries())
    expect((await node.api.status()).executedTransactions).toBe(executed[i])

  const startMs = performance.now()
  await cluster.start([cluster.member(back)])
  for (const node of [...left, cluster.member(back)]) await untilExecuted(node, accepted)
  say(`everything committed ${Math.round(performance.now() - startMs)} ms after the start of the third`)
  const last = await untilLevel([...left, cluster.member(back)])
  const histories = await Promise.all([...left, cluster.member(back)].map(node => historyOf(node, last)))
  expectSameHistory(histories)
  for (const history of histories) expect(placesIn(history).size).toBe(accepted.length + 1)
  expectNoErrors(cluster.members)
})
