import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { createTerminal } from '../../../src/interfaces/cli/terminal.ts'

const SPITEFUL = 'red\u001b[2J\u009b2J\u202e\r\tgreen\nblue'

function printed(isTTY: boolean, value: unknown): { stdout: string; stderr: string } {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()].map(stream =>
    Object.assign(stream, { isTTY }),
  )
  if (stdout === undefined || stderr === undefined) throw new Error('two streams')
  const terminal = createTerminal({ stdout, stderr, environment: {} })
  terminal.print(SPITEFUL)
  terminal.printJson(value)
  terminal.note(SPITEFUL)
  return { stdout: String(stdout.read()), stderr: String(stderr.read()) }
}

it('commands nothing on a screen, whatever is printed', () => {
  const shown = 'red\\u001b[2J\\u009b2J\\u202e\\u000d\tgreen\nblue\n'
  expect(printed(true, '\u009b')).toEqual({ stdout: `${shown}"\\u009b"\n`, stderr: shown })
})

it('hands on what is piped as it is', () => {
  expect(printed(false, 1)).toEqual({ stdout: `${SPITEFUL}\n1\n`, stderr: `${SPITEFUL}\n` })
})
