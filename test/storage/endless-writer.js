/**
 * Writes without end to the directory given and prints the number of each write once it is acknowledged, or its error code.
 * Arguments: directory, bytes of padding. Started by a test, which kills it, or takes the disk away from it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { openLevelStore } from '../../dist/storage/level-store.js'

const [directory, paddingBytes = '0'] = process.argv.slice(2)
const padding = new Uint8Array(Number(paddingBytes))
const store = await openLevelStore({ directory })
let failures = 0

for (let i = 0; failures < 5; i++) {
  const operations = [
    { type: 'put', key: `write/${i}`, value: Buffer.from(`value ${i}`) },
    { type: 'put', key: 'write/last', value: Buffer.from(`value ${i}`) },
    { type: 'put', key: 'padding', value: padding },
  ]
  store.write(operations, { sync: i % 3 !== 0 }, error => {
    if (error !== null && failures++ === 0) process.stderr.write(`${error.message}\n`)
    process.stdout.write(`${error === null ? i : error.code}\n`)
  })
  if (i % 7 === 0) await sleep(1)
}
