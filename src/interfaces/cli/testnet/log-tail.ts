/** The last words of a process: the last error in its log, which is mostly JSON lines of pino and sometimes a stack. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

const TAIL_BYTES = 16_384
const WORDS_MAX = 500
/** pino's number for `error`. */
const ERROR_LEVEL = 50

/** @returns null when the log says nothing of an error */
export function lastErrorOf(file: string): string | null {
  const lines = tailOf(file).split('\n').reverse()
  for (const line of lines) {
    const words = errorIn(line.trim())
    if (words !== null) return words.slice(0, WORDS_MAX)
  }
  return null
}

function errorIn(line: string): string | null {
  if (line === '' || line.startsWith('at ') || line.startsWith('Node.js v') || line === '}') return null
  if (!line.startsWith('{')) return line
  try {
    const { level, msg, err } = JSON.parse(line) as {
      level?: number
      msg?: string
      err?: { message?: string }
    }
    if (level === undefined || level < ERROR_LEVEL) return null
    return [msg, err?.message].filter(part => part !== undefined).join(': ')
  } catch {
    return null
  }
}

function tailOf(file: string): string {
  try {
    const descriptor = openSync(file, 'r')
    try {
      const { size } = fstatSync(descriptor)
      const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES))
      readSync(descriptor, buffer, 0, buffer.length, size - buffer.length)
      return buffer.toString('utf8')
    } finally {
      closeSync(descriptor)
    }
  } catch {
    return ''
  }
}
