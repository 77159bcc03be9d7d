import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The example application as the README shows it, written to a file of its own. @returns the file's path */
export function writeReadmeExample(): string {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const code = /```js\n([\s\S]*?)```/.exec(readme)?.[1]
  if (code === undefined) throw new Error('the README shows no application')
  const file = join(mkdtempSync(join(tmpdir(), 'quorate-example-')), 'counter.mjs')
  writeFileSync(file, code)
  return file
}
