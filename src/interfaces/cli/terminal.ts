/**
 * Where a command's words go: data to stdout, everything said about it to stderr, so that data can be piped on. Where a person looks, what
 * would command the screen is shown instead: much of what is printed comes from nodes and from who wrote into the state.
 */
import type { Writable } from 'node:stream'

export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** One line of data. */
  print(line: string): void
  /** One value as JSON, for --json. */
  printJson(value: unknown): void
  /** One line about what goes on. */
  note(line: string): void
  /**
   * Says what is being waited for when `work` takes more than two seconds, and how long it has been every two seconds.
   * @param what or what says how far it is
   */
  progress<T>(what: string | (() => string), work: Promise<T>): Promise<T>
}

const PROGRESS_MS = 2_000

export function createTerminal(components: {
  stdout: Writable
  stderr: Writable
  environment: Readonly<Record<string, string | undefined>>
}): Terminal {
  const { stdout, stderr, environment } = components
  const write = (stream: Writable & { readonly isTTY?: boolean }, line: string): void => {
    stream.write(`${stream.isTTY === true ? withoutCommands(line) : line}\n`)
  }
  const note = (line: string): void => write(stderr, line)
  return {
    environment,
    print: line => write(stdout, line),
    printJson: value => write(stdout, JSON.stringify(value)),
    note,
    async progress(what, work) {
      let seconds = 0
      const timer = setInterval(() => {
        seconds += PROGRESS_MS / 1_000
        note(`${typeof what === 'string' ? what : what()} ... ${seconds} s`)
      }, PROGRESS_MS)
      try {
        return await work
      } finally {
        clearInterval(timer)
      }
    },
  }
}

/** Controls, and what turns the direction of writing; lines and tabulators stay. */
const COMMANDS = /(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu
/** What ends a line, too. */
const LINE_COMMANDS = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu

function withoutCommands(text: string): string {
  return text.replace(COMMANDS, escaped)
}

/** Text of unknown origin as part of one line, so that nobody takes it for a line of ours: in quotes, where it is not plain. */
export function inOneLine(text: string): string {
  const isPlain = text.search(LINE_COMMANDS) < 0 && !text.startsWith('"')
  return isPlain ? text : JSON.stringify(text).replace(LINE_COMMANDS, escaped)
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** Columns padded to their widest cell. The first row is the heading. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length)
  }
  return rows.map(row =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
