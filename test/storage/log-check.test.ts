import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { utf8 } from '../../src/lib/bytes.ts'
import { openLevelStore } from '../../src/storage/level-store.ts'
import { crc32c, findLogDamage } from '../../src/storage/log-check.ts'
import { put, readRange, write } from './store-suite.ts'

const ALL = { gte: '', lt: '~', limit: 1_000 }
let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quorate-log-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

/** A database of ten acknowledged writes that are all still in its log. */
async function writeTen(valueBytes: number): Promise<string> {
  const store = await openLevelStore({ directory })
  for (let i = 0; i < 10; i++) await write(store, [put(`key/${i}`, `${i}`.padEnd(valueBytes))])
  await store.close()
  const logs = (await readdir(directory)).filter(file => file.endsWith('.log'))
  expect(logs).toHaveLength(1)
  return join(directory, logs[0] as string)
}

async function keysLeft(): Promise<number> {
  const store = await openLevelStore({ directory })
  const entries = await readRange(store, ALL)
  await store.close()
  return entries.length
}

describe('the check of the log', () => {
  it('computes CRC-32C', () => {
    expect(crc32c(utf8('123456789'))).toBe(0xe3069283)
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
  })

  it.each([10, 20_000])(
    'finds a changed byte in a log of whole writes of %i bytes, wherever another write follows',
    async valueBytes => {
      const path = await writeTen(valueBytes)
      const log = new Uint8Array(await readFile(path))
      expect(findLogDamage(log)).toBeNull()
      const lastWrite = Buffer.from(log).lastIndexOf('key/9')
      const step = Math.ceil(lastWrite / 150)
      const recordBytes = log.length / 10
      for (let at = 0; at < lastWrite - 40; at += step) {
        // The high byte of a length, set in the only block: the record then runs over the end, as a torn one does.
        if (valueBytes === 10 && at % recordBytes === 5) continue
        const changed = log.slice()
        changed[at] = (changed[at] as number) ^ 0x01
        expect(findLogDamage(changed) === null ? `byte ${at}` : 'found').toBe('found')
      }
    },
  )

  it('refuses to open a database whose log is damaged', async () => {
    const path = await writeTen(100)
    const log = await readFile(path)
    const at = log.indexOf('key/4')
    log[at] = 0
    await writeFile(path, log)
    await expect(openLevelStore({ directory })).rejects.toMatchObject({
      code: 'DAMAGED',
      message: expect.stringMatching(/has a bad record at byte \d+/),
    })
    expect(await readFile(path)).toEqual(log)
  })

  it.each([1, 50, 25_000, 60_000])(
    'takes a log with %i bytes torn off its end for what it is',
    async tornBytes => {
      const path = await writeTen(tornBytes < 100 ? 100 : 50_000)
      const log = await readFile(path)
      await writeFile(path, log.subarray(0, log.length - tornBytes))
      expect(await keysLeft()).toBe(tornBytes > 50_000 ? 8 : 9)
    },
  )

  it('takes a log that ends in zeros, as power losses leave it, for torn', async () => {
    const path = await writeTen(50_000)
    const log = await readFile(path)
    log.fill(0, log.length - 40_000)
    await writeFile(path, log)
    expect(await keysLeft()).toBe(9)
  })
})
