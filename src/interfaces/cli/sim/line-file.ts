/** A text file that is written line by line, without waiting and without a system call for each. */
import { closeSync, openSync, writeSync } from 'node:fs'

export interface LineFile {
  write(line: string): void
  close(): void
}

const BUFFERED_CHARACTERS_MAX = 65_536

export function createLineFile(path: string): LineFile {
  const file = openSync(path, 'w')
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
