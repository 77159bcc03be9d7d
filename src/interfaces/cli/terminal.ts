/** Where a command's words go: data to stdout, everything said about it to stderr, so that data can be piped on. */
import type { Writable } from 'node:stream'

export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** One line of data. */
  print(line: string): void
  /** One value as JSON, for --json. */
  printJson(value: unknown): void
  /** One line about what goes on. */
  note(line: string): void
  /** Says what is being waited for when `work` takes more than two seconds, and how long it has been every two seconds. */
  progress<T>(what: string, work: Promise<T>): Promise<T>
}

const PROGRESS_MS = 2_000

export function createTerminal(components: {
  stdout: Writable
  stderr: Writable
  environment: Readonly<Record<string, string | undefined>>
}): Terminal {
  const { stdout, stderr, environment } = components
  const note = (line: string): void => {
    stderr.write(`${line}\n`)
  }
  return {
    environment,
    print: line => {
      stdout.write(`${line}\n`)
    },
    printJson: value => {
      stdout.write(`${JSON.stringify(value)}\n`)
    },
    note,
    async progress(what, work) {
      let seconds = 0
      const timer = setInterval(() => {
        seconds += PROGRESS_MS / 1_000
        note(`${what} ... ${seconds} s`)
      }, PROGRESS_MS)
      try {
        return await work
      } finally {
        clearInterval(timer)
      }
    },
  }
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
