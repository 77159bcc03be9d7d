import { existsSync } from 'node:fs'
import { ClassicLevel } from 'classic-level'
import { openFailure } from './storage-errors.ts'

/**
 * Whether a process has the database open. LevelDB locks first and looks at what is there after that, so opening what must both be
 * there already and not be there yet always fails, tells by its error who holds the lock, and touches no entry.
 * @throws StorageError OPEN_FAILED when the lock cannot be tried
 */
export async function isDatabaseInUse(directory: string): Promise<boolean> {
  if (!existsSync(directory)) return false
  const database = new ClassicLevel(directory, { createIfMissing: false, errorIfExists: true })
  try {
    await database.open()
  } catch (error) {
    const failure = openFailure(directory, error)
    if (failure.code === 'LOCKED') return true
    if (failure.cause instanceof Error && failure.cause.message.startsWith('Invalid argument')) return false
    throw failure
  }
  await database.close()
  return false
}
