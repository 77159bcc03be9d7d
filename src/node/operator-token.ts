import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { KeyFileError, readPrivateFile, writePrivateFile } from './keystore-file.ts'

/**
 * What tells the operator of a node from everybody else who reaches its API: whoever can read the node's data directory can read this
 * file. Made at the first start; remove it, and the next start makes another.
 */
const FILE = 'operator-token'
const TOKEN_BYTES = 32
const FILE_BYTES_MAX = 512
const TOKEN = /^[\x21-\x7e]{16,256}$/

/** @param directory of the node's data @throws KeyFileError NOT_FOUND before the first start, NOT_PRIVATE, MALFORMED */
export async function readOperatorToken(directory: string): Promise<string> {
  const path = join(directory, FILE)
  try {
    return await readTokenFile(path)
  } catch (error) {
    if (!(error instanceof KeyFileError) || error.code !== 'NOT_FOUND') throw error
    const message = `There is no token of the operator in "${path}"; the node makes it at its first start.`
    throw new KeyFileError('NOT_FOUND', message, { cause: error })
  }
}

/** @throws KeyFileError */
export async function readTokenFile(path: string): Promise<string> {
  const token = new TextDecoder().decode(await readPrivateFile(path, FILE_BYTES_MAX)).trim()
  if (TOKEN.test(token)) return token
  throw new KeyFileError('MALFORMED', `The file "${path}" holds no token of an operator.`)
}

/** @param directory of the node's data, made if need be */
export async function readOrMakeOperatorToken(directory: string): Promise<string> {
  try {
    return await readOperatorToken(directory)
  } catch (error) {
    if (!(error instanceof KeyFileError) || error.code !== 'NOT_FOUND') throw error
  }
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await writePrivateFile(join(directory, FILE), `${token}\n`, true)
  return token
}
