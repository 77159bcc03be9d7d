/** The log of a node: JSON lines for machines, or one plain line for people. */
import { Writable } from 'node:stream'
import pino from 'pino'
import type { Logger } from '../../lib/logger.ts'
import type { NodeConfig } from '../../node/config.ts'

/** Writes to stdout, at once: the last line before a crash is the one that is wanted. */
export function createLogger(options: NodeConfig['log']): Logger {
  const settings = { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  const file = pino.destination({ dest: 1, sync: true })
  return options.format === 'json' ? pino(settings, file) : pino(settings, plainText(file))
}

function plainText(file: { write(line: string): unknown }): Writable {
  return new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      const { level, time, msg, ...data } = JSON.parse(line) as Record<string, unknown>
      const label = (pino.levels.labels[Number(level)] ?? '').padEnd(5)
      const details = Object.entries(data).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`)
      file.write(`${String(time)} ${label} ${String(msg)}${details.join('')}\n`)
      done()
    },
  })
}
