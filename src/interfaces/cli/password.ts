/** Where the password of a key comes from: a file, the environment, or the person at the terminal, in this order. */
import { readFileSync, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { type Readable, Writable } from 'node:stream'
import { codeOf } from '../../lib/thrown.ts'
import { CommandError, EXIT } from './failure.ts'

export interface PasswordSource {
  readonly passwordFile?: string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Ask twice: the password is a new one. */
  readonly confirm: boolean
  /** Names the key in the question. */
  readonly keyFile: string
  /** The flag that names a file with the password, for the advice. */
  readonly flag?: string
  /** The environment's variable that holds the password. */
  readonly variable?: string
}

const PASSWORD_BYTES_MAX = 4_096

/** @throws CommandError when there is no password, or the file with it is open to others */
export async function readPassword(source: PasswordSource): Promise<string> {
  const { flag = '--key-password-file', variable = 'QUORATE_PASSWORD' } = source
  if (source.passwordFile !== undefined) return readPasswordFile(source.passwordFile)
  const fromEnvironment = source.environment[variable]
  if (fromEnvironment !== undefined && fromEnvironment !== '') return fromEnvironment
  if (!process.stdin.isTTY) {
    const ways = `give ${flag}, set ${variable}, or run in a terminal`
    throw new CommandError(EXIT.password, `no password for the key ${source.keyFile}: ${ways}`)
  }
  const terminal = { input: process.stdin, output: process.stderr }
  const password = await askHidden(`password of ${source.keyFile}: `, terminal)
  if (password === '') throw new CommandError(EXIT.password, 'the password is empty')
  if (source.confirm && (await askHidden('the same again: ', terminal)) !== password) {
    throw new CommandError(EXIT.password, 'the two passwords differ')
  }
  return password
}

function readPasswordFile(file: string): string {
  let text: string
  try {
    const { mode, size } = statSync(file)
    if ((mode & 0o077) !== 0) {
      throw new CommandError(
        EXIT.password,
        `the password file ${file} can be read by others: run chmod 600 ${file}`,
      )
    }
    if (size > PASSWORD_BYTES_MAX)
      throw new CommandError(EXIT.password, `the password file ${file} is too long`)
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof CommandError) throw error
    const code = codeOf(error) ?? String(error)
    throw new CommandError(EXIT.password, `the password file ${file} cannot be read (${code})`)
  }
  const password = text.replace(/\r?\n$/, '')
  if (password === '') throw new CommandError(EXIT.password, `the password file ${file} is empty`)
  return password
}

/**
 * One line from a terminal, not echoed; nothing when its input ends.
 * @throws CommandError when Ctrl-C is pressed instead
 */
export function askHidden(
  question: string,
  { input, output }: { readonly input: Readable; readonly output: Writable },
): Promise<string> {
  const muted = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input, output: muted, terminal: true, historySize: 0 })
  output.write(question)
  return new Promise<string>((resolve, reject) => {
    // Closing says so before it returns, so what came of the question is settled first.
    lines.once('SIGINT', () => {
      reject(new CommandError(EXIT.interrupted, 'interrupted'))
      lines.close()
    })
    lines.once('line', line => {
      resolve(line)
      lines.close()
    })
    lines.once('close', () => resolve(''))
  }).finally(() => output.write('\n'))
}
