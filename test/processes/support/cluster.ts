/**
 * A network of real nodes in a directory of its own: laid out like one of `quorate testnet`, each node a process. Made inside
 * a test, gone with it: processes are killed and files removed however the test ends, and the logs are shown when it fails.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { createGenesis } from '../../../src/interfaces/cli/create-genesis.ts'
import { createNodeDirectory } from '../../../src/interfaces/cli/node-directory.ts'
import { choosePorts, type PortPair } from '../../../src/interfaces/cli/testnet/ports.ts'
import { present } from '../../../src/lib/assert.ts'
import { toHex } from '../../../src/lib/bytes.ts'
import {
  type Genesis,
  networkIdOf,
  orderedMembers,
  type ProtocolParameters,
  type ThresholdParameters,
} from '../../../src/membership/genesis.ts'
import { peerIdOf } from '../../../src/node/descriptor.ts'
import { writeGenesisFile } from '../../../src/node/genesis-file.ts'
import { createNativeSigner } from '../../../src/node/native-ed25519.ts'
import { writeNewFile } from '../../../src/node/new-file.ts'
import { type NodePlace, NodeProcess } from './node-process.ts'
import { until } from './until.ts'

export interface ClusterOptions {
  readonly replicas: number
  readonly observers?: number
  readonly protocol?: Partial<ProtocolParameters>
  /** The members make a key together; default: they make none. */
  readonly threshold?: ThresholdParameters
  /** More lines of every node's configuration. */
  readonly config?: object
  readonly signatures?: 'required' | 'none'
}

export interface Cluster {
  readonly directory: string
  readonly genesis: Genesis
  readonly genesisFile: string
  readonly passwordFile: string
  readonly networkId: Uint8Array
  /** By ReplicaId. */
  readonly members: readonly NodeProcess[]
  readonly observers: readonly NodeProcess[]
  readonly nodes: readonly NodeProcess[]
  /** Ports of no node, free when the cluster was made. */
  readonly spare: PortPair
  /**
   * Starts all nodes, or these, and waits until they are ready, and members of them connected with all members that run: two that had not
   * met yet would have nobody to introduce them when the first one dies.
   */
  start(nodes?: readonly NodeProcess[]): Promise<void>
  /** SIGKILL, all at one instant. */
  kill(nodes?: readonly NodeProcess[]): Promise<void>
  member(index: number): NodeProcess
  addressOf(node: NodeProcess): string
}

export const PASSWORD = 'correct horse battery staple'
/** The least that the format knows: a test has no secrets. */
const SCRYPT_N = 1_024

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-processes-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

export async function createCluster(options: ClusterOptions): Promise<Cluster> {
  const directory = temporaryDirectory()
  const { replicas, observers = 0 } = options
  const identities = Array.from({ length: replicas + observers }, createIdentity)
  const genesis = makeGenesis(identities.slice(0, replicas), options)
  const [genesisFile, passwordFile] = [join(directory, 'genesis.json'), join(directory, 'password')]
  writeGenesisFile(genesisFile, genesis)
  writeNewFile(passwordFile, `${PASSWORD}\n`, { mode: 0o600, what: 'password file' })
  const byKey = new Map(identities.map(identity => [toHex(identity.publicKey), identity]))
  const inOrder = orderedMembers(genesis).map(({ publicKey }) => present(byKey.get(publicKey), 'a member'))
  const ports = await choosePorts(identities.length + 1, 0)
  const nodes = [...inOrder, ...identities.slice(replicas)].map((identity, index) => {
    const pair = present(ports[index], 'a pair of ports')
    return new NodeProcess(placeOf(directory, identity, index, pair))
  })
  const first = present(nodes[0], 'the first member')
  for (const node of nodes) await layOut(node, first, { genesisFile, passwordFile, more: options.config })
  endWithTest(nodes)
  return {
    directory,
    genesis,
    genesisFile,
    passwordFile,
    networkId: networkIdOf(genesis),
    members: nodes.slice(0, replicas),
    observers: nodes.slice(replicas),
    nodes,
    spare: present(ports[identities.length], 'a pair of ports'),
    async start(some = nodes) {
      for (const node of some) node.start()
      await Promise.all(some.map(node => node.ready()))
      const members = nodes.slice(0, replicas)
      await Promise.all(
        some.filter(node => members.includes(node)).map(node => untilConnected(node, members)),
      )
    },
    async kill(some = nodes) {
      await Promise.all(some.map(node => node.kill()))
    },
    member: index => present(nodes[index], `member ${index}`),
    addressOf,
  }
}

async function untilConnected(node: NodeProcess, members: readonly NodeProcess[]): Promise<void> {
  await until(`node ${node.index} is connected with all that run`, async () => {
    const seen = await node.api.members()
    return members.every(other => other === node || !other.isRunning || seen[other.index]?.connected)
  })
}

interface Identity {
  readonly seed: Uint8Array
  readonly publicKey: Uint8Array
  readonly name: string
}

function createIdentity(_: unknown, place: number): Identity {
  const seed = new Uint8Array(randomBytes(32))
  return {
    seed,
    publicKey: createNativeSigner(seed).publicKey,
    name: `node-${String.fromCharCode(97 + place)}`,
  }
}

function makeGenesis(members: readonly Identity[], options: ClusterOptions): Genesis {
  const genesis = createGenesis(
    members.map(({ name, publicKey }) => ({ name, publicKey: toHex(publicKey) })),
    {
      name: 'processes',
      createdMs: Date.now(),
      application: { module: 'key-value', options: { signatures: options.signatures ?? 'none' } },
      admissionEffort: 1,
      ...(options.threshold && { threshold: options.threshold }),
    },
  )
  return { ...genesis, protocol: { ...genesis.protocol, ...options.protocol } }
}

function placeOf(directory: string, identity: Identity, index: number, ports: PortPair): NodePlace {
  const peerId = peerIdOf(identity.publicKey)
  return { ...identity, ...ports, index, peerId, directory: join(directory, `node-${index}`) }
}

const addressOf = ({ place }: NodeProcess): string =>
  `/ip4/127.0.0.1/tcp/${place.listenPort}/p2p/${place.peerId}`

async function layOut(
  node: NodeProcess,
  first: NodeProcess,
  options: { genesisFile: string; passwordFile: string; more: object | undefined },
): Promise<void> {
  const { directory, name, seed, listenPort, apiPort } = node.place
  await createNodeDirectory({
    directory,
    name,
    seed,
    password: PASSWORD,
    scryptN: SCRYPT_N,
    passwordFile: options.passwordFile,
    genesisFile: options.genesisFile,
    listen: [`/ip4/127.0.0.1/tcp/${listenPort}`],
    announce: [],
    bootstrap: node === first ? [] : [addressOf(first)],
    http: { host: '127.0.0.1', port: apiPort },
    more: { local: true, ...options.more },
  })
}

/**
 * No node logged an error: none failed, none was asked by its own protocol to sign a second statement for a slot, none saw
 * another do so.
 */
export function expectNoErrors(nodes: readonly NodeProcess[]): void {
  const errors = nodes.flatMap(node => node.logText().split('\n').filter(isAlarming))
  expect(errors).toEqual([])
}

/** What another version of Node thinks of a dependency. */
const WARNINGS_OF_NODE = /^\(node:\d+\) .*(Deprecation|Experimental)Warning|^\(Use `node --trace-/

/** pino's numbers: 40 warns, 50 is an error. A line that is no JSON was written by a crash. */
function isAlarming(line: string): boolean {
  if (WARNINGS_OF_NODE.test(line)) return false
  if (!line.startsWith('{')) return line !== ''
  const { level, msg } = JSON.parse(line) as { level: number; msg: string }
  return level >= 50 || msg.includes('signed two statements')
}

function endWithTest(nodes: readonly NodeProcess[]): void {
  onTestFinished(async ({ task }) => {
    await Promise.all(nodes.map(node => node.kill()))
    if (task.result?.state === 'fail') for (const node of nodes) process.stdout.write(node.logTail())
  })
}
