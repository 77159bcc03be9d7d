/** `quorate keys list`: every keystore of a directory, without a password. */
import { basename, relative } from 'node:path'
import type { Command } from 'commander'
import { toHex } from '../../../../lib/bytes.ts'
import { KeyFileError, readKeystore } from '../../../../node/keystore-file.ts'
import { type Terminal, table } from '../../terminal.ts'
import { addPlaceOptions, findPlace, type KeyPlace, keyFilesIn, type PlaceFlags } from './place.ts'

const EXAMPLES = `
Examples:
  quorate keys list                 in the directory of a node
  quorate keys list --dir ann --json`

export function addListCommand(keys: Command, terminal: Terminal): void {
  addPlaceOptions(keys.command('list').description('list the key files of a directory; asks for no password'))
    .addHelpText('after', EXAMPLES)
    .action((flags: PlaceFlags) => runList(flags, terminal))
}

async function runList(flags: PlaceFlags, terminal: Terminal): Promise<void> {
  const place = findPlace(flags, terminal)
  const entries = []
  for (const file of await keyFilesIn(place)) {
    const entry = await describe(file, place)
    if (entry !== null) entries.push(entry)
  }
  if (flags.json === true) return terminal.printJson(entries)
  if (entries.length === 0) return terminal.note(`there are no key files in ${place.directory}`)
  const rows = entries.map(({ file, description, publicKey }) => [file, description, publicKey])
  for (const line of table([['file', 'what it is', 'public key'], ...rows])) terminal.print(line)
}

async function describe(path: string, place: KeyPlace) {
  const file = relative(place.directory, path) || basename(path)
  try {
    const { description, publicKey } = await readKeystore(path)
    return { file, description, publicKey: toHex(publicKey) }
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error
    const isOther = error.code === 'MALFORMED' || error.code === 'UNSUPPORTED'
    return isOther ? null : { file, description: error.message, publicKey: '' }
  }
}
