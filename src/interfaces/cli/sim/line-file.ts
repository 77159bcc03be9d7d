/** A text file that is written line by line, without waiting and without a system call for each. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { messageOf } from '../../../lib/thrown.ts'
import { CommandError, EXIT } from '../failure.ts'

export interface LineFile {
  write(line: string): void
  close(): void
}

const BUFFERED_CHARACTERS_MAX = 65_536

/** @throws CommandError when the file cannot be opened */
export function createLineFile(path: string): LineFile {
  const file = open(path)
  let parts: string[] = []
  let characters = 0
  const flush = (): void => {
    if (parts.length > 0) writeSync(file, `${parts.join('\n')}\n`)
    parts = []
    characters = 0
  }
  return {
    write(line) {
      parts.push(line)
      characters += line.length
      if (characters > BUFFERED_CHARACTERS_MAX) flush()
    },
    close() {
      flush()
      closeSync(file)
    },
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'w')
  } catch (error) {
    const why = messageOf(error)
    throw new CommandError(
      EXIT.storage,
      `the file ${path} cannot be written: ${why}; give one in a directory that is there and can be written`,
    )
  }
}
