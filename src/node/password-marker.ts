import { open, readFile, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { syncDirectory } from '../storage/directory.ts'

/**
 * What a change of passwords leaves in a directory while it puts its files in place, one after the other: the names that the new
 * files have inside. Whoever finds it after a crash knows of each file, without any password, under which of the two it is.
 */
export interface PasswordMarker {
  readonly startedMs: number
  /** By file: the keystore's uuid under the new password. */
  readonly uuids: Readonly<Record<string, string>>
}

export const MARKER_FILE = '.password-change.json'
const MARKER_BYTES_MAX = 65_536

const markerSchema = z.object({
  format: z.literal('quorate-password-change/1'),
  startedMs: z.int(),
  uuids: z.record(z.string(), z.string()),
})

/** Durable when done. */
export async function writeMarker(directory: string, marker: PasswordMarker): Promise<void> {
  const file = await open(join(directory, MARKER_FILE), 'w', 0o600)
  try {
    await file.writeFile(`${JSON.stringify({ format: 'quorate-password-change/1', ...marker })}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await syncDirectory(directory)
}

export async function removeMarker(directory: string): Promise<void> {
  await rm(join(directory, MARKER_FILE), { force: true })
  await syncDirectory(directory)
}

/** @returns null where no change was interrupted; a marker that is none tells nothing, and no file depends on it */
async function readMarker(directory: string): Promise<PasswordMarker | null> {
  try {
    const text = await readFile(join(directory, MARKER_FILE), 'utf8')
    return text.length > MARKER_BYTES_MAX ? null : markerSchema.parse(JSON.parse(text))
  } catch {
    return null
  }
}

/** @param uuid of the keystore as it is @returns under which password an interrupted change left it; null: nobody changed it */
export async function passwordStateOf(path: string, uuid: string): Promise<'old' | 'new' | null> {
  const marker = await readMarker(dirname(path))
  const expected = marker?.uuids[basename(path)]
  if (expected === undefined) return null
  return expected === uuid ? 'new' : 'old'
}

/** What to say when a password does not open a file: nothing, or that it is no wonder. @returns the end of a sentence */
export async function interruptionHint(path: string, uuid: string): Promise<string> {
  const state = await passwordStateOf(path, uuid)
  if (state === null) return '.'
  const advice = 'Run quorate keys change-password again, with the same two passwords, to finish it.'
  return `: a change of passwords was interrupted, and this file is under the ${state} one. ${advice}`
}
