import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createLogger } from '../../../src/interfaces/cli/logger.ts'
import { loadConfig } from '../../../src/node/config-sources.ts'
import { createNode } from '../../../src/node/create-node.ts'
import { databaseOf, isNodeRunning } from '../../../src/node/database.ts'
import { readIdentity } from '../../../src/node/key-file.ts'
import { type LevelStore, openLevelStore } from '../../../src/storage/level-store.ts'
import { cli } from './support/cli.ts'
import { createKeyDirectory, type KeyDirectory, PASSWORD } from './support/key-directory.ts'

const environment = { QUORATE_PASSWORD: PASSWORD }
const keys = (
  command: string,
  args: readonly string[],
  where: KeyDirectory,
  variables: Record<string, string>,
) => cli(['keys', command, ...args, '--dir', where.directory], variables)

describe('quorate keys change-password', () => {
  it('is refused while the node has its database open, as are import and restore', async () => {
    const where = await createKeyDirectory([])
    const store = await openLevelStore({ directory: databaseOf(join(where.directory, 'data')) })
    try {
      for (const [command, args] of [
        ['change-password', []],
        ['import', ['/any/share-1.json']],
        ['restore', ['x.backup', 'fragment.json']],
      ] as const) {
        const { exitCode, stderr } = await keys(command, args, where, environment)
        expect([exitCode, stderr]).toEqual([
          6,
          `quorate: the node of ${where.directory} runs, its database is in use: stop it first\n`,
        ])
      }
    } finally {
      await store.close()
    }
    const changed = await keys('change-password', [], where, { ...environment, QUORATE_NEW_PASSWORD: 'new' })
    expect(changed.stdout).toBe('key.json is under the new password\n')
  })

  it('is given up when a node takes its database meanwhile', async () => {
    const where = await createKeyDirectory([1])
    const files = [where.identityFile, join(where.shareDirectory, 'share-1.json')]
    const before = files.map(file => readFileSync(file, 'utf8'))
    const stores: Promise<LevelStore>[] = []
    // By then it was seen that no node runs; before that is looked at again, a key is derived, which takes a hundred times as long as to open.
    const variables = {
      ...environment,
      get QUORATE_NEW_PASSWORD() {
        if (stores.length === 0)
          stores.push(openLevelStore({ directory: databaseOf(join(where.directory, 'data')) }))
        return 'new'
      },
    }
    const changing = keys('change-password', [], where, variables)
    try {
      const { exitCode, stdout, stderr } = await changing
      expect([exitCode, stdout]).toEqual([6, ''])
      expect(stderr).toContain(`the node of ${where.directory} runs`)
      expect(stores).toHaveLength(1)
    } finally {
      for (const store of stores) await (await store).close()
    }
    expect(files.map(file => readFileSync(file, 'utf8'))).toEqual(before)
    for (const directory of [where.directory, where.shareDirectory])
      expect(readdirSync(directory).filter(name => name.startsWith('.'))).toEqual([])
  })

  it('keeps a node from starting that read the old password before', async () => {
    const where = await createKeyDirectory([])
    const identity = await readIdentity(where.identityFile, PASSWORD)
    await keys('change-password', [], where, { ...environment, QUORATE_NEW_PASSWORD: 'new' })
    const config = loadConfig(join(where.directory, 'quorate.json'), {}, {})
    const logger = createLogger({ level: 'silent', format: 'json' })
    await expect(createNode(config, identity, { logger })).rejects.toMatchObject({
      name: 'KeyFileError',
      code: 'CHANGED',
      message: `The key file "${where.identityFile}" was changed while the node started: start it again.`,
    })
    expect(await isNodeRunning(config.directory)).toBe(false)
  })
})
