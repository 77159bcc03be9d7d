import { randomBytes, randomInt } from 'node:crypto'
import { join } from 'node:path'
import type { Application } from '../application/contract.ts'
import { RateLimiter } from '../defence/rate-limiter.ts'
import { equalBytes, toHex } from '../lib/bytes.ts'
import type { Logger } from '../lib/logger.ts'
import { type Genesis, networkIdOf, orderedMembers, type ProtocolParameters } from '../membership/genesis.ts'
import { EMPTY_KEY_STATE } from '../membership/key-state.ts'
import { createNetwork } from '../network/create-network.ts'
import type { Network } from '../network/types.ts'
import { type CommittedEntry, type ReplicaId, replicaId } from '../pbft/types.ts'
import type { RuntimeOptions, RuntimePorts } from '../runtime/options.ts'
import type { PeerHandlers, Signer } from '../runtime/ports.ts'
import { ReplicaRuntime } from '../runtime/replica-runtime.ts'
import { type LevelStore, openLevelStore } from '../storage/level-store.ts'
import type { QuorateNode } from './api.ts'
import { claimDirectory } from './claim-directory.ts'
import type { NodeConfig } from './config.ts'
import { databaseOf } from './database.ts'
import { EventStream } from './event-stream.ts'
import { forgetFirstStart, isFirstStart } from './first-start.ts'
import { readGenesisFile } from './genesis-file.ts'
import { type NodeIdentity, refuseChangedKeyFile } from './key-file.ts'
import { loadApplication } from './load-application.ts'
import { createMetrics, type NodeMetrics } from './metrics.ts'
import { createNativeSignatureChecker, createNativeSigner } from './native-ed25519.ts'
import { NodeKeys, type NodeKeysComponents } from './node-keys.ts'
import { openThreshold, type ThresholdComponents, type ThresholdParts } from './open-threshold.ts'
import { Proofs, type ProofsComponents } from './proofs.ts'
import { openRecordingFile, type RecordingFile } from './recording-file.ts'
import { Report, type ReportComponents } from './report.ts'
import { type NodeParts, Phase, RunningNode } from './running-node.ts'
import { systemClock } from './system-clock.ts'
import { unlessAborted } from './unless-aborted.ts'
import { Waiters } from './waiters.ts'

/** Proposals in flight, and batches in one of them. */
const PIPELINE_DEPTH = 8
const PROPOSAL_BATCHES_MAX = 64
const START_NUMBER_MAX = 2 ** 48 - 1
/** Accusations of one member that are logged; a liar can earn thousands with one message. All are counted. */
const ACCUSATIONS_LOGGED_RATE = { perSecond: 0.1, burst: 8 }
/** How long a primary without work waits before it asks for a checkpoint over the tail. */
const IDLE_CHECKPOINT_MS = 50

/** What is known before anything runs. */
interface Ground {
  readonly config: NodeConfig
  readonly genesis: Genesis
  readonly networkId: Uint8Array
  readonly members: ReturnType<typeof orderedMembers>
  readonly self: ReplicaId | null
  readonly identity: NodeIdentity
  readonly signer: Signer
  readonly application: Application
  readonly firstStart: boolean
  readonly logger: Logger
  readonly signal: AbortSignal | undefined
}

export interface NodeComponents {
  readonly logger: Logger
  /** Ends the start, however far it is: what was opened is closed. A node that runs does not listen to it. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Puts a node together, lowest parts first, and starts it. Resolves when it listens and has read its disk; it may then still be
 * looking for the others.
 *
 * @throws StorageError, NetworkError, NodeError, KeyFileError, ThresholdWorkerError, and what reading the genesis file and the
 * application's module brings; the reason of the signal
 */
export async function createNode(
  config: NodeConfig,
  identity: NodeIdentity,
  components: NodeComponents,
): Promise<QuorateNode> {
  const { signal } = components
  const ground = await layGround(config, identity, components)
  signal?.throwIfAborted()
  const store = await openLevelStore({ directory: databaseOf(config.directory), signal })
  try {
    signal?.throwIfAborted()
    await refuseChangedKeyFile(config.key.file, identity)
    await claimDirectory(store, ground)
    return await startNode(ground, store)
  } catch (error) {
    await store.close()
    throw error
  }
}

async function startNode(ground: Ground, store: LevelStore): Promise<QuorateNode> {
  const phase = new Phase()
  let runtime: ReplicaRuntime | null = null
  const threshold = await openThresholdIfWanted(ground, {
    clock: systemClock,
    logger: ground.logger,
    keys: () => runtime?.state.keys ?? EMPTY_KEY_STATE,
  })
  try {
    ground.signal?.throwIfAborted()
    const parts = await assemble(ground, store, phase, threshold)
    runtime = parts.runtime
    await startOrStop(parts, ground)
    phase.current = 'ready'
    return new RunningNode(parts, phase)
  } catch (error) {
    await threshold?.close()
    throw error
  }
}

/** A network whose genesis wants no shared key has none to take part in. */
async function openThresholdIfWanted(
  { config, genesis, identity, networkId, self }: Ground,
  components: ThresholdComponents,
): Promise<ThresholdParts | null> {
  if (genesis.threshold === undefined) return null
  return await openThreshold({ config, identity, networkId, self }, components)
}

function failWith(error: Error, phase: Phase, logger: Logger): void {
  logger.error({ err: error }, 'The replica stops')
  phase.fail(error)
}

async function layGround(
  config: NodeConfig,
  identity: NodeIdentity,
  { logger, signal }: NodeComponents,
): Promise<Ground> {
  const genesis = readGenesisFile(config.genesis)
  const members = orderedMembers(genesis)
  const signer = createNativeSigner(identity.seed)
  const index = members.findIndex(member => equalBytes(member.key, signer.publicKey))
  const { module, options } = genesis.application
  return {
    config,
    genesis,
    networkId: networkIdOf(genesis),
    members,
    self: index < 0 ? null : replicaId(index),
    identity,
    signer,
    application: await loadApplication(module, options, config.application.directory),
    firstStart: isFirstStart(config.directory),
    logger,
    signal,
  }
}

async function assemble(
  ground: Ground,
  store: LevelStore,
  phase: Phase,
  threshold: ThresholdParts | null,
): Promise<NodeParts> {
  const { application, config, genesis, logger, networkId, self, signer } = ground
  const metrics: NodeMetrics = createMetrics(() => report.status(phase.current))
  const network = await openNetwork(ground, metrics)
  const recording = await openRecording(config, logger)
  const runtime: ReplicaRuntime = new ReplicaRuntime(runtimeOptions(ground), {
    application,
    clock: systemClock,
    store,
    network,
    checker: createNativeSignatureChecker(),
    signer: self === null ? null : signer,
    logger,
    onExecuted({ entry, outcome }) {
      nodeKeys.onExecuted(outcome)
      if (isCheckpoint(genesis.protocol, entry)) proofs.onCheckpoint()
      metrics.onExecuted(outcome)
      waiters.onExecuted(outcome)
      events.onExecuted()
    },
    onInstalled() {
      proofs.onInstalled()
      waiters.onInstalled()
      events.onExecuted()
    },
    onSuspect: createAccuser(ground, metrics),
    onView(view, active) {
      metrics.onView(active)
      logger.info({ view, active }, active ? 'View entered' : 'View change wanted')
    },
    onFailure: error => failWith(error, phase, logger),
    recorder: recording?.recorder,
    curve: threshold?.curve,
    threshold: threshold?.portsFor({
      onCulprits: culprits => metrics.onPartialsRefused('wrong', culprits),
      onCertificate: certificate => nodeKeys.onCertificate(certificate),
    }),
  })
  const nodeKeys: NodeKeys = createNodeKeys(ground, {
    store,
    runtime,
    trouble: () => threshold?.trouble ?? null,
    onCertificate(info, delayMs) {
      metrics.onCertificate(delayMs)
      events.onCertificate(info)
    },
  })
  const proofs = new Proofs({
    networkId,
    application,
    state: runtime.state,
    store,
    sources: sourcesOf(runtime),
  })
  const waiters = new Waiters(runtime.state)
  const latest = () => runtime.state.sequence
  const events = new EventStream({ store, keyHistory: nodeKeys.history, latest })
  const report: Report = createReport(ground, { runtime, network, clock: systemClock, keys: nodeKeys })
  const told = { waiters, events, report, proofs, metrics, recording, nodeKeys }
  return { application, store, network, runtime, threshold, ...told }
}

/** Does a member say in a CHECKPOINT what it has after this sequence? */
function isCheckpoint({ checkpointInterval }: ProtocolParameters, { proposal }: CommittedEntry): boolean {
  return proposal.certify || proposal.sequence % checkpointInterval === 0
}

/** Members vouch in the latest stable checkpoint only. */
function sourcesOf(runtime: ReplicaRuntime): ProofsComponents['sources'] {
  return {
    key: {
      latest: () => runtime.certificates.latest,
      covering: sequence => runtime.certificates.covering(sequence),
    },
    members: {
      latest: () => runtime.stable,
      covering: sequence => ((runtime.stable?.statement.sequence ?? 0) >= sequence ? runtime.stable : null),
    },
  }
}

/** Who signed two statements for one slot is counted each time, and logged now and then. */
function createAccuser({ logger, members }: Ground, metrics: NodeMetrics): RuntimePorts['onSuspect'] {
  const accusations = new RateLimiter(ACCUSATIONS_LOGGED_RATE, members.length)
  return (replica, evidence) => {
    metrics.onSuspect(replica)
    if (!accusations.take(String(replica), systemClock.nowMs())) return
    const hashes = evidence.map(({ hash }) => hash)
    logger.warn({ replica, evidence: hashes }, 'A member signed two statements for one slot')
  }
}

function createReport(
  { config, genesis, members, networkId, self }: Ground,
  components: ReportComponents,
): Report {
  const { statusMs, viewChangeMs } = config.timeouts
  const { name } = config
  return new Report(
    { genesis, networkId: toHex(networkId), name, self, members, statusMs, viewChangeMs },
    components,
  )
}

function createNodeKeys(
  { config, genesis, logger, networkId }: Ground,
  components: Omit<NodeKeysComponents, 'clock' | 'logger'>,
): NodeKeys {
  return new NodeKeys(
    { genesis, networkId, historySequences: config.history.sequences },
    { ...components, clock: systemClock, logger },
  )
}

/** A recording that cannot be begun keeps no node from starting. */
async function openRecording(config: NodeConfig, logger: Logger): Promise<RecordingFile | null> {
  if (config.record === undefined) return null
  try {
    const recording = await openRecordingFile(config.record, { logger, clock: systemClock })
    logger.info({ file: recording.path }, 'Every step of the protocol is recorded')
    return recording
  } catch (error) {
    logger.warn({ err: error, file: config.record }, 'Nothing is recorded: the file cannot be opened')
    return null
  }
}

function openNetwork(
  { config, genesis, identity, logger, members, networkId, signal }: Ground,
  metrics: NodeMetrics,
): Promise<Network> {
  return createNetwork(
    {
      identitySeed: identity.seed,
      networkId,
      members: members.map(member => member.key),
      listen: config.listen,
      announce: config.announce,
      bootstrap: config.bootstrap,
      admissionEffort: genesis.protocol.admissionEffort,
      directory: join(config.directory, 'network'),
      privateAddresses: config.privateAddresses || config.local,
      loopback: config.local,
    },
    {
      logger,
      clock: systemClock,
      randomBytes: length => randomBytes(length),
      registry: metrics.registry,
      signal,
    },
  )
}

async function startOrStop(parts: NodeParts, ground: Ground): Promise<void> {
  try {
    await startParts(parts, ground)
  } catch (error) {
    parts.runtime.stop()
    await parts.network.stop()
    await parts.recording?.close()
    throw error
  }
}

async function startParts(
  { runtime, network, metrics }: NodeParts,
  { config, self, signal }: Ground,
): Promise<void> {
  const handlers: PeerHandlers = {
    onGossip(topic, bytes, from, done) {
      runtime.onGossip(topic, bytes, from, verdict => {
        if (topic === 'certificate' && verdict === 'reject') metrics.onPartialsRefused('rejected', 1)
        done(verdict)
      })
    },
    onRequest: (protocol, bytes, from, respond) => runtime.onRequest(protocol, bytes, from, respond),
    onMemberConnected: () => runtime.onMemberConnected(),
    onMemberDisconnected: () => runtime.onMemberDisconnected(),
  }
  signal?.throwIfAborted()
  const loaded = await unlessAborted(runtime.prepare(), signal)
  await network.start(handlers)
  runtime.begin(loaded)
  if (self !== null) await forgetFirstStart(config.directory)
}

function runtimeOptions({ config, genesis, networkId, members, self, firstStart }: Ground): RuntimeOptions {
  const { timeouts, batch, limits, history } = config
  return {
    genesis,
    networkId,
    memberKeys: members.map(member => member.key),
    self,
    firstStart,
    startNumber: randomInt(1, START_NUMBER_MAX),
    replica: {
      pipelineDepth: PIPELINE_DEPTH,
      proposalBatchesMax: PROPOSAL_BATCHES_MAX,
      idleCheckpointMs: IDLE_CHECKPOINT_MS,
      viewChangeTimeoutMs: timeouts.viewChangeMs,
      viewChangeTimeoutMaxMs: timeouts.viewChangeMaxMs,
      resendMs: timeouts.resendMs,
      statusMs: timeouts.statusMs,
    },
    batchTransactionsMax: batch.transactionsMax,
    batchBytesMax: batch.bytesMax,
    batchDelayMs: batch.delayMs,
    pendingTransactionsMax: limits.pendingTransactionsMax,
    pendingBytesMax: limits.pendingBytesMax,
    historySequences: history.sequences,
    snapshotIntervalSequences: Math.max(genesis.protocol.checkpointInterval, history.snapshotSequences),
  }
}
