#!/usr/bin/env node
/** The command line of quorate. Everything that a command needs is loaded when it runs, so that --help is quick. */
import { EXIT } from './failure.ts'
import { runCli } from './run.ts'
import { createTerminal } from './terminal.ts'

const terminal = createTerminal({ stdout: process.stdout, stderr: process.stderr, environment: process.env })

/** A reader that has seen enough (quorate watch | head) is no failure; a disk that is full is one. */
function onLost(error: NodeJS.ErrnoException): never {
  if (error.code === 'EPIPE') process.exit(EXIT.done)
  terminal.note(`quorate: what is printed cannot be written: ${error.message}`)
  process.exit(EXIT.storage)
}

process.stdout.on('error', onLost)

const exitCode = await runCli(process.argv.slice(2), terminal)
// What a library left open must not keep a command that is done.
process.stdout.write('', error => (error ? onLost(error) : process.exit(exitCode)))
