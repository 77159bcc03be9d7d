/** Which node a command talks to, and how. */
import type { Command } from 'commander'
import { createQuorateClient, type QuorateClient } from '../../client/client.ts'
import { CommandError, EXIT } from './failure.ts'
import type { Terminal } from './terminal.ts'
import { apiUrlOf, readManifest, testnetPaths } from './testnet/layout.ts'

export const DEFAULT_TESTNET_DIRECTORY = '.quorate/testnet'
const DEFAULT_API_URL = 'http://127.0.0.1:4180'

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

export function connectApi(flags: ApiFlags, terminal: Terminal): QuorateClient {
  return createQuorateClient({ url: apiUrl(flags.api ?? terminal.environment.QUORATE_API) })
}

/** @throws CommandError when the address is none */
export function apiUrl(given: string | undefined): string {
  if (given === undefined) return testnetApiUrl() ?? DEFAULT_API_URL
  if (URL.canParse(given) && /^https?:$/.test(new URL(given).protocol)) return given.replace(/\/+$/, '')
  throw new CommandError(EXIT.usage, `"${given}" is not the address of an API; allowed: http://HOST:PORT`)
}

function testnetApiUrl(): string | null {
  const [first] = readManifest(testnetPaths(DEFAULT_TESTNET_DIRECTORY))?.nodes ?? []
  return first === undefined ? null : apiUrlOf(first)
}
