/** A test network from start to stop, in the foreground: made or resumed, watched, shown to work, stopped in order. */
import { readGenesisFile } from '../../../node/genesis-file.ts'
import { makePrivateDirectory } from '../directory.ts'
import { CommandError, EXIT } from '../failure.ts'
import { flagOf } from '../flags.ts'
import { type Interrupt, onInterrupt } from '../interrupt.ts'
import type { Terminal } from '../terminal.ts'
import { type ControlRequest, type ControlServer, serveControl } from './control.ts'
import { createTestnet, type TestnetOptions } from './create.ts'
import { demonstrate } from './demonstrate.ts'
import { nodePaths, readManifest, type TestnetManifest, type TestnetPaths, testnetPaths } from './layout.ts'
import { acquireLock } from './lock.ts'
import { MAIN_SCRIPT } from './main-script.ts'
import { isPortFree } from './ports.ts'
import { type NodeState, reportLines, reportTestnet, type TestnetReport } from './report.ts'
import { showSharedKey } from './shared-key.ts'
import { type ChildView, createSupervisor, type Supervisor } from './supervisor.ts'

export interface RunOptions {
  readonly directory: string
  readonly create: TestnetOptions
  /** Options that were stated, and so must be those of a network that is resumed. */
  readonly stated: ReadonlySet<keyof TestnetOptions>
  /** What the nodes log this time. Default: as their configurations say. */
  readonly logLevel?: string
  readonly record: boolean
  readonly quiet: boolean
  readonly json: boolean
}

/** Runs until Ctrl-C or `quorate testnet stop`. */
export async function runTestnet(options: RunOptions, terminal: Terminal): Promise<void> {
  const paths = testnetPaths(options.directory)
  makePrivateDirectory(paths.root)
  const lock = acquireLock(paths.lock)
  try {
    const interrupt = onInterrupt()
    const manifest = await prepare(paths, options, terminal)
    await supervise(paths, manifest, { ...options, interrupt }, terminal)
  } finally {
    lock.release()
  }
}

/** The network of the directory: the one that it holds, if that is the one asked for, or a new one. */
export async function prepare(
  paths: TestnetPaths,
  options: Pick<RunOptions, 'create' | 'stated' | 'quiet'>,
  terminal: Terminal,
): Promise<TestnetManifest> {
  const existing = readManifest(paths)
  if (existing === null) {
    const making = createTestnet(paths, options.create)
    const manifest = await terminal.progress('making keys and genesis', making)
    if (!options.quiet) {
      terminal.note(
        `made a new network in ${paths.root}; its keys are encrypted with the password in ${paths.password}`,
      )
    }
    return manifest
  }
  assertSame(existing, options, paths)
  for (const node of existing.nodes) {
    for (const port of [node.listenPort, node.apiPort]) {
      if (await isPortFree(port)) continue
      throw new CommandError(
        EXIT.addressInUse,
        `port ${port} of node ${node.index} is in use by another process`,
      )
    }
  }
  if (!options.quiet) terminal.note(`resuming the network in ${paths.root}`)
  return existing
}

function assertSame(
  manifest: TestnetManifest,
  { create, stated }: Pick<RunOptions, 'create' | 'stated'>,
  paths: TestnetPaths,
): void {
  const genesis = readGenesisFile(paths.genesis)
  const recorded: Partial<TestnetOptions> = {
    replicas: manifest.nodes.filter(({ role }) => role === 'replica').length,
    observers: manifest.nodes.filter(({ role }) => role === 'observer').length,
    basePort: manifest.nodes[0]?.listenPort ?? 0,
    application: manifest.application,
    signatures: manifest.signatures,
    effort: genesis.protocol.admissionEffort,
  }
  for (const [option, value] of Object.entries(recorded)) {
    const wanted = create[option as keyof TestnetOptions]
    if (!stated.has(option as keyof TestnetOptions) || wanted === value) continue
    if (option === 'basePort' && wanted === 0) continue
    const flag = flagOf(option)
    throw otherNetwork(paths, `${flag} ${value}, not ${wanted}`, flag)
  }
  if (stated.has('sharedKey') && genesis.threshold !== undefined)
    throw otherNetwork(paths, 'a shared key', '--no-shared-key')
}

function otherNetwork({ root }: TestnetPaths, has: string, flag: string): CommandError {
  const advice = `leave ${flag} out to resume it, or give another --dir`
  return new CommandError(EXIT.usage, `the network in ${root} has ${has}: ${advice}`)
}

async function supervise(
  paths: TestnetPaths,
  manifest: TestnetManifest,
  options: RunOptions & { interrupt: Interrupt },
  terminal: Terminal,
): Promise<void> {
  const { interrupt } = options
  const say = (line: string): void => (options.quiet ? undefined : terminal.note(line))
  const supervisor = createSupervisor(
    {
      nodes: manifest.nodes.map(node => ({ ...node, paths: nodePaths(paths, node.directory) })),
      mainScript: MAIN_SCRIPT,
      record: options.record,
      ...(options.logLevel !== undefined && { logLevel: options.logLevel }),
    },
    { note: terminal.note, died: view => terminal.note(describeDeath(view)) },
  )
  const report = (): Promise<TestnetReport> => reportTestnet(paths.root, manifest, statesOf(supervisor))
  let stopAsked = (): void => {}
  const stopped = new Promise<void>(resolve => {
    stopAsked = resolve
  })
  let control: ControlServer | undefined
  try {
    control = await serveControl(paths.control, async request => {
      if (request.action !== 'status') say(`told to ${request.action} ${request.index ?? ''}`.trimEnd())
      const answer = await obey(request, supervisor, report)
      if (request.action === 'stop') stopAsked()
      return answer
    })
    for (const { index } of manifest.nodes) supervisor.start(index)
    const ended = Promise.race([interrupt.requested, stopped]).then(() => 'ended' as const)
    const shown = terminal
      .progress('waiting until all nodes are ready', supervisor.ready())
      .then(async () => {
        await show(await report(), manifest, options, terminal)
      })
    shown.catch(() => {})
    if ((await Promise.race([shown, ended])) !== 'ended') await ended
  } finally {
    say('stopping all nodes')
    await supervisor.stopAll()
    await control?.close()
    say('all nodes have stopped')
  }
}

async function show(
  report: TestnetReport,
  manifest: TestnetManifest,
  options: RunOptions & { interrupt: Interrupt },
  terminal: Terminal,
): Promise<void> {
  if (options.json) terminal.printJson(report)
  if (!options.json && !options.quiet) {
    terminal.print(`network ${report.networkId}`)
    for (const line of reportLines(report)) terminal.print(line)
  }
  const lines = options.quiet ? () => {} : options.json ? terminal.note : terminal.print
  const shown = demonstrate(manifest, testnetPaths(report.directory), options.interrupt.signal, lines)
  await terminal.progress('submitting transactions and reading them back', shown)
  const made = showSharedKey(manifest, options.interrupt.signal, lines)
  await terminal.progress('waiting until the replicas have made a key together', made)
  if (!options.quiet) terminal.note('the network runs; Ctrl-C stops it')
}

async function obey(
  request: ControlRequest,
  supervisor: Supervisor,
  report: () => Promise<TestnetReport>,
): Promise<unknown> {
  const { action, index } = request
  if (action === 'status') return await report()
  if (action === 'stop') return await supervisor.stopAll()
  if (index === undefined) throw new CommandError(EXIT.usage, `which node? quorate testnet ${action} INDEX`)
  if (action === 'kill') await supervisor.kill(index)
  else supervisor.start(index)
  return supervisor.views().find(({ node }) => node.index === index)?.pid
}

function statesOf(supervisor: Supervisor): Map<number, NodeState> {
  return new Map(
    supervisor.views().map(({ node, pid, state, lastError }) => [node.index, { pid, state, lastError }]),
  )
}

function describeDeath({ node, lastError }: ChildView): string {
  return `node ${node.index} ended by itself (${lastError}); its log is ${node.paths.log}; quorate testnet start ${node.index} starts it again`
}
