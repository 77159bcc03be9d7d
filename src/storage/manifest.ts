/**
 * Which tables a LevelDB database consists of: the sum of the edits in its manifest, which is a log of the same format as the
 * write-ahead log. LevelDB checks the manifest itself when it opens it, so a fault here only ends the reading.
 *
 * Format (LevelDB, db/version_edit.cc): fields of a tag and its values, all varints; texts with their length before them.
 */
import { logRecords } from './log-check.ts'
import { VarintReader } from './table-check.ts'

const DELETED_FILE = 6
const NEW_FILE = 7
/** Of every tag: `n` a number, `t` a text. */
const FIELDS: Readonly<Record<number, string>> = {
  1: 't',
  2: 'n',
  3: 'n',
  4: 'n',
  5: 'nt',
  [DELETED_FILE]: 'nn',
  [NEW_FILE]: 'nnntt',
  9: 'n',
}

/** @param manifest the bytes of the file that CURRENT names @returns the numbers of the tables */
export function tablesIn(manifest: Uint8Array): ReadonlySet<number> {
  const tables = new Set<number>()
  for (const record of logRecords(manifest)) {
    const reader = new VarintReader(record, 0, record.length)
    while (!reader.isAtEnd) {
      const tag = reader.varint()
      const numbers = readFields(reader, FIELDS[tag ?? 0] ?? '')
      if (numbers === null) break
      const [, file] = numbers
      if (tag === NEW_FILE && file !== undefined) tables.add(file)
      if (tag === DELETED_FILE && file !== undefined) tables.delete(file)
    }
  }
  return tables
}

/** @returns the numbers among the fields, or null when they are not there or not known */
function readFields(reader: VarintReader, fields: string): readonly number[] | null {
  const numbers: number[] = []
  for (const field of fields) {
    const number = reader.varint()
    if (number === null || (field === 't' && !reader.skip(number))) return null
    if (field === 'n') numbers.push(number)
  }
  return fields === '' ? null : numbers
}
