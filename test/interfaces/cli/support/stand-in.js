// Stands in for the CLI where a test is about the supervisor and not about the node: a real process that is started the
// same way, answers /readyz, stops at SIGTERM and ends when its parent does. What it is to do stands in its configuration.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

const config = JSON.parse(readFileSync(process.argv[process.argv.indexOf('--config') + 1], 'utf8'))

process.once('disconnect', () => process.exit(130))
if (process.connected === false) process.exit(130)
process.stdout.write(`${process.argv.slice(2).join(' ')}\n`)
if (config.deaf) process.on('SIGTERM', () => {})
else process.on('SIGTERM', () => process.exit(0))

if (config.failure !== undefined) {
  process.stdout.write(`${JSON.stringify({ level: 30, msg: 'begins' })}\n`)
  process.stderr.write(`quorate: ${config.failure}\n`)
  process.exit(7)
}

createServer((_request, response) => response.end('{}')).listen(config.http.port, '127.0.0.1')
