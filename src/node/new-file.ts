import { closeSync, fsyncSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { codeOf, messageOf } from '../lib/thrown.ts'

/** A file that shall be made is there already, or cannot be made. */
export class NewFileError extends Error {
  override readonly name = 'NewFileError'
  readonly code: 'EXISTS' | 'UNWRITABLE'
  constructor(code: NewFileError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/**
 * Makes a file, durable when the call returns, or leaves nothing of it.
 * @param what the file is, for the message: 'genesis file'
 * @throws NewFileError EXISTS: nothing is overwritten; UNWRITABLE
 */
export function writeNewFile(
  file: string,
  content: string | Uint8Array,
  { mode, what }: { mode: number; what: string },
): void {
  let isOurs = false
  try {
    const descriptor = openSync(file, 'wx', mode)
    isOurs = true
    syncAndClose(descriptor, () => writeFileSync(descriptor, content))
    syncAndClose(openSync(dirname(file), 'r'), () => {})
  } catch (cause) {
    if (isOurs) rmSync(file, { force: true })
    if (codeOf(cause) === 'EEXIST')
      throw new NewFileError('EXISTS', `the ${what} ${file} exists already and is not overwritten`, { cause })
    throw new NewFileError('UNWRITABLE', `the ${what} ${file} cannot be written: ${messageOf(cause)}`, {
      cause,
    })
  }
}

function syncAndClose(descriptor: number, write: () => void): void {
  try {
    write()
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
