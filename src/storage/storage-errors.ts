/** What LevelDB reports, as errors that name the directory and tell the operator what to do. */
import { StorageError } from '../runtime/ports.ts'

/** @param error what opening the database at `directory` was rejected with */
export function openFailure(directory: string, error: unknown): StorageError {
  const cause = rootCause(error)
  const code = (cause as { code?: unknown }).code
  if (code === 'LEVEL_LOCKED') {
    return new StorageError(
      'LOCKED',
      `The database in "${directory}" is in use by another process: stop that one first, or give this node a directory of its own.`,
      { cause },
    )
  }
  if (code === 'LEVEL_CORRUPTION') return damaged(directory, messageOf(cause), cause)
  return new StorageError(
    'OPEN_FAILED',
    `The database in "${directory}" cannot be opened: ${messageOf(cause)}.`,
    { cause },
  )
}

export function damaged(directory: string, what: string, cause?: unknown): StorageError {
  return new StorageError(
    'DAMAGED',
    `The database in "${directory}" is damaged (${what}): nothing was changed; move the directory away and start with an empty one, and the node fetches its state from the other members.`,
    { cause },
  )
}

export function writeFailure(directory: string, error: unknown): StorageError {
  const cause = rootCause(error)
  return new StorageError(
    'WRITE_FAILED',
    `The database in "${directory}" cannot be written: ${messageOf(cause)}.`,
    { cause },
  )
}

export function readFailure(directory: string, error: unknown): StorageError {
  const cause = rootCause(error)
  return new StorageError(
    'READ_FAILED',
    `The database in "${directory}" cannot be read: ${messageOf(cause)}.`,
    { cause },
  )
}

/** Level wraps the error of LevelDB, which is the one that says something, in one of its own. */
function rootCause(error: unknown): object {
  let cause = error
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause
  return cause instanceof Error ? cause : new Error(String(cause))
}

function messageOf(cause: object): string {
  return cause instanceof Error ? cause.message.replace(/\.$/, '') : 'unknown error'
}
