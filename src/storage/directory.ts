import { mkdir, open, readdir, readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { StorageError } from '../runtime/ports.ts'
import { findLogDamage } from './log-check.ts'
import { damaged, openFailure } from './storage-errors.ts'

/**
 * Makes the directory of a database, so that it is still there after a loss of power, and refuses what LevelDB would accept
 * with entries missing: it starts anew wherever the file CURRENT is not, and it skips damaged records of its log.
 * @throws StorageError DAMAGED or OPEN_FAILED
 */
export async function prepareDirectory(directory: string): Promise<void> {
  try {
    await makeDurable(resolve(directory))
    await refuseDamage(directory)
  } catch (error) {
    throw error instanceof StorageError ? error : openFailure(directory, error)
  }
}

async function refuseDamage(directory: string): Promise<void> {
  const files = await readdir(directory)
  const hasContent = files.some(file => /^(MANIFEST-\d+|\d+\.(ldb|sst|log))$/.test(file))
  if (hasContent && !files.includes('CURRENT')) throw damaged(directory, 'its file CURRENT is missing')
  for (const file of files.filter(file => /^\d+\.log$/.test(file))) {
    const offset = findLogDamage(await readFile(join(directory, file)))
    if (offset !== null) throw damaged(directory, `${file} has a bad record at byte ${offset}`)
  }
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
