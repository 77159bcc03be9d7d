/** What a test network's nodes are, as told to people and programs. Asks each running node how far it is. */
import type { StatusJson } from '../../../client/api-types.ts'
import { table } from '../terminal.ts'
import { apiUrlOf, listenAddressOf, type TestnetManifest, type TestnetNode } from './layout.ts'
import type { ChildState } from './supervisor.ts'

export interface NodeReport {
  readonly index: number
  readonly role: 'replica' | 'observer'
  readonly name: string
  readonly peerId: string
  readonly pid: number | null
  readonly state: ChildState
  /** For `died`: why. */
  readonly lastError: string | null
  readonly listenAddresses: readonly string[]
  readonly apiUrl: string
  readonly logFile: string
  /** Null while the node does not answer. */
  readonly view: number | null
  readonly sequence: number | null
  readonly primary: number | null
}

export interface TestnetReport {
  readonly networkId: string
  readonly networkName: string
  readonly application: string
  readonly signatures: string
  readonly running: boolean
  readonly directory: string
  readonly replicas: readonly NodeReport[]
  readonly observers: readonly NodeReport[]
}

const ANSWER_MS = 1_000

export interface NodeState {
  readonly pid: number | null
  readonly state: ChildState
  readonly lastError: string | null
}

const STOPPED: NodeState = { pid: null, state: 'stopped', lastError: null }

/** @param states by index; null when no supervisor runs */
export async function reportTestnet(
  directory: string,
  manifest: TestnetManifest,
  states: ReadonlyMap<number, NodeState> | null,
): Promise<TestnetReport> {
  const { nodes, networkId, networkName, application, signatures } = manifest
  const reports = await Promise.all(
    nodes.map(node => reportNode(directory, node, states?.get(node.index) ?? STOPPED)),
  )
  return {
    networkId,
    networkName,
    application,
    signatures,
    running: states !== null,
    directory,
    replicas: reports.filter(({ role }) => role === 'replica'),
    observers: reports.filter(({ role }) => role === 'observer'),
  }
}

async function reportNode(directory: string, node: TestnetNode, known: NodeState): Promise<NodeReport> {
  const status = known.pid === null ? null : await askStatus(node)
  const { index, role, name, peerId } = node
  return {
    index,
    role,
    name,
    peerId,
    ...known,
    listenAddresses: status?.listenAddresses ?? [`${listenAddressOf(node)}/p2p/${peerId}`],
    apiUrl: apiUrlOf(node),
    logFile: `${directory}/${node.directory}/node.log`,
    view: status?.view ?? null,
    sequence: status?.sequence ?? null,
    primary: status?.primary ?? null,
  }
}

async function askStatus(node: TestnetNode): Promise<StatusJson | null> {
  try {
    const response = await fetch(`${apiUrlOf(node)}/v1/status`, { signal: AbortSignal.timeout(ANSWER_MS) })
    return response.ok ? ((await response.json()) as StatusJson) : null
  } catch {
    return null
  }
}

/** One line for each node. */
export function reportLines(report: TestnetReport): string[] {
  const rows = [...report.replicas, ...report.observers].map(node => [
    `${node.index}`,
    node.role,
    node.state,
    node.pid === null ? '-' : `${node.pid}`,
    node.view === null ? '-' : `${node.view}`,
    node.sequence === null ? '-' : `${node.sequence}`,
    node.apiUrl,
    node.listenAddresses[0] ?? '-',
  ])
  const heading = ['node', 'role', 'state', 'pid', 'view', 'sequence', 'api', 'listens on']
  const lines = table([heading, ...rows])
  for (const { index, lastError } of [...report.replicas, ...report.observers]) {
    if (lastError !== null) lines.push(`node ${index} died: ${lastError}`)
  }
  return lines
}
