import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readOperatorToken, readOrMakeOperatorToken } from '../../src/node/operator-token.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quorate-token-'))
})
afterEach(() => rm(directory, { recursive: true }))

const file = () => join(directory, 'operator-token')

test('a token is made once, for its owner alone', async () => {
  await expect(readOperatorToken(directory)).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringMatching(/the node makes it at its first start/),
  })
  const token = await readOrMakeOperatorToken(directory)
  expect(token).toMatch(/^[\w-]{43}$/)
  expect(await readOrMakeOperatorToken(directory)).toBe(token)
  expect(await readOperatorToken(directory)).toBe(token)
  expect((await stat(file())).mode & 0o777).toBe(0o600)
  expect(await readdir(directory)).toEqual(['operator-token'])
})

test('no two nodes have the same', async () => {
  const other = join(directory, 'other', 'data')
  expect(await readOrMakeOperatorToken(other)).not.toBe(await readOrMakeOperatorToken(directory))
})

test.each(['', 'short', 'with a space in the middle', 'x'.repeat(600)])('%j is no token', async text => {
  await writeFile(file(), text, { mode: 0o600 })
  await expect(readOrMakeOperatorToken(directory)).rejects.toMatchObject({ code: 'MALFORMED' })
})

test('one that others can read is none', async () => {
  await readOrMakeOperatorToken(directory)
  await chmod(file(), 0o644)
  await expect(readOrMakeOperatorToken(directory)).rejects.toMatchObject({ code: 'NOT_PRIVATE' })
})
