import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { equalBytes, toHex } from '../lib/bytes.ts'
import { networkIdOf, orderedMembers } from '../membership/genesis.ts'
import { ConflictError, type ConflictReason } from '../pbft/conflict.ts'
import { Forensics } from '../pbft/forensics.ts'
import { refuseConflict } from '../runtime/conflict-record.ts'
import { diskNames, numberIn, under } from '../runtime/disk-names.ts'
import { DiskSearch } from '../runtime/disk-search.ts'
import { EPOCH } from '../runtime/parts.ts'
import type { StoreRange } from '../runtime/ports.ts'
import { type LevelStore, openLevelStore } from '../storage/level-store.ts'
import { type Evidence, encodeEvidence, judge } from '../wire/evidence.ts'
import { StoredView, WireCertificate } from '../wire/pb/messages.ts'
import type { Scope } from '../wire/scope.ts'
import type { NodeConfig } from './config.ts'
import { ConfigError } from './config-sources.ts'
import { databaseOf } from './database.ts'
import { readGenesisFile } from './genesis-file.ts'
import { createNativeSignatureChecker } from './native-ed25519.ts'

/** What the database of a node tells while no node runs on it. No entry of it is changed; opening it may tidy up its files, as a start would. */
export interface DiskReport {
  readonly database: string
  readonly networkName: string
  readonly networkId: string
  readonly name: string
  /** Of the key that the directory belongs to, in hexadecimal digits; null: no node ever ran there. */
  readonly publicKey: string | null
  /** Null: an observer, or nobody yet. */
  readonly index: number | null
  readonly view: number
  readonly viewActive: boolean
  /** The last sequence that is executed on disk, and the last that is certified. 0: none. */
  readonly sequence: number
  readonly stableSequence: number
  /** It lost its memory, and does not vote before it has caught up. */
  readonly recovering: boolean
  /** Why it does not start on this disk again. */
  readonly stopped: { readonly reason: ConflictReason; readonly message: string } | null
}

/** Somebody who broke the protocol, by proofs that were found on disks and hold before a judge. */
export interface NamedCulprit {
  readonly index: number
  readonly name: string
  readonly publicKey: string
  /** One proof of each kind. */
  readonly evidence: readonly Evidence[]
}

export interface DiskSearchReport {
  /** Entries of the databases that were looked at. */
  readonly entries: number
  /** By index. */
  readonly culprits: readonly NamedCulprit[]
}

/** Where something signed lies. */
const SEARCHED: readonly StoreRange[] = ['conflict/', 'consensus/', 'manifest/', 'entry/'].map(under)
const ENTRIES_READ = 1_000

/** @throws ConfigError when there is no database, or that of another network; StorageError when a node runs on it */
export function reportDisk(config: NodeConfig): Promise<DiskReport> {
  const { genesis, networkId } = networkOf(config)
  return withDatabase(config, networkId, async (store, database) => {
    const owner = store.get(diskNames.owner)
    const index = orderedMembers(genesis).findIndex(
      ({ key }) => owner !== undefined && equalBytes(key, owner),
    )
    const view = store.get(diskNames.view)
    const { view: number, active } = view === undefined ? FIRST_VIEW : StoredView.decode(view)
    const stable = store.get(diskNames.stable)
    const [last] = await read(store, { ...under('executed/'), limit: 1, reverse: true })
    return {
      database,
      networkName: genesis.name,
      networkId: toHex(networkId),
      name: config.name,
      publicKey: owner === undefined ? null : toHex(owner),
      index: index < 0 ? null : index,
      view: number,
      viewActive: active,
      sequence: last === undefined ? 0 : numberIn(last[0]),
      stableSequence: stable === undefined ? 0 : (WireCertificate.decode(stable).statement?.sequence ?? 0),
      recovering: store.get(diskNames.amnesia) !== undefined,
      stopped: stoppedBy(store),
    }
  })
}

const FIRST_VIEW = { view: 0, active: true }

function stoppedBy(store: LevelStore): DiskReport['stopped'] {
  try {
    refuseConflict(store)
    return null
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error
    return { reason: error.reason, message: error.message }
  }
}

/**
 * Searches the databases of some members of one network for proofs of who broke the protocol. The more of them, and the more different
 * what they believe, the more can be proved: it takes what both sides were told.
 * @throws what `reportDisk` throws
 */
export async function searchDisks(configs: readonly NodeConfig[]): Promise<DiskSearchReport> {
  const [first] = configs
  if (first === undefined) return { entries: 0, culprits: [] }
  const { genesis, networkId } = networkOf(first)
  const members = orderedMembers(genesis)
  const scope: Scope = { networkId, epoch: EPOCH, memberKeys: members.map(({ key }) => key) }
  const { logWindow } = genesis.protocol
  const forensics = new Forensics({ epoch: scope.epoch, n: members.length, logWindow })
  const search = new DiskSearch(scope, forensics)
  let entries = 0
  for (const config of configs)
    await withDatabase(config, networkId, async store => {
      for (const range of SEARCHED)
        for await (const [key, value] of all(store, range)) {
          entries += 1
          search.take(key, value)
        }
    })
  const evidence: Evidence[] = []
  for (const charge of forensics.charges) {
    const one = encodeEvidence(charge)
    if (await holds(scope, logWindow, one)) evidence.push(one)
  }
  const culprits = members.flatMap(({ name, publicKey }, index) => {
    const against = evidence.filter(({ replica }) => replica === index)
    return against.length === 0 ? [] : [{ index, name, publicKey, evidence: against }]
  })
  return { entries, culprits }
}

/** A disk may say anything: what counts is what its owner cannot have made up. */
function holds(scope: Scope, logWindow: number, evidence: Evidence): Promise<boolean> {
  const claims = judge(scope, logWindow, evidence)
  if (claims === null) return Promise.resolve(false)
  return new Promise(resolve => {
    createNativeSignatureChecker().check(claims, valid => resolve(valid.every(isValid => isValid)))
  })
}

function networkOf(config: NodeConfig) {
  const genesis = readGenesisFile(config.genesis)
  return { genesis, networkId: networkIdOf(genesis) }
}

async function withDatabase<T>(
  config: NodeConfig,
  networkId: Uint8Array,
  use: (store: LevelStore, database: string) => Promise<T>,
): Promise<T> {
  const database = databaseOf(config.directory)
  // Opening would make one.
  if (!existsSync(join(database, 'CURRENT')))
    throw new ConfigError(`there is no database in ${database}: no node ever ran on it`)
  const store = await openLevelStore({ directory: database })
  try {
    const known = store.get(diskNames.identity)
    if (known !== undefined && !equalBytes(known, networkId))
      throw new ConfigError(
        `the database in ${database} is that of network ${toHex(known)}, and not of ${toHex(networkId)}`,
      )
    return await use(store, database)
  } finally {
    await store.close()
  }
}

async function* all(store: LevelStore, range: StoreRange) {
  let { gte } = range
  for (;;) {
    const found = await read(store, { gte, lt: range.lt, limit: ENTRIES_READ })
    yield* found
    const last = found.at(-1)
    if (last === undefined || found.length < ENTRIES_READ) return
    // The first key after it.
    gte = `${last[0]}\0`
  }
}

function read(
  store: LevelStore,
  range: StoreRange & { readonly limit: number; readonly reverse?: boolean },
): Promise<readonly (readonly [key: string, value: Uint8Array])[]> {
  return new Promise((resolve, reject) =>
    store.range(range, (error, entries) => (error === null ? resolve(entries) : reject(error))),
  )
}
