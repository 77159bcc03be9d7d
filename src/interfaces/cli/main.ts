#!/usr/bin/env node
import { EXIT } from './failure.ts'
import { runCli } from './run.ts'
/** The command line of quorate. Everything that a command needs is loaded when it runs, so that --help is quick. */
import { createTerminal } from './terminal.ts'

const terminal = createTerminal({ stdout: process.stdout, stderr: process.stderr, environment: process.env })

// A reader that has seen enough (quorate watch | head) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.failed),
)

const exitCode = await runCli(process.argv.slice(2), terminal)
// What a library left open must not keep a command that is done.
process.stdout.write('', () => process.exit(exitCode))
