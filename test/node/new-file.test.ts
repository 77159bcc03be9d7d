import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeNewFile } from '../../src/node/new-file.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'quorate-new-file-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const note = { mode: 0o600, what: 'note' }

test('a new file has its content and mode, and is never written over', () => {
  const file = join(directory, 'note')
  writeNewFile(file, 'first', note)
  expect(readFileSync(file, 'utf8')).toBe('first')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(() => writeNewFile(file, 'second', note)).toThrow(
    expect.objectContaining({
      code: 'EXISTS',
      message: `the note ${file} exists already and is not overwritten`,
    }),
  )
  expect(readFileSync(file, 'utf8')).toBe('first')
})

test('one that cannot be written is named', () => {
  const file = join(directory, 'nowhere', 'note')
  expect(() => writeNewFile(file, 'text', note)).toThrow(
    expect.objectContaining({ code: 'UNWRITABLE', message: expect.stringContaining(`the note ${file} `) }),
  )
})

test('one that fails half-way leaves nothing, so that the next attempt finds its place free', () => {
  const file = join(directory, 'note')
  const unwritable = 7 as unknown as string
  expect(() => writeNewFile(file, unwritable, note)).toThrow(expect.objectContaining({ code: 'UNWRITABLE' }))
  expect(readdirSync(directory)).toEqual([])
})
