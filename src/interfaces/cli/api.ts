/** Which node a command talks to, and how. */
import type { Command } from 'commander'
import { createQuorateClient, type QuorateClient } from '../../client/client.ts'
import type { NodeConfig } from '../../node/config.ts'
import { CommandError, EXIT } from './failure.ts'
import type { Terminal } from './terminal.ts'
import { apiUrlOf, readManifest, type TestnetNode, testnetPaths } from './testnet/layout.ts'

export const DEFAULT_TESTNET_DIRECTORY = '.quorate/testnet'
const DEFAULT_API_URL = 'http://127.0.0.1:4180'
/** How long a node of the test network may take to say that it is alive. */
const ALIVE_MS = 1_000

export interface ApiFlags {
  readonly api?: string
  readonly json?: boolean
}

export function addApiOptions(command: Command): Command {
  return command
    .option(
      '--api <url>',
      `API of a node (default: QUORATE_API, the test network in ./${DEFAULT_TESTNET_DIRECTORY}, or ${DEFAULT_API_URL})`,
    )
    .option('--json', 'print JSON')
}

/** Without an address: a node of the test network in the default directory that is alive, since one may have been killed. */
export async function connectApi(flags: ApiFlags, terminal: Terminal): Promise<QuorateClient> {
  const given = flags.api ?? terminal.environment.QUORATE_API
  return createQuorateClient({ url: given === undefined ? await defaultApiUrl() : apiUrl(given) })
}

/** @throws CommandError when the address is none */
export function apiUrl(given: string): string {
  if (URL.canParse(given) && /^https?:$/.test(new URL(given).protocol)) return given.replace(/\/+$/, '')
  throw new CommandError(EXIT.usage, `"${given}" is not the address of an API; allowed: http://HOST:PORT`)
}

/** Where the API of a node of this machine answers. @returns null when its configuration leaves the port open */
export function apiUrlOfConfig({ host, port }: NodeConfig['http']): string | null {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return port === 0 ? null : `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`
}

async function defaultApiUrl(): Promise<string> {
  const nodes = readManifest(testnetPaths(DEFAULT_TESTNET_DIRECTORY))?.nodes ?? []
  for (const node of nodes) if (await isAlive(node)) return apiUrlOf(node)
  const [first] = nodes
  return first === undefined ? DEFAULT_API_URL : apiUrlOf(first)
}

async function isAlive(node: TestnetNode): Promise<boolean> {
  try {
    const response = await fetch(`${apiUrlOf(node)}/healthz`, { signal: AbortSignal.timeout(ALIVE_MS) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}
