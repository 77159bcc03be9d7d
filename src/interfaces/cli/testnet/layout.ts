/**
 * A local test network as a directory: `testnet.json` says what the network is and is written once, when everything else
 * stands; each node has a directory of its own with configuration, key, data and log. `lock` and `control.json` exist
 * while a supervisor runs.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { CommandError, EXIT } from '../failure.ts'

const nodeSchema = z.strictObject({
  /** ReplicaId of a replica; observers follow. */
  index: z.int().min(0),
  role: z.enum(['replica', 'observer']),
  name: z.string(),
  peerId: z.string(),
  /** Below the network's directory. */
  directory: z.string(),
  listenPort: z.int().min(1).max(65_535),
  apiPort: z.int().min(1).max(65_535),
})

const manifestSchema = z.strictObject({
  format: z.literal('quorate-testnet/1'),
  networkId: z.string(),
  networkName: z.string(),
  /** As given on the command line: a built-in name, or an absolute module path. */
  application: z.string(),
  signatures: z.enum(['required', 'none']),
  nodes: z.array(nodeSchema).min(1),
})

export type TestnetManifest = z.infer<typeof manifestSchema>
export type TestnetNode = TestnetManifest['nodes'][number]

export interface TestnetPaths {
  readonly root: string
  readonly manifest: string
  readonly genesis: string
  readonly password: string
  readonly lock: string
  readonly control: string
  /** Encrypted key of the account that owns everything at the start, for the ledger application. */
  readonly faucetKey: string
}

export function testnetPaths(directory: string): TestnetPaths {
  const root = resolve(directory)
  return {
    root,
    manifest: join(root, 'testnet.json'),
    genesis: join(root, 'genesis.json'),
    password: join(root, 'password'),
    lock: join(root, 'lock'),
    control: join(root, 'control.json'),
    faucetKey: join(root, 'faucet-key.json'),
  }
}

export interface NodePaths {
  readonly root: string
  readonly config: string
  readonly key: string
  readonly data: string
  readonly log: string
  /** Of each start, with a number in its name from the second on. */
  readonly recording: string
}

export function nodePaths(paths: TestnetPaths, directory: string): NodePaths {
  const root = join(paths.root, directory)
  return {
    root,
    config: join(root, 'quorate.json'),
    key: join(root, 'key.json'),
    data: join(root, 'data'),
    log: join(root, 'node.log'),
    recording: join(root, 'recording.jsonl'),
  }
}

/** @returns null where no network was completed @throws CommandError when the manifest was damaged */
export function readManifest(paths: TestnetPaths): TestnetManifest | null {
  if (!existsSync(paths.manifest)) return null
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(paths.manifest, 'utf8')))
  } catch {
    const advice = `remove ${paths.root} to start a new network, or restore the file`
    throw new CommandError(EXIT.usage, `${paths.manifest} does not describe a test network: ${advice}`)
  }
}

/** @throws CommandError when there is no network */
export function requireManifest(paths: TestnetPaths): TestnetManifest {
  const manifest = readManifest(paths)
  if (manifest !== null) return manifest
  throw new CommandError(
    EXIT.usage,
    `there is no test network in ${paths.root}: run quorate testnet --dir ${paths.root}`,
  )
}

export const apiUrlOf = (node: TestnetNode): string => `http://127.0.0.1:${node.apiPort}`
export const listenAddressOf = (node: TestnetNode): string => `/ip4/127.0.0.1/tcp/${node.listenPort}`
