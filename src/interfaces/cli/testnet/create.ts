/**
 * Makes a new test network in a directory: keys, genesis, configurations, and last the manifest, so that a directory
 * without one was never finished and may be made anew.
 */
import { randomBytes } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { present } from '../../../lib/assert.ts'
import { toHex } from '../../../lib/bytes.ts'
import { DEFAULT_THRESHOLD, type Genesis, orderedMembers } from '../../../membership/genesis.ts'
import { peerIdOf } from '../../../node/descriptor.ts'
import { networkIdText, writeGenesisFile } from '../../../node/genesis-file.ts'
import { writeKeyFile } from '../../../node/key-file.ts'
import { createNativeSigner } from '../../../node/native-ed25519.ts'
import { writeNewFile } from '../../../node/new-file.ts'
import type { Signer } from '../../../runtime/ports.ts'
import { createGenesis } from '../create-genesis.ts'
import { makePrivateDirectory } from '../directory.ts'
import { CommandError, EXIT } from '../failure.ts'
import { createNodeDirectory } from '../node-directory.ts'
import { listenAddressOf, type TestnetManifest, type TestnetNode, type TestnetPaths } from './layout.ts'
import { choosePorts } from './ports.ts'

export interface TestnetOptions {
  readonly replicas: number
  readonly observers: number
  /** 0: any free ports. */
  readonly basePort: number
  /** A built-in name, or an absolute path. */
  readonly application: string
  readonly signatures: 'required' | 'none'
  /** Proof of work at the door, in expected scrypt evaluations. */
  readonly effort: number
  readonly logLevel: string
  /** Whether the replicas make a key together. Default: yes. */
  readonly sharedKey?: boolean
}

/** The password is 192 random bits, which nobody guesses: the least cost that the format knows lets nodes start at once. */
const SCRYPT_N = 1_024

/** What the account of the faucet key owns at the start of a ledger. */
const FAUCET_AMOUNT = 1_000_000_000

interface Identity {
  readonly name: string
  readonly seed: Uint8Array
  readonly signer: Signer
}

function createIdentity(): Identity {
  const seed = randomBytes(32)
  const signer = createNativeSigner(seed)
  return { name: `node-${toHex(signer.publicKey).slice(0, 8)}`, seed, signer }
}

/** @throws CommandError when the directory holds something else, or a port is taken */
export async function createTestnet(paths: TestnetPaths, options: TestnetOptions): Promise<TestnetManifest> {
  const { replicas, observers, application, signatures } = options
  const ports = await choosePorts(replicas + observers, options.basePort)
  clearUnfinished(paths)
  const password = randomBytes(24).toString('base64url')
  writeNewFile(paths.password, `${password}\n`, { mode: 0o600, what: 'password file' })
  const identities = Array.from({ length: replicas + observers }, createIdentity)
  const genesis = await makeGenesis(paths, identities.slice(0, replicas), password, options)
  const byKey = new Map(identities.map(identity => [toHex(identity.signer.publicKey), identity]))
  const members = orderedMembers(genesis).map(({ publicKey }) =>
    present(byKey.get(publicKey), 'the key of a member'),
  )
  const placed = [...members, ...identities.slice(replicas)].map((identity, index) => {
    const role = index < replicas ? 'replica' : 'observer'
    const peerId = peerIdOf(identity.signer.publicKey)
    const pair = present(ports[index], 'the port pair of a node')
    return {
      identity,
      node: { index, role, name: identity.name, peerId, directory: `${role}-${index}`, ...pair } as const,
    }
  })
  const nodes = placed.map(({ node }) => node)
  const first = present(nodes[0], 'the first replica')
  for (const { node, identity } of placed)
    await makeNode(paths, node, identity.seed, first, password, options)
  const { name: networkName } = genesis
  const networkId = networkIdText(genesis)
  const manifest: TestnetManifest = {
    format: 'quorate-testnet/1',
    networkId,
    networkName,
    application,
    signatures,
    nodes,
  }
  writeNewFile(paths.manifest, `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o644, what: 'manifest' })
  return manifest
}

async function makeGenesis(
  paths: TestnetPaths,
  members: readonly Identity[],
  password: string,
  options: TestnetOptions,
): Promise<Genesis> {
  const genesis = createGenesis(
    members.map(({ name, signer }) => ({ name, publicKey: toHex(signer.publicKey) })),
    {
      name: 'testnet',
      createdMs: Date.now(),
      application: {
        module: options.application,
        options: await applicationOptions(paths, password, options),
      },
      admissionEffort: options.effort,
      ...(options.sharedKey !== false && { threshold: DEFAULT_THRESHOLD }),
    },
  )
  writeGenesisFile(paths.genesis, genesis)
  return genesis
}

async function applicationOptions(
  paths: TestnetPaths,
  password: string,
  options: TestnetOptions,
): Promise<unknown> {
  if (options.application === 'key-value') return { signatures: options.signatures }
  if (options.application !== 'ledger') return {}
  const seed = randomBytes(32)
  await writeKeyFile(paths.faucetKey, seed, password, { scryptN: SCRYPT_N })
  const account = toHex(createNativeSigner(seed).publicKey)
  return { accounts: [{ account, amount: FAUCET_AMOUNT }], signatures: options.signatures }
}

/** Replica 0 is the one that everybody knows; the others find each other through it. */
async function makeNode(
  paths: TestnetPaths,
  node: TestnetNode,
  seed: Uint8Array,
  first: TestnetNode,
  password: string,
  options: TestnetOptions,
): Promise<void> {
  await createNodeDirectory({
    directory: join(paths.root, node.directory),
    name: node.name,
    seed,
    password,
    scryptN: SCRYPT_N,
    passwordFile: paths.password,
    genesisFile: paths.genesis,
    listen: [listenAddressOf(node)],
    announce: [],
    bootstrap: node.index === 0 ? [] : [`${listenAddressOf(first)}/p2p/${first.peerId}`],
    http: { host: '127.0.0.1', port: node.apiPort },
    more: { local: true, log: { level: options.logLevel, format: 'json' } },
  })
}

/** Takes away what a start that was interrupted left, and refuses to touch anything else. */
function clearUnfinished(paths: TestnetPaths): void {
  makePrivateDirectory(paths.root)
  const ours = /^(genesis\.json|password|faucet-key\.json|control\.json|(replica|observer)-\d+)$/
  const entries = readdirSync(paths.root).filter(entry => entry !== basename(paths.lock))
  const foreign = entries.find(entry => !ours.test(entry))
  if (foreign !== undefined) {
    const advice = 'give an empty or new directory'
    throw new CommandError(
      EXIT.usage,
      `${paths.root} holds ${foreign}, which is not of a test network: ${advice}`,
    )
  }
  for (const entry of entries) rmSync(join(paths.root, entry), { recursive: true })
}
