import { mkdir, open, readdir, readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { StorageError } from '../runtime/ports.ts'
import { findLogDamage } from './log-check.ts'
import { tablesIn } from './manifest.ts'
import { damaged, openFailure } from './storage-errors.ts'
import { findTableDamage } from './table-check.ts'

/**
 * Makes the directory of a database, so that it is still there after a loss of power, and refuses what LevelDB would accept
 * with entries missing: it starts anew wherever the file CURRENT is not, and it skips damaged records of its log, and it
 * reads damaged tables as if they were whole.
 * @throws StorageError DAMAGED or OPEN_FAILED; the reason of the signal, which is looked at between two files
 */
export async function prepareDirectory(directory: string, signal?: AbortSignal): Promise<void> {
  try {
    await makeDurable(resolve(directory))
    await refuseDamage(directory, signal)
  } catch (error) {
    signal?.throwIfAborted()
    throw error instanceof StorageError ? error : openFailure(directory, error)
  }
}

async function refuseDamage(directory: string, signal: AbortSignal | undefined): Promise<void> {
  const files = await readdir(directory)
  const hasContent = files.some(file => /^(MANIFEST-\d+|\d+\.(ldb|sst|log))$/.test(file))
  if (hasContent && !files.includes('CURRENT')) throw damaged(directory, 'its file CURRENT is missing')
  for (const file of files.filter(file => /^\d+\.log$/.test(file))) {
    signal?.throwIfAborted()
    const offset = findLogDamage(await readFile(join(directory, file)))
    if (offset !== null) throw damaged(directory, `${file} has a bad record at byte ${offset}`)
  }
  for (const file of await tablesOf(directory, files)) {
    signal?.throwIfAborted()
    const offset = findTableDamage(await readFile(join(directory, file)))
    if (offset !== null) throw damaged(directory, `${file} has a bad block at byte ${offset}`)
  }
}

/** The files of the tables that the database consists of now; LevelDB itself tells when one is missing. */
async function tablesOf(directory: string, files: readonly string[]): Promise<readonly string[]> {
  if (!files.includes('CURRENT')) return []
  const manifest = (await readFile(join(directory, 'CURRENT'), 'latin1')).trimEnd()
  if (!/^MANIFEST-\d+$/.test(manifest) || !files.includes(manifest)) return []
  const numbers = tablesIn(await readFile(join(directory, manifest)))
  return files.filter(file => /^\d+\.(ldb|sst)$/.test(file) && numbers.has(Number.parseInt(file, 10)))
}

async function makeDurable(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  for (let path = directory; ; path = dirname(path)) {
    await syncDirectory(path)
    if (path === dirname(first)) return
  }
}

/** A new file is safe only when the directory that names it is. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
