/** Backs up a share for guardians. */
import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { createBackup, readBackup } from '../../../crypto/threshold/backup.ts'
import { nobleCurve } from '../../../crypto/threshold/noble-curve.ts'
import { networkIdOf } from '../../../membership/genesis.ts'
import { readGenesisFile } from '../../../node/genesis-file.ts'
import { readGuardiansFile } from '../../../node/guardian-files.ts'
import { kindOf } from '../../../node/key-kinds.ts'
import { KeyFileError, readKeystore } from '../../../node/keystore-file.ts'
import { writeNewFile } from '../../../node/new-file.ts'
import { parseShareDescription, readShareFile } from '../../../node/share-file.ts'
import { quorum } from '../../../pbft/quorum.ts'
import { CommandError, EXIT } from '../failure.ts'
import type { Terminal } from '../terminal.ts'
import {
  findPlace,
  type KeyPlace,
  keyFilesIn,
  type PlaceFlags,
  placePassword,
  refuseExisting,
} from './place.ts'
import { summaryLines, summaryOf } from './verify-backup.ts'

export interface BackupFlags extends PlaceFlags {
  readonly guardians: string
  readonly threshold: number
  readonly out: string
  readonly epoch?: number
  readonly genesis?: string
  readonly keyId?: Uint8Array
}

export async function runBackup(flags: BackupFlags, terminal: Terminal): Promise<void> {
  const place = findPlace(flags, terminal)
  const { threshold } = flags
  const guardians = readGuardiansFile(flags.guardians)
  if (threshold > guardians.length)
    throw new CommandError(
      EXIT.usage,
      `--threshold ${threshold} is more than the ${guardians.length} guardians in ${flags.guardians}`,
    )
  const genesisFile = flags.genesis ?? place.node?.genesisFile
  if (genesisFile === undefined)
    throw new CommandError(
      EXIT.usage,
      `there is no node in ${place.directory}: name the network with --genesis`,
    )
  const genesis = readGenesisFile(genesisFile)
  refuseExisting(flags.out)
  const file = await shareFileOf(flags.epoch, place)
  const {
    epoch,
    index,
    keyId: keyIdOfFile,
    share,
  } = await readShareFile(file, await placePassword(place, terminal))
  const keyId = flags.keyId ?? keyIdOfFile
  if (keyId.every(byte => byte === 0))
    throw new CommandError(
      EXIT.usage,
      `${file} does not say which key it is a share of: state it with --key-id`,
    )
  const subject = { networkId: networkIdOf(genesis), keyId, epoch, index }
  const order = { subject, share, guardians, threshold, createdMs: Date.now() }
  const container = createBackup(nobleCurve, order, randomBytes)
  share.fill(0)
  const backup = readBackup(nobleCurve, container)
  writeNewFile(flags.out, container, { mode: 0o644, what: 'backup' })
  if (flags.json === true) terminal.printJson({ file: resolve(flags.out), ...summaryOf(backup) })
  else for (const line of [`wrote ${flags.out}`, ...summaryLines(backup)]) terminal.print(line)
  const t = quorum(genesis.members.length)
  if (threshold < t)
    terminal.note(
      `${threshold} guardians who agree have this share; if they guard ${t} members' they have the key of the network`,
    )
  terminal.note(
    'give the file to every guardian, and read them the code. Destroy it when its epoch is retired',
  )
}

/** The share of the epoch, or of the latest one. */
async function shareFileOf(epoch: number | undefined, place: KeyPlace): Promise<string> {
  const shares: { readonly path: string; readonly epoch: number }[] = []
  for (const path of await keyFilesIn(place)) {
    const keystore = await readKeystoreOrNull(path)
    const share = keystore === null ? null : parseShareDescription(keystore.description)
    if (keystore !== null && kindOf(keystore) === 'share' && share !== null)
      shares.push({ path, epoch: share.epoch })
  }
  const wanted = epoch ?? Math.max(...shares.map(share => share.epoch))
  const found = shares.find(share => share.epoch === wanted)
  if (found !== undefined) return found.path
  const has =
    shares.length === 0 ? 'it has none' : `it has those of ${shares.map(share => share.epoch).join(', ')}`
  const what = epoch === undefined ? 'share' : `share of epoch ${epoch}`
  throw new CommandError(EXIT.usage, `there is no ${what} in ${place.shareDirectory}: ${has}`)
}

/** What is wrong with other files is for others to tell. */
async function readKeystoreOrNull(path: string) {
  try {
    return await readKeystore(path)
  } catch (error) {
    if (error instanceof KeyFileError) return null
    throw error
  }
}
