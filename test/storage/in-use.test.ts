import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { isDatabaseInUse } from '../../src/storage/in-use.ts'
import { openLevelStore } from '../../src/storage/level-store.ts'

let directory: string
beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'quorate-use-')), 'database')
})
afterEach(() => rm(join(directory, '..'), { recursive: true, force: true }))

it('a database that is not there is used by nobody, and is not made', async () => {
  expect(await isDatabaseInUse(directory)).toBe(false)
  expect(existsSync(directory)).toBe(false)
  await mkdir(directory)
  expect(await isDatabaseInUse(directory)).toBe(false)
  const store = await openLevelStore({ directory })
  await store.close()
})

it('one that is open is in use until it is closed, however often that is asked, and nothing in it changes', async () => {
  const store = await openLevelStore({ directory })
  const value = new Uint8Array([1, 2, 3])
  await new Promise<void>((resolve, reject) =>
    store.write([{ type: 'put', key: 'a', value }], { sync: true }, error =>
      error ? reject(error) : resolve(),
    ),
  )
  for (let i = 0; i < 3; i++) expect(await isDatabaseInUse(directory)).toBe(true)
  await store.close()
  for (let i = 0; i < 3; i++) expect(await isDatabaseInUse(directory)).toBe(false)
  const again = await openLevelStore({ directory })
  expect(again.get('a')).toEqual(value)
  await again.close()
})

it('one that another process has open is in use until that one ends, however it ends', async () => {
  const script = `const { ClassicLevel } = require('classic-level')
    new ClassicLevel(process.argv[1]).open().then(() => process.stdout.write('open'))
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['-e', script, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  try {
    await once(child.stdout, 'data')
    // Asking twice: a question must not take the lock from who has it.
    expect(await isDatabaseInUse(directory)).toBe(true)
    expect(await isDatabaseInUse(directory)).toBe(true)
  } finally {
    child.kill('SIGKILL')
    await exited
  }
  expect(await isDatabaseInUse(directory)).toBe(false)
})

it('does not take one for unused that it may not ask', async () => {
  await writeFile(directory, 'no directory')
  await expect(isDatabaseInUse(directory)).rejects.toMatchObject({ code: 'OPEN_FAILED' })
})
