import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { runCli } from '../../../../src/interfaces/cli/run.ts'
import { createTerminal } from '../../../../src/interfaces/cli/terminal.ts'

export interface Outcome {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command in this process. */
export async function cli(
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<Outcome> {
  const [stdout, stderr] = [sink(), sink()]
  const exitCode = await runCli(args, createTerminal({ stdout, stderr, environment }))
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() }
}

function sink(): Writable & { text(): string } {
  const chunks: string[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk))
      done()
    },
  })
  return Object.assign(stream, { text: () => chunks.join('') })
}

/** The built CLI; `npm test` builds it first. */
export const MAIN =
  process.env.QUORATE_TEST_MAIN ??
  fileURLToPath(new URL('../../../../dist/interfaces/cli/main.js', import.meta.url))

/** Runs the built command as a process of its own. */
export async function cliProcess(
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Outcome> {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is not there: npm run build makes it`)
  const env = { ...process.env, ...options.env }
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
    cwd: options.cwd,
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', chunk => {
    stdout += String(chunk)
  })
  child.stderr.on('data', chunk => {
    stderr += String(chunk)
  })
  const exitCode = await new Promise<number | null>(resolve => child.once('close', resolve))
  return { exitCode, stdout, stderr }
}
