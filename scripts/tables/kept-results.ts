/**
 * What came of worlds, kept in a file line by line, so that a run of hours that was interrupted goes on where it was. Results are those of one
 * program: a file from before a change of the sources is refused. One that was cut off in the middle of a line lacks that line.
 */
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What runs worlds, and what picks figures of them. */
const SOURCES = ['../../src', '.'].map(path => fileURLToPath(new URL(path, import.meta.url)))

export interface KeptResults<Asked, Result> {
  get(asked: Asked): Result | undefined
  /** Written when it returns. */
  add(asked: Asked, result: Result): void
}

/** @param file null: in memory alone @throws when it is another program's, or no such file */
export function openKeptResults<Asked, Result>(
  file: string | null,
  program = hashOfFiles(SOURCES),
): KeptResults<Asked, Result> {
  const nameOf = (asked: Asked): string => JSON.stringify(asked)
  const results = new Map<string, Result>()
  if (file !== null && existsSync(file)) {
    const text = readFileSync(file, 'utf8')
    const [first = '', ...lines] = text.split('\n')
    if (first !== JSON.stringify({ program }))
      throw new Error(`${file} is not of these sources: name another file, or remove it`)
    // What is after the last end of a line is no whole one.
    for (const line of lines.slice(0, -1)) {
      const { asked, result } = JSON.parse(line) as { asked: Asked; result: Result }
      results.set(nameOf(asked), result)
    }
    truncateSync(file, Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1)))
  } else if (file !== null) {
    writeFileSync(file, `${JSON.stringify({ program })}\n`)
  }
  return {
    get: asked => results.get(nameOf(asked)),
    add(asked, result) {
      results.set(nameOf(asked), result)
      if (file !== null) appendFileSync(file, `${JSON.stringify({ asked, result })}\n`)
    },
  }
}

/** Of names and contents of all TypeScript in some directories. */
function hashOfFiles(directories: readonly string[]): string {
  const hash = createHash('sha256')
  for (const directory of directories) {
    const names = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    for (const name of names.filter(name => name.endsWith('.ts')).sort())
      hash
        .update(`${name}\0`)
        .update(readFileSync(join(directory, name)))
        .update('\0')
  }
  return hash.digest('hex')
}
