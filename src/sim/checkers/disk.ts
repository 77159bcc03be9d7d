import { diskNames, NEW_VIEWS_KEPT, numberIn } from '../../runtime/disk-names.ts'
import { WireCertificate } from '../../wire/pb/messages.ts'
import type { SimulationOptions } from '../options.ts'
import type { Checker, CheckerContext } from './checker.ts'

/**
 * What lies on a member's disk in the end, when all is quiet, is what a start needs and what others may ask for, and no more: every kind
 * of key has a bound that follows from the window and the history that is to be kept, and nothing lies there that nothing leads to.
 */
export function createDisk({ options, violation }: CheckerContext): Checker {
  const bounds = diskBoundsOf(options)
  return {
    onDisk(member, disk) {
      const byKind = new Map<string, string[]>()
      for (const key of disk.keys()) {
        const kind = kindOf(key)
        const keys = byKind.get(kind) ?? []
        keys.push(key)
        byKind.set(kind, keys)
      }
      for (const [kind, keys] of byKind) {
        const bound = bounds[kind]
        if (bound === undefined) violation(`no bound is stated for ${kind} on disk`)
        else if (keys.length > bound)
          violation(`member ${member} has ${keys.length} ${kind} on disk, more than ${bound}`)
      }
      const old = beforeHistory(byKind, options.historySequences)
      if (old > PASSING_MAX) violation(`member ${member} has ${old} entries on disk, older than its history`)
      for (const lost of astray(disk, byKind)) violation(`member ${member} has ${lost} on disk, for nothing`)
    },
  }
}

/** `consensus/own` of `consensus/own/0000000000000012`. */
function kindOf(key: string): string {
  const parts = key.split('/')
  return parts[0] === 'consensus' || parts[0] === 'meta' ? parts.slice(0, 2).join('/') : (parts[0] ?? '')
}

/** Sequences that pass while a snapshot is written, or history is deleted. */
const PASSING_MAX = 64

/** Keys of each kind at most; Infinity where it follows from what leads to them. */
export function diskBoundsOf(options: SimulationOptions): Readonly<Record<string, number | undefined>> {
  const { historySequences, logWindow, snapshotIntervalSequences } = options
  // Of each slot above the stable checkpoint four kinds, in the view on disk and the one before; and view changes.
  const own = 8 * (3 * logWindow + 1)
  // History goes back from the latest snapshot, and the next one may be late: a slow disk writes one while many sequences pass.
  const sequences = historySequences + 8 * (snapshotIntervalSequences + logWindow) + PASSING_MAX
  return {
    'meta/identity': 1,
    'meta/owner': 1,
    'meta/amnesia': 1,
    'consensus/stable': 1,
    'consensus/view': 1,
    'consensus/new-view': NEW_VIEWS_KEPT,
    // Of sequences that may be voted on, and no other (`astray`).
    'consensus/accepted': logWindow,
    'consensus/prepared': logWindow,
    'consensus/own': own,
    entry: sequences,
    executed: sequences,
    // At most one for each sequence of history, and the latest.
    certificate: sequences + 1,
    // The last checkpoint, and a ceremony's slots.
    partial: 1 + 3 * options.n,
    manifest: 3,
    snapshot: Number.POSITIVE_INFINITY,
    transaction: Number.POSITIVE_INFINITY,
    named: Number.POSITIVE_INFINITY,
    held: Number.POSITIVE_INFINITY,
    batch: Number.POSITIVE_INFINITY,
  }
}

/** Entries that need not be there any more, and go little by little. */
function beforeHistory(byKind: ReadonlyMap<string, readonly string[]>, historySequences: number): number {
  const latest = Math.max(0, ...(byKind.get('manifest') ?? []).map(numberIn))
  const entries = byKind.get('entry') ?? []
  return entries.filter(key => numberIn(key) <= latest - historySequences).length
}

type Disk = ReadonlyMap<string, Uint8Array>

function astray(disk: Disk, byKind: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const of = (kind: string): readonly string[] => byKind.get(kind) ?? []
  const rest = (key: string): string => key.slice(key.indexOf('/') + 1)
  const entries = new Set(of('entry').map(numberIn))
  // One snapshot may be on its way to the disk, or from it.
  const snapshots = new Set(of('snapshot').map(numberIn))
  const stable = stableIn(disk)
  const isFromHistory = (key: string): boolean => entries.has(placeIn(disk.get(key)))
  return [
    ...[...of('consensus/accepted'), ...of('consensus/prepared')].filter(key => numberIn(key) <= stable),
    ...of('executed').filter(key => !entries.has(numberIn(key))),
    ...of('transaction').filter(key => !isFromHistory(key)),
    ...of('named').filter(key => !disk.has(`batch/${rest(key)}`) || !isFromHistory(key)),
    ...of('held').filter(key => !disk.has(`batch/${rest(key)}`)),
    ...of('batch').filter(key => !disk.has(`named/${rest(key)}`) && !disk.has(`held/${rest(key)}`)),
    ...(snapshots.size > of('manifest').length + 1 ? [`${snapshots.size} snapshots`] : []),
  ]
}

/** The sequence of the stable checkpoint; 0: none. */
function stableIn(disk: Disk): number {
  const certificate = disk.get(diskNames.stable)
  return certificate === undefined ? 0 : (WireCertificate.decode(certificate).statement?.sequence ?? 0)
}

/** A sequence as the index of transactions and batches has it: 8 bytes. */
function placeIn(value: Uint8Array | undefined): number {
  if (value?.length !== 8) return Number.NaN
  const view = new DataView(value.buffer, value.byteOffset, 8)
  return view.getUint32(0) * 2 ** 32 + view.getUint32(4)
}
