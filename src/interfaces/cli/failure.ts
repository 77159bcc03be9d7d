/** How a command ends when it does not end well: one sentence for people on stderr, one number for scripts. */

/** Exit codes. They are part of the interface: scripts tell causes apart by them. */
export const EXIT = {
  done: 0,
  /**
   * Of a simulated world: it broke what must hold. Of a replay: it is not what was recorded. Of disks: they prove who broke the
   * protocol. Of a node's answer: it is not proved. As with test runners and `diff`.
   */
  violation: 1,
  /** As with most tools, so that a script does not take a misspelt flag for a find. */
  usage: 2,
  refused: 3,
  password: 4,
  addressInUse: 5,
  storage: 6,
  failed: 7,
  unreachable: 8,
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export const EXIT_HELP = `
Exit codes:
  0    done
  1    something that must hold did not: in a simulated world, a replayed recording, an answer that was verified, or by
       what is signed on disks
  2    wrong flags, or a wrong file: configuration, genesis, descriptor, world, recording
  3    a transaction was refused, or the application refused to do it
  4    wrong or missing password
  5    an address or port is in use, or not one to listen on
  6    the data directory is in use or damaged, or a file or directory cannot be written
  7    the node or a process of it failed by itself
  8    the node or network cannot be reached, or did not answer in time, or not as a node does
  130  interrupted by Ctrl-C; 0 where that is how it ends: start when the node runs, testnet, and watch without --count`

/** A failure that was foreseen: its message is all that a person needs to see. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: ExitCode
  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** Codes of errors of the parts below, by what they mean to a script. */
const CODES: Readonly<Record<string, ExitCode>> = {
  EADDRINUSE: EXIT.addressInUse,
  EADDRNOTAVAIL: EXIT.addressInUse,
  PORT_IN_USE: EXIT.addressInUse,
  ADDRESS_IN_USE: EXIT.addressInUse,
  ADDRESS_REFUSED: EXIT.addressInUse,
  LISTEN_FAILED: EXIT.addressInUse,
  BAD_ADDRESS: EXIT.usage,
  CONFLICT: EXIT.failed,
  STORE_FAILED: EXIT.storage,
  WRONG_PASSWORD: EXIT.password,
  CHANGED: EXIT.password,
  LOCKED: EXIT.storage,
  DAMAGED: EXIT.storage,
  UNWRITABLE: EXIT.storage,
  WRITE_FAILED: EXIT.storage,
  READ_FAILED: EXIT.storage,
  OPEN_FAILED: EXIT.storage,
  OTHER_NETWORK: EXIT.storage,
  OTHER_KEY: EXIT.storage,
  ENOSPC: EXIT.storage,
  EACCES: EXIT.storage,
  EPERM: EXIT.storage,
  EROFS: EXIT.storage,
  ENOTDIR: EXIT.storage,
  EISDIR: EXIT.storage,
  ABORTED: EXIT.interrupted,
  ABORT_ERR: EXIT.interrupted,
  UNREACHABLE: EXIT.unreachable,
  CONNECTION_LOST: EXIT.unreachable,
  BAD_ANSWER: EXIT.unreachable,
  TIMED_OUT: EXIT.unreachable,
  ECONNREFUSED: EXIT.unreachable,
}

const NAMES: Readonly<Record<string, ExitCode>> = {
  ConfigError: EXIT.usage,
  KeyFileError: EXIT.usage,
  NewFileError: EXIT.usage,
  ApplicationLoadError: EXIT.usage,
  MclError: EXIT.usage,
  ThresholdWorkerError: EXIT.failed,
  AbortError: EXIT.interrupted,
  TimeoutError: EXIT.unreachable,
}

/** What to print and how to exit for anything that was thrown. The stack is shown for what nobody foresaw. */
export function describeFailure(error: unknown): { exitCode: ExitCode; text: string } {
  if (error instanceof CommandError) return { exitCode: error.exitCode, text: error.message }
  if (!(error instanceof Error)) return { exitCode: EXIT.failed, text: String(error) }
  const { code, status } = error as { code?: unknown; status?: unknown }
  // A code may be what a node sent: any text.
  const isKnown = typeof code === 'string' && Object.hasOwn(CODES, code)
  const known = (isKnown ? CODES[code] : undefined) ?? NAMES[error.name]
  if (known !== undefined) return { exitCode: known, text: asClause(error.message) }
  if (error.name === 'QuorateClientError') {
    const refused = typeof status !== 'number' || status < 500
    return { exitCode: refused ? EXIT.refused : EXIT.unreachable, text: asClause(error.message) }
  }
  return { exitCode: EXIT.failed, text: error.stack ?? error.message }
}

/** What the parts below say are sentences; behind `quorate:` it goes on in small letters, as with everything that is said here. */
function asClause(message: string): string {
  return message.replace(/^[A-Z](?=[a-z]* )/, letter => letter.toLowerCase()).replace(/\.$/, '')
}
