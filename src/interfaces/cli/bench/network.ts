/** The network that is measured: one of our own, made for this run and thrown away, or one that runs already. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createQuorateClient } from '../../../client/client.ts'
import { CommandError, EXIT } from '../failure.ts'
import type { Terminal } from '../terminal.ts'
import { createTestnet } from '../testnet/create.ts'
import { apiUrlOf, nodePaths, testnetPaths } from '../testnet/layout.ts'
import { MAIN_SCRIPT } from '../testnet/main-script.ts'
import { createSupervisor } from '../testnet/supervisor.ts'
import type { NodeUnderTest } from './resources.ts'

export interface BenchNetwork {
  readonly nodes: readonly NodeUnderTest[]
  close(): Promise<void>
}

/** @throws CommandError when a node does not become ready */
export async function startNetwork(
  options: { replicas: number; signed: boolean; sharedKey: boolean; keep: boolean },
  terminal: Terminal,
): Promise<BenchNetwork> {
  const paths = testnetPaths(mkdtempSync(join(tmpdir(), 'quorate-bench-')))
  const remove = (): void => (options.keep ? undefined : rmSync(paths.root, { recursive: true, force: true }))
  const signatures = options.signed ? 'required' : 'none'
  const create = { basePort: 0, application: 'key-value', effort: 1, logLevel: 'warn' }
  const manifest = await createTestnet(paths, {
    ...create,
    replicas: options.replicas,
    observers: 0,
    sharedKey: options.sharedKey,
    signatures,
  })
  const supervisor = createSupervisor(
    {
      nodes: manifest.nodes.map(node => ({ ...node, paths: nodePaths(paths, node.directory) })),
      mainScript: MAIN_SCRIPT,
    },
    {
      note: terminal.note,
      died: ({ node, lastError }) => terminal.note(`node ${node.index} ended: ${lastError}`),
    },
  )
  const close = async (): Promise<void> => {
    await supervisor.stopAll()
    remove()
  }
  try {
    for (const { index } of manifest.nodes) supervisor.start(index)
    await terminal.progress('waiting until all replicas are ready', supervisor.ready())
  } catch (error) {
    await close()
    throw error
  }
  const nodes = supervisor
    .views()
    .map(({ node, pid }) => ({ index: node.index, apiUrl: apiUrlOf(node), pid }))
  return { nodes, close }
}

/** @throws CommandError when the nodes are not of one network, or of another application than the one that is measured */
export async function joinNetwork(apiUrls: readonly string[]): Promise<BenchNetwork> {
  const statuses = await Promise.all(apiUrls.map(url => createQuorateClient({ url }).status()))
  if (new Set(statuses.map(({ networkId }) => networkId)).size > 1) {
    throw new CommandError(EXIT.usage, 'these APIs are of different networks')
  }
  const other = statuses.find(({ application }) => application !== 'key-value')
  if (other !== undefined) {
    throw new CommandError(
      EXIT.usage,
      `bench measures the key-value application, and this network runs ${other.application}`,
    )
  }
  const nodes = apiUrls.map((apiUrl, i) => ({ index: statuses[i]?.index ?? i, apiUrl, pid: null }))
  return { nodes, close: async () => {} }
}
