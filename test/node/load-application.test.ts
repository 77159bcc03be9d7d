import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { toHex } from '../../src/lib/bytes.ts'
import { loadApplication } from '../../src/node/load-application.ts'
import { writeReadmeExample } from '../application/readme-example.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quorate-application-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

describe('loading an application', () => {
  it('knows the built-in ones by name', async () => {
    const keyValue = await loadApplication('key-value', undefined, directory)
    expect(toHex(keyValue.stateRoot())).toBe('00'.repeat(32))
    const options = { accounts: [{ account: 'ab'.repeat(32), amount: 5 }], signatures: 'none' }
    expect(await loadApplication('ledger', options, directory)).toMatchObject({ signatures: 'none' })
  })

  it('loads a module by its path', async () => {
    const application = await loadApplication(writeReadmeExample(), { start: 41 }, directory)
    expect(application.query('count')).toMatchObject({ value: new TextEncoder().encode('41') })
  })

  it.each([
    [
      'NOT_FOUND',
      undefined,
      'There is no application "./own.mjs": it is neither key-value nor ledger nor the file',
    ],
    ['BROKEN', 'export default (', 'cannot be loaded'],
    ['BROKEN', `import './missing.mjs'`, 'cannot be loaded'],
    ['BROKEN', `throw new Error('no wind')`, 'cannot be loaded: no wind.'],
    ['NOT_AN_APPLICATION', 'export const create = () => ({})', 'does not export a function as default'],
    ['NOT_AN_APPLICATION', 'export default () => null', 'it is not an object'],
    ['NOT_AN_APPLICATION', 'export default () => ({ check() {} })', 'it lacks checkAgainstState, execute'],
    [
      'BAD_OPTIONS',
      `export default () => { throw new Error('no such thing') }`,
      'refuses its options: no such thing.',
    ],
  ])('says %s', async (code, source, sentence) => {
    if (source !== undefined) await writeFile(join(directory, 'own.mjs'), source)
    const message = expect.stringContaining(sentence)
    await expect(loadApplication('./own.mjs', {}, directory)).rejects.toMatchObject({
      name: 'ApplicationLoadError',
      code,
      message,
    })
  })

  it('says which option of a built-in one is wrong', async () => {
    await expect(loadApplication('ledger', { accounts: 5 }, directory)).rejects.toThrow(
      'The application "ledger" refuses its options: "accounts" is not a list.',
    )
  })

  it('does not take a name that every object has for a built-in one', async () => {
    await expect(loadApplication('toString', {}, directory)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})
