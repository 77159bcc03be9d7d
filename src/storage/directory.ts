import { mkdir, open, readdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { damaged, openFailure } from './storage-errors.ts'

/**
 * Makes the directory of a database, so that it is still there after a loss of power, and refuses one that LevelDB would take
 * for empty although it is not: LevelDB starts anew wherever the file CURRENT is missing, and deletes what it finds.
 * @throws StorageError DAMAGED or OPEN_FAILED
 */
export async function prepareDirectory(directory: string): Promise<void> {
  try {
    await makeDurable(resolve(directory))
  } catch (error) {
    throw openFailure(directory, error)
  }
  const files = await readdir(directory)
  const tables = files.filter(file => /^(MANIFEST-\d+|\d+\.(ldb|sst|log))$/.test(file))
  if (tables.length > 0 && !files.includes('CURRENT')) throw damaged(directory, 'its file CURRENT is missing')
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
