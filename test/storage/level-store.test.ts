import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StorageError } from '../../src/runtime/ports.ts'
import { type LevelStore, openLevelStore } from '../../src/storage/level-store.ts'
import { clear, describeStore, put, readRange, text, write } from './store-suite.ts'

const WRITER = fileURLToPath(new URL('./endless-writer.js', import.meta.url))
const BUILT = fileURLToPath(new URL('../../dist/storage/level-store.js', import.meta.url))

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quorate-store-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

describeStore('LevelStore', async () => {
  const own = await mkdtemp(join(tmpdir(), 'quorate-store-'))
  let store: LevelStore = await openLevelStore({ directory: own })
  return {
    store,
    async reopen() {
      await store.close()
      store = await openLevelStore({ directory: own })
      return store
    },
    async remove() {
      await store.close()
      await rm(own, { recursive: true, force: true })
    },
  }
})

describe('LevelStore', () => {
  it('makes the directories that lead to it', async () => {
    const store = await openLevelStore({ directory: join(directory, 'a', 'b') })
    await store.close()
    expect(existsSync(join(directory, 'a', 'b', 'CURRENT'))).toBe(true)
  })

  it('refuses a database that is open elsewhere', async () => {
    const store = await openLevelStore({ directory })
    const failure = await openLevelStore({ directory }).catch((error: unknown) => error)
    expect(failure).toMatchObject({ name: 'StorageError', code: 'LOCKED' })
    expect(String(failure)).toContain(`"${directory}" is in use by another process`)
    await store.close()
  })

  it.each([
    [
      'a manifest cut short',
      (name: string) => name.startsWith('MANIFEST'),
      (path: string) => truncate(path, 10),
    ],
    [
      'CURRENT overwritten',
      (name: string) => name === 'CURRENT',
      (path: string) => writeFile(path, 'rubbish'),
    ],
    ['CURRENT missing', (name: string) => name === 'CURRENT', (path: string) => rm(path)],
    ['a table missing', (name: string) => name.endsWith('.ldb'), (path: string) => rm(path)],
  ])('refuses a damaged database: %s', async (_, isVictim, damage) => {
    const store = await openLevelStore({ directory, writeBufferBytes: 65_536 })
    for (let i = 0; i < 8; i++) await write(store, [put(`k${i}`, 'x'.repeat(40_000) + Math.sin(i))])
    await store.close()
    await (await openLevelStore({ directory })).close()
    const victims = (await readdir(directory)).filter(isVictim)
    expect(victims).not.toEqual([])
    for (const victim of victims) await damage(join(directory, victim))
    const failure = await openLevelStore({ directory }).catch((error: unknown) => error)
    expect(failure).toMatchObject({ name: 'StorageError', code: 'DAMAGED' })
    expect(String(failure)).toContain(directory)
  })

  it('says why a directory cannot be used', async () => {
    await writeFile(join(directory, 'file'), '')
    const failure = await openLevelStore({ directory: join(directory, 'file') }).catch(
      (error: unknown) => error,
    )
    expect(failure).toMatchObject({ code: 'OPEN_FAILED' })
  })

  it('is poisoned when more waits than the queue holds, and answers in order', async () => {
    const store = await openLevelStore({ directory, batchBytesMax: 1_000, queueBytesMax: 3_000 })
    const answers: string[] = []
    for (let i = 0; i < 5; i++) {
      store.write([put(`k${i}`, 'x'.repeat(600))], { sync: true }, error =>
        answers.push(`${i}:${error?.code}`),
      )
    }
    store.write([put('late', 'x')], { sync: true }, error => answers.push(`late:${error?.code}`))
    await expect(clear(store, { gte: 'a', lt: 'b' })).rejects.toMatchObject({ code: 'WRITE_FAILED' })
    await store.close()
    const order = answers.map(answer => answer.split(':')[0])
    expect(answers.slice(3).sort()).toEqual(['3:WRITE_FAILED', '4:WRITE_FAILED', 'late:WRITE_FAILED'])
    expect(order.slice(0, 3)).toEqual(['0', '1', '2'])
  })

  it('refuses reads beyond its limit, and takes them again when others have ended', async () => {
    const store = await openLevelStore({ directory, rangesMax: 2 })
    const read = () => readRange(store, { gte: 'a', lt: 'b', limit: 1 }).catch(({ code }) => code)
    expect(await Promise.all([read(), read(), read()])).toEqual([[], [], 'READ_FAILED'])
    expect(await read()).toEqual([])
    await store.close()
  })

  it('refuses after it was closed', async () => {
    const store = await openLevelStore({ directory })
    await Promise.all([store.close(), store.close()])
    await expect(write(store, [put('a', 'b')])).rejects.toBeInstanceOf(StorageError)
    await expect(readRange(store, { gte: 'a', lt: 'b', limit: 1 })).rejects.toMatchObject({
      code: 'READ_FAILED',
    })
    expect(() => store.get('a')).toThrow(StorageError)
  })

  it('finishes what was asked for before it was closed', async () => {
    const store = await openLevelStore({ directory })
    const answers: unknown[] = []
    for (let i = 0; i < 10; i++)
      store.write([put(`k${i}`, 'v')], { sync: i % 2 === 0 }, error => answers.push(error))
    await store.close()
    expect(answers).toEqual(Array(10).fill(null))
    const again = await openLevelStore({ directory })
    expect(await readRange(again, { gte: 'k', lt: 'l', limit: 100 })).toHaveLength(10)
    await again.close()
  })
})

describe('a process that writes', () => {
  it('has on disk what was acknowledged when it is killed', async () => {
    expect(existsSync(BUILT), 'npm run build comes first').toBe(true)
    for (const linesBeforeKill of [1, 60, 300]) {
      const child = spawn(process.execPath, [WRITER, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
      const exited = once(child, 'exit')
      let acknowledged = -1
      let lines = 0
      for await (const line of createInterface({ input: child.stdout })) {
        acknowledged = Number(line)
        if (++lines === linesBeforeKill) child.kill('SIGKILL')
      }
      expect(await exited).toEqual([null, 'SIGKILL'])
      const store = await openLevelStore({ directory })
      for (let i = 0; i <= acknowledged; i++)
        expect(text(store.get(`write/${i}`)), `write ${i}`).toBe(`value ${i}`)
      // The writes are in order, so nothing may be missing in the middle of what survived unacknowledged either.
      const found = await readRange(store, { gte: 'write/', lt: 'write0', limit: 1_000_000 })
      expect(text(store.get('write/last'))).toBe(`value ${found.length - 2}`)
      await clear(store, { gte: 'write/', lt: 'write0' })
      await store.close()
    }
  })

  it('is told WRITE_FAILED from the first failed write on, and never again null', () => {
    const limited = spawnSync(
      'sh',
      ['-c', 'ulimit -f 512; exec "$0" "$@"', process.execPath, WRITER, directory, '8192'],
      {
        encoding: 'utf8',
      },
    )
    expect(limited.stderr).toContain('cannot be written')
    const answers = limited.stdout.trim().split('\n')
    const first = answers.indexOf('WRITE_FAILED')
    expect(first).toBeGreaterThan(0)
    expect(answers.length).toBeGreaterThan(first + 1)
    expect(answers.slice(first).every(answer => answer === 'WRITE_FAILED')).toBe(true)
  })
})
