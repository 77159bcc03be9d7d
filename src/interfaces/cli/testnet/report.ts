/** What a test network's nodes are, as told to people and programs. Asks each running node how far it is. */
import type { SharedKeySummaryJson, StatusJson } from '../../../client/api-types.ts'
import { createQuorateClient } from '../../../client/client.ts'
import { sharedKeyLines } from '../key-lines.ts'
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
  /** As the node knows it that is furthest; null: the network shall have none, or no node answers. */
  readonly sharedKey: SharedKeySummaryJson | null
  readonly replicas: readonly NodeReport[]
  readonly observers: readonly NodeReport[]
}

/** A node that computes, on a busy machine, takes its time; one that does not run is found out at once. */
const ANSWER_MS = 5_000

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
  const asked = await Promise.all(
    nodes.map(async node => {
      const known = states?.get(node.index) ?? STOPPED
      const status = known.pid === null ? null : await askStatus(node)
      return { status, report: reportNode(directory, node, known, status) }
    }),
  )
  const reports = asked.map(({ report }) => report)
  return {
    networkId,
    networkName,
    application,
    signatures,
    running: states !== null,
    directory,
    sharedKey: furthestKey(asked.flatMap(({ status }) => status?.sharedKey ?? [])),
    replicas: reports.filter(({ role }) => role === 'replica'),
    observers: reports.filter(({ role }) => role === 'observer'),
  }
}

/** How often shares were dealt comes first: a certificate may be missing where the latest key is known. */
function furthestKey(keys: readonly SharedKeySummaryJson[]): SharedKeySummaryJson | null {
  const isFurther = (a: SharedKeySummaryJson, b: SharedKeySummaryJson): boolean =>
    (a.epoch ?? 0) === (b.epoch ?? 0)
      ? a.certifiedSequence > b.certifiedSequence
      : (a.epoch ?? 0) > (b.epoch ?? 0)
  return keys.reduce<SharedKeySummaryJson | null>(
    (furthest, key) => (furthest === null || isFurther(key, furthest) ? key : furthest),
    null,
  )
}

function reportNode(
  directory: string,
  node: TestnetNode,
  known: NodeState,
  status: StatusJson | null,
): NodeReport {
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
    return await createQuorateClient({ url: apiUrlOf(node), timeoutMs: ANSWER_MS }).status()
  } catch {
    return null
  }
}

/** As `quorate status` has them; what troubles one node is its own. */
export function keyLinesOf({ sharedKey, replicas }: TestnetReport): string[] {
  if (sharedKey === null) return []
  return sharedKeyLines(
    { ...sharedKey, trouble: null },
    member => `${replicas[member]?.name ?? '?'} (${member})`,
  )
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
