/** Builds the command once before the tests that run it as a process, when a source is newer than what was built. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MAIN } from '../../interfaces/cli/support/cli.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
/** Made last, by the bundler. */
const PAGE = join(MAIN, '../../../browser/page.html')

/** Run by vitest. A build that is named by QUORATE_TEST_MAIN is taken as it is. */
export function setup(): void {
  if (process.env.QUORATE_TEST_MAIN !== undefined || !isStale()) return
  const { status, stdout } = spawnSync('npm', ['run', 'build', '--silent'], { cwd: ROOT, encoding: 'utf8' })
  if (status !== 0) throw new Error(`the build failed:\n${stdout}`)
}

function isStale(): boolean {
  if (!existsSync(MAIN) || !existsSync(PAGE)) return true
  const source = join(ROOT, 'src')
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(file =>
    /\.(ts|html|css)$/.test(file),
  )
  const changedMs = Math.max(...files.map(file => statSync(join(source, file)).mtimeMs))
  return changedMs > statSync(MAIN).mtimeMs
}
