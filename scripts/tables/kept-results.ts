/**
 * What came of worlds, kept in a file line by line, so that a run of hours that was interrupted goes on where it was. Results are those of one
 * program: a file from before a change of the sources is refused. One that was cut off in the middle of a line lacks that line.
 */
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SOURCES = fileURLToPath(new URL('../../src', import.meta.url))

export interface KeptResults<Asked, Result> {
  readonly size: number
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
    const [first = '', ...lines] = readFileSync(file, 'utf8').split('\n')
    if (first !== JSON.stringify({ program }))
      throw new Error(`${file} is not of these sources: name another file, or remove it`)
    // What is after the last end of a line is no whole one.
    const whole = lines.slice(0, -1)
    for (const line of whole) {
      const { asked, result } = JSON.parse(line) as { asked: Asked; result: Result }
      results.set(nameOf(asked), result)
    }
    writeFileSync(file, [first, ...whole, ''].join('\n'))
  } else if (file !== null) {
    writeFileSync(file, `${JSON.stringify({ program })}\n`)
  }
  return {
    get size() {
      return results.size
    },
    get: asked => results.get(nameOf(asked)),
    add(asked, result) {
      results.set(nameOf(asked), result)
      if (file !== null) appendFileSync(file, `${JSON.stringify({ asked, result })}\n`)
    },
  }
}

/** Of names and contents of all TypeScript in a directory. */
function hashOfFiles(directory: string): string {
  const hash = createHash('sha256')
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter(name =>
    name.endsWith('.ts'),
  )
  for (const name of names.sort())
    hash
      .update(`${name}\0`)
      .update(readFileSync(join(directory, name)))
      .update('\0')
  return hash.digest('hex')
}
