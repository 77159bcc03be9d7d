/** Nobody changes the keys below a node that runs, however it was started and however far it is. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { isNodeRunning } from '../../src/node/database.ts'
import { cliProcess } from '../interfaces/cli/support/cli.ts'
import { type Cluster, createCluster } from './support/cluster.ts'
import type { NodeProcess } from './support/node-process.ts'
import { until } from './support/until.ts'

const NEW_PASSWORD = 'another battery staple'

const changePassword = ({ passwordFile }: Cluster, { place }: NodeProcess) =>
  cliProcess(['keys', 'change-password', '--dir', place.directory, '--password-file', passwordFile], {
    env: { QUORATE_NEW_PASSWORD: NEW_PASSWORD },
  })

async function expectRefused(cluster: Cluster, node: NodeProcess): Promise<void> {
  const keyFile = join(node.place.directory, 'key.json')
  const before = readFileSync(keyFile, 'utf8')
  expect(await changePassword(cluster, node)).toEqual({
    exitCode: 6,
    stdout: '',
    stderr: `quorate: the node of ${node.place.directory} runs, its database is in use: stop it first\n`,
  })
  expect(readFileSync(keyFile, 'utf8')).toBe(before)
}

it('sees a node whose API is at another address than its configuration says', async () => {
  const cluster = await createCluster({ replicas: 1 })
  const node = cluster.member(0)
  const port = cluster.spare.apiPort
  node.start('--http-port', `${port}`)
  await until('the node answers at the other port', async () => {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null)
    await response?.arrayBuffer()
    return response?.ok === true
  })
  await expectRefused(cluster, node)
  expect(await node.stop()).toEqual({ code: 0, signal: null })
  const { exitCode, stdout } = await changePassword(cluster, node)
  expect([exitCode, stdout]).toEqual([0, 'key.json is under the new password\n'])
})

it('sees a node that starts and has no API yet', async () => {
  // An hour of searching, unless the node is lucky: then it runs, which makes no difference here.
  const cluster = await createCluster({ replicas: 1, protocol: { admissionEffort: 65_536 } })
  const node = cluster.member(0)
  node.start()
  await until('the node has its database', () => isNodeRunning(node.data))
  await expectRefused(cluster, node)
  expect(node.isRunning).toBe(true)
  await node.kill()
  expect((await changePassword(cluster, node)).exitCode).toBe(0)
})
