import { existsSync } from 'node:fs'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Tells a first start from a loss. Whoever makes a key also makes its data directory, with a mark in it; the first start takes the
 * mark away. A directory with neither mark nor data has lost what the key signed, and the member must catch up before it votes.
 */
const MARK = 'NEVER_STARTED'

/** For the maker of a new key: this directory belongs to a key that never signed anything. */
export async function markNeverStarted(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const file = await open(join(directory, MARK), 'w', 0o600)
  await file.sync()
  await file.close()
}

export function isFirstStart(directory: string): boolean {
  return existsSync(join(directory, MARK))
}

/** What was written since makes the mark untrue. */
export async function forgetFirstStart(directory: string): Promise<void> {
  await rm(join(directory, MARK), { force: true })
  // Else a loss of power could bring the mark back, and a used key would pass for a new one.
  const entry = await open(directory, 'r')
  await entry.sync()
  await entry.close()
}
