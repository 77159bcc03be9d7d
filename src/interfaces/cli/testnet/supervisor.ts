/**
 * Runs the processes of a test network. Nobody is restarted behind the person's back: a process that was killed stays
 * dead, one that dies by itself is reported with its last words. Each child holds a channel to us and exits when it
 * closes, so that none lingers when we are killed.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { CommandError, EXIT } from '../failure.ts'
import { apiUrlOf, type NodePaths, type TestnetNode } from './layout.ts'
import { lastErrorOf } from './log-tail.ts'

export type ChildState = 'starting' | 'ready' | 'stopping' | 'stopped' | 'killed' | 'died'

export interface SupervisedNode extends TestnetNode {
  readonly paths: NodePaths
}

export interface ChildView {
  readonly node: SupervisedNode
  readonly pid: number | null
  readonly state: ChildState
  /** For `died`: its last error line. */
  readonly lastError: string | null
}

export interface Supervisor {
  views(): readonly ChildView[]
  /** Starts one that does not run. @throws CommandError when it runs */
  start(index: number): void
  /** SIGKILL. @throws CommandError when it does not run */
  kill(index: number): Promise<void>
  /** Asks all to stop, and kills those that have not after the grace. */
  stopAll(): Promise<void>
  /** Resolves when every process that was started answers /readyz, rejects when one dies first. */
  ready(): Promise<void>
}

interface Child {
  readonly node: SupervisedNode
  process: ChildProcess | null
  exited: Promise<void>
  /** Rejects when the process ends first. */
  becameReady: Promise<void>
  state: ChildState
  lastError: string | null
}

const DEFAULT_STOP_GRACE_MS = 15_000
const READY_POLL_MS = 100
const READY_ANSWER_MS = 5_000

/**
 * @param options.mainScript the CLI itself, started once for each node
 * @param components.died a process ended that nobody had told to
 */
export function createSupervisor(
  options: {
    nodes: readonly SupervisedNode[]
    mainScript: string
    stopGraceMs?: number
    /** Each node records what it does. */
    record?: boolean
    /** Default: as its configuration says. */
    logLevel?: string
  },
  components: { note: (line: string) => void; died: (view: ChildView) => void },
): Supervisor {
  const { stopGraceMs = DEFAULT_STOP_GRACE_MS } = options
  const children: Child[] = options.nodes.map(node => ({
    node,
    process: null,
    exited: Promise.resolve(),
    becameReady: Promise.resolve(),
    state: 'stopped',
    lastError: null,
  }))

  function childAt(index: number): Child {
    const child = children.find(({ node }) => node.index === index)
    if (child !== undefined) return child
    const allowed = children.map(({ node }) => node.index).join(', ')
    throw new CommandError(EXIT.usage, `there is no node ${index}; allowed: ${allowed}`)
  }

  function launch(child: Child): void {
    const log = openSync(child.node.paths.log, 'a', 0o600)
    const { config, recording } = child.node.paths
    const args = [options.mainScript, 'start', '--config', config, '--supervised']
    if (options.record === true) args.push('--record', recording)
    if (options.logLevel !== undefined) args.push('--log-level', options.logLevel)
    const spawned = spawn(process.execPath, args, { stdio: ['ignore', log, log, 'ipc'], detached: true })
    closeSync(log)
    child.process = spawned
    child.state = 'starting'
    child.lastError = null
    child.exited = new Promise(resolve => {
      const ended = (how: string): void => {
        if (child.process !== spawned) return
        child.process = null
        afterExit(child, how)
        resolve()
      }
      spawned.once('error', error => ended(error.message))
      spawned.once('exit', (code, signal) =>
        ended(signal === null ? `exit code ${code}` : `signal ${signal}`),
      )
    })
    child.becameReady = untilReady(child, spawned)
    child.becameReady.catch(() => {})
  }

  function afterExit(child: Child, how: string): void {
    if (child.state === 'killed') return
    if (child.state === 'stopping') {
      child.state = 'stopped'
      return
    }
    child.state = 'died'
    child.lastError = `${how}: ${lastErrorOf(child.node.paths.log) ?? 'it said nothing'}`
    components.died(viewOf(child))
  }

  async function stop(child: Child): Promise<void> {
    const running = child.process
    if (running === null) return
    child.state = 'stopping'
    running.kill('SIGTERM')
    const patience = new AbortController()
    const timedOut = sleep(stopGraceMs, true, { signal: patience.signal }).catch(() => false)
    if (await Promise.race([child.exited.then(() => false), timedOut])) {
      components.note(`node ${child.node.index} did not stop within ${stopGraceMs / 1_000} s and is killed`)
      running.kill('SIGKILL')
    }
    patience.abort()
    await child.exited
  }

  return {
    views: () => children.map(viewOf),
    start(index) {
      const child = childAt(index)
      if (child.process !== null) throw new CommandError(EXIT.usage, `node ${index} runs already`)
      launch(child)
    },
    async kill(index) {
      const child = childAt(index)
      if (child.process === null) throw new CommandError(EXIT.usage, `node ${index} does not run`)
      child.state = 'killed'
      child.process.kill('SIGKILL')
      await child.exited
    },
    async stopAll() {
      await Promise.all(children.map(stop))
    },
    async ready() {
      await Promise.all(children.map(child => child.becameReady))
    },
  }
}

function viewOf(child: Child): ChildView {
  const { node, state, lastError } = child
  return { node, state, lastError, pid: child.process?.pid ?? null }
}

async function untilReady(child: Child, spawned: ChildProcess): Promise<void> {
  while (child.process === spawned) {
    if (await answersReady(child.node)) {
      if (child.process === spawned && child.state === 'starting') child.state = 'ready'
      return
    }
    await sleep(READY_POLL_MS)
  }
  throw new CommandError(
    EXIT.failed,
    `node ${child.node.index} ended before it was ready (${child.lastError ?? child.state})`,
  )
}

async function answersReady(node: TestnetNode): Promise<boolean> {
  try {
    const response = await fetch(`${apiUrlOf(node)}/readyz`, { signal: AbortSignal.timeout(READY_ANSWER_MS) })
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}
