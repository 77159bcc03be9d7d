import { mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncDirectory } from '../storage/directory.ts'
import { createPrivateFile, isOpenToOthers, KeyFileError, readPrivateFile } from './keystore-file.ts'

/**
 * The single steps by which secrets get on and off a disk. Each is done or not; what an operation of several steps leaves when the
 * machine stops between two of them is the business of whoever puts them together.
 */
export interface SecretFiles {
  /** Makes it if need be, for its owner alone, and durable. @throws KeyFileError NOT_PRIVATE when it is open to others */
  makeDirectory(path: string): Promise<void>
  list(directory: string): Promise<readonly string[]>
  /** @throws KeyFileError NOT_PRIVATE, MALFORMED when it is larger than any secret, NOT_FOUND, UNREADABLE */
  read(path: string): Promise<Uint8Array>
  /** A new file for its owner alone; its content is durable, its name not yet. */
  create(path: string, content: Uint8Array): Promise<void>
  /** Replaces what has the new name. */
  rename(from: string, to: string): Promise<void>
  /** Zeros over all that is in it, durable. */
  overwrite(path: string): Promise<void>
  remove(path: string): Promise<void>
  /** Makes durable which files there are. */
  syncDirectory(path: string): Promise<void>
}

const SECRET_FILE_BYTES_MAX = 131_072

export const secretFiles: SecretFiles = {
  async makeDirectory(path) {
    await mkdir(path, { recursive: true, mode: 0o700 })
    await syncDirectory(dirname(path))
    const { mode } = await stat(path)
    if (isOpenToOthers(mode)) {
      const message = `The directory "${path}" holds keys and is open to other users: run chmod 700 on it.`
      throw new KeyFileError('NOT_PRIVATE', message)
    }
  },
  list: directory => readdir(directory),
  read: path => readPrivateFile(path, SECRET_FILE_BYTES_MAX),
  create: createPrivateFile,
  rename,
  async overwrite(path) {
    const file = await open(path, 'r+')
    try {
      const { size } = await file.stat()
      await file.writeFile(new Uint8Array(size))
      await file.sync()
    } finally {
      await file.close()
    }
  },
  remove: unlink,
  syncDirectory,
}
