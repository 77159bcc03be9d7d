import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { present } from '../../src/lib/assert.ts'
import { openLevelStore } from '../../src/storage/level-store.ts'
import { tablesIn } from '../../src/storage/manifest.ts'
import { findTableDamage } from '../../src/storage/table-check.ts'
import { put, readRange, write } from './store-suite.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quorate-table-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const KEYS = 400
/** Tables of the lowest level with which LevelDB begins to compact it. */
const COMPACTED_FROM = 4

/**
 * A database whose entries are all in tables, which are too few to be compacted: a close that interrupts a compaction leaves a table behind that
 * is not whole. @returns its tables
 */
async function writeTables(): Promise<readonly string[]> {
  const store = await openLevelStore({ directory, writeBufferBytes: 131_072 })
  for (let i = 0; i < KEYS; i++) await write(store, [put(`key/${i}`, `${i}`.repeat(300))])
  await store.close()
  await (await openLevelStore({ directory })).close()
  const tables = (await readdir(directory)).filter(file => file.endsWith('.ldb'))
  expect(tables.length).toBeGreaterThan(1)
  expect(tables.length).toBeLessThan(COMPACTED_FROM)
  return tables
}

describe('the check of the tables', () => {
  it('finds nothing in whole tables, and knows from the manifest which there are', async () => {
    const tables = await writeTables()
    for (const table of tables) expect(findTableDamage(await readFile(join(directory, table)))).toBeNull()
    const current = (await readFile(join(directory, 'CURRENT'), 'utf8')).trim()
    const named = tablesIn(await readFile(join(directory, current)))
    expect([...named].sort()).toEqual(tables.map(table => Number.parseInt(table, 10)).sort())
  })

  it('finds every flipped bit but those that nothing reads, and every cut', async () => {
    const [first] = await writeTables()
    const table = await readFile(join(directory, present(first, 'a table')))
    const footer = table.length - 48
    fc.assert(
      fc.property(fc.nat(footer - 1), fc.nat(7), (offset, bit) => {
        const damaged = Uint8Array.from(table)
        damaged[offset] = present(damaged[offset], 'a byte') ^ (1 << bit)
        expect(findTableDamage(damaged)).not.toBeNull()
      }),
      { numRuns: 200 },
    )
    fc.assert(
      fc.property(fc.nat(table.length - 1), length => {
        expect(findTableDamage(table.subarray(0, length))).not.toBeNull()
      }),
      { numRuns: 50 },
    )
  })

  it('survives bytes that are no table', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), bytes => findTableDamage(bytes) !== null))
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), bytes => tablesIn(bytes).size === 0))
  })

  it('refuses to open a database with a damaged table, and lets a half-written one be that a crash left', async () => {
    const [first] = await writeTables()
    const path = join(directory, present(first, 'a table'))
    const table = await readFile(path)
    await writeFile(join(directory, '999999.ldb'), table.subarray(0, 1_000))
    await (await openLevelStore({ directory })).close()
    const damaged = Uint8Array.from(table)
    damaged[100] = present(damaged[100], 'a byte') ^ 1
    await writeFile(path, damaged)
    await expect(openLevelStore({ directory })).rejects.toMatchObject({ code: 'DAMAGED' })
    await writeFile(path, table)
    const store = await openLevelStore({ directory })
    expect(await readRange(store, { gte: '', lt: '~', limit: 1_000 })).toHaveLength(KEYS)
    await store.close()
  })
})
