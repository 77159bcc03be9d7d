import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseSource, readSources, type SourceFile } from './support/source-file.ts'

/**
 * The rules of the house that a machine can keep. A rule that has an exception names it here, with the reason; a rule that cannot
 * fail is none, so each is shown to catch what it forbids.
 */
const sources = readSources('src').filter(({ path }) => !path.startsWith('src/wire/pb/'))
const tests = readSources('test')
const everything = [...sources, ...tests]

interface Exceptions {
  /** The file, and why. */
  readonly [path: string]: string
}

/** What breaks a rule, and is no exception; and exceptions that nothing needs any more. */
function broken(
  rule: (file: SourceFile) => readonly string[],
  files: readonly SourceFile[],
  exceptions: Exceptions = {},
) {
  const found = files.flatMap(file => rule(file).map(what => ({ path: file.path, what })))
  const used = new Set(found.map(({ path }) => path))
  return {
    broken: found
      .filter(({ path }) => exceptions[path] === undefined)
      .map(({ path, what }) => `${path}: ${what}`),
    needless: Object.keys(exceptions).filter(path => !used.has(path)),
  }
}
const clean = { broken: [], needless: [] }

/** A file that does not exist, to show that a rule can fail. */
const fake = (text: string, path = 'src/pbft/fake.ts') => parseSource(path, text)

describe('who may import whom', () => {
  const below = ['lib', 'pbft', 'crypto', 'application', 'membership', 'wire', 'defence'] as const
  const allowed: Readonly<Record<string, readonly string[]>> = {
    lib: [],
    pbft: ['lib'],
    crypto: ['lib'],
    application: ['lib', 'crypto/hash'],
    membership: ['lib', 'pbft', 'crypto', 'application', 'wire/statement'],
    wire: ['lib', 'pbft', 'crypto', 'application'],
    defence: ['lib'],
    runtime: below,
    storage: ['lib', 'runtime/ports'],
    network: ['lib', 'pbft', 'crypto', 'defence', 'runtime/ports'],
    node: [...below, 'runtime', 'storage', 'network'],
    client: ['lib', 'pbft/types', 'pbft/quorum', 'crypto', 'application', 'membership', 'wire'],
    interfaces: [...below, 'runtime', 'network', 'node', 'client', 'sim'],
    sim: [...below, 'runtime', 'storage'],
  }

  const forbiddenImports = ({ folder, path, imports }: SourceFile): readonly string[] =>
    imports.flatMap(imported => {
      if (!imported.startsWith('src/')) return []
      const [, target = '', file = ''] = imported.split('/')
      const permitted = allowed[folder] ?? []
      const isPermitted =
        target === folder ||
        permitted.includes(target) ||
        permitted.includes(`${target}/${file.replace('.ts', '')}`)
      const isSimulatorAside =
        folder === 'interfaces' && target === 'sim' && !path.startsWith('src/interfaces/cli/')
      return isPermitted && !isSimulatorAside ? [] : [`imports ${imported}`]
    })

  it('every folder has its place', () => {
    expect(
      [...new Set(sources.map(({ folder }) => folder))].filter(folder => allowed[folder] === undefined),
    ).toEqual([])
  })

  it('folders import from below', () => {
    expect(broken(forbiddenImports, sources)).toEqual(clean)
  })

  it.each([
    ["import { x } from '../runtime/driver.ts'", 'src/pbft/fake.ts'],
    ["import type { x } from '../node/api.ts'", 'src/lib/fake.ts'],
    ["export { x } from '../runtime/driver.ts'", 'src/network/fake.ts'],
    ["const x = import('../network/gater.ts')", 'src/storage/fake.ts'],
    ["import '../../sim/simulation.ts'", 'src/interfaces/http/fake.ts'],
  ])('it would be seen: %s in %s', (text, path) => {
    expect(forbiddenImports(fake(text, path))).toHaveLength(1)
  })

  it('no file needs itself by way of others, not even for a type', () => {
    const circles = (files: readonly SourceFile[]) => {
      const importsOf = new Map(files.map(({ path, imports }) => [path, imports]))
      return ({ path }: SourceFile): readonly string[] => {
        const reached = new Set(importsOf.get(path))
        for (const next of reached) for (const further of importsOf.get(next) ?? []) reached.add(further)
        return reached.has(path) ? ['is imported by what it imports'] : []
      }
    }
    expect(broken(circles(sources), sources)).toEqual(clean)
    const two = [
      fake("import type { B } from './b.ts'", 'src/pbft/a.ts'),
      fake("import { c } from './c.ts'", 'src/pbft/b.ts'),
      fake("import type { A } from './a.ts'", 'src/pbft/c.ts'),
      fake("import type { A } from './a.ts'", 'src/pbft/d.ts'),
    ]
    expect(two.map(file => circles(two)(file).length)).toEqual([1, 1, 1, 0])
  })

  const packages: Readonly<Record<string, RegExp>> = {
    crypto: /^@noble\//,
    client: /^@noble\//,
    storage: /^(node:|classic-level$)/,
    network:
      /^(node:|libp2p$|@libp2p\/|@chainsafe\/|@multiformats\/|datastore-level$|prom-client$|uint8array|it-)/,
    node: /^(node:|@libp2p\/|@multiformats\/|prom-client$|pino$|zod$)/,
    interfaces: /^(node:|commander$|fastify$|pino$|zod$)/,
  }
  const forbiddenPackages = ({ folder, imports }: SourceFile): readonly string[] =>
    imports
      .filter(imported => !imported.startsWith('src/') && !imported.startsWith('.'))
      .filter(imported => packages[folder]?.test(imported) !== true)
      .map(imported => `imports ${imported}`)

  it('packages, and Node itself, are for the edge', () => {
    expect(broken(forbiddenPackages, sources)).toEqual(clean)
  })

  it.each([
    ["import { readFileSync } from 'node:fs'", 'src/runtime/fake.ts'],
    ["import { z } from 'zod'", 'src/wire/fake.ts'],
  ])('it would be seen: %s in %s', (text, path) => {
    expect(forbiddenPackages(fake(text, path))).toHaveLength(1)
  })
})

describe('purity', () => {
  const pure = ['lib', 'pbft', 'crypto', 'membership', 'application', 'wire', 'defence']
  const clocks = ['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask']
  const world = [...clocks, 'Math.random', 'process', 'console']
  const banned = ({ folder, globals }: SourceFile): readonly string[] => {
    const words = pure.includes(folder)
      ? [...world, 'await']
      : ['runtime', 'sim'].includes(folder)
        ? world
        : []
    return words.filter(word => globals.has(word))
  }

  it('the pure folders read no clock, no chance, no world, and wait for nothing; runtime and simulator have ports for it', () => {
    const exceptions = {
      'src/crypto/hash.ts':
        'asks for Node’s own SHA-256 where there is one; the result is the same everywhere',
    }
    expect(broken(banned, sources, exceptions)).toEqual(clean)
  })

  it.each([
    'const now = Date.now()',
    'const x = Math.random()',
    'const f = async () => {}',
    'const x = await y',
    'setTimeout(f, 1)',
    'globalThis.process.exit()',
    'const { env } = process',
    'call({ console })',
  ])('it would be seen: %s', text => {
    expect(banned(fake(text))).not.toEqual([])
  })

  it.each([
    'state.process(x)',
    'const f = { console: 1 }',
    'type D = { readonly Date: number }',
    '// Date, process',
  ])('it is no offence: %s', text => {
    expect(banned(fake(text))).toEqual([])
  })
})

describe('size', () => {
  const tooLong = ({ lines }: SourceFile) => (lines > 400 ? [`${lines} lines`] : [])
  const longFunctions = ({ functions }: SourceFile) =>
    functions.filter(({ lines }) => lines > 70).map(({ name, lines }) => `${name} has ${lines} lines`)

  it('files have 400 lines at most', () => {
    expect(broken(tooLong, everything)).toEqual(clean)
    expect(tooLong(fake('\n'.repeat(401)))).toHaveLength(1)
    expect(tooLong(fake('\n'.repeat(400)))).toEqual([])
  })

  it('functions have 70 lines at most, those that are declared inside counted for themselves', () => {
    const exceptions = {
      'src/runtime/parts.ts': 'puts the parts together: one statement for each, and they name one another',
    }
    expect(broken(longFunctions, sources, exceptions)).toEqual(clean)
    const body = '\n'.repeat(70)
    for (const text of [`function f() {${body}}`, `const f = () => {${body}}`, `class A { m() {${body}} }`])
      expect(longFunctions(fake(text))).toHaveLength(1)
    const inner = `function g() {${'\n'.repeat(60)}}`
    expect(longFunctions(fake(`function f() {${'\n'.repeat(60)}${inner}}`))).toEqual([])
  })
})

describe('habits', () => {
  it('no enums, no barrels', () => {
    const rule = ({ hasEnum, isBarrel }: SourceFile) => [
      ...(hasEnum ? ['enum'] : []),
      ...(isBarrel ? ['barrel'] : []),
    ]
    expect(broken(rule, everything)).toEqual(clean)
    expect(rule(fake('enum A { B }'))).toEqual(['enum'])
    expect(rule(fake("export * from './a.ts'\nexport { b } from './b.ts'"))).toEqual(['barrel'])
  })

  it('no default exports but where a contract asks for one', () => {
    const rule = ({ hasDefaultExport }: SourceFile) => (hasDefaultExport ? ['default export'] : [])
    const contract = 'an application module exports its factory as default'
    const exceptions = { 'src/application/key-value.ts': contract, 'src/application/ledger.ts': contract }
    expect(broken(rule, sources, exceptions)).toEqual(clean)
    expect(rule(fake('export default 1'))).toHaveLength(1)
  })

  it('nothing is left for later in a comment', () => {
    const later = new RegExp(
      `\\b(${['TO', 'FIX', 'X', 'HA'].map((word, i) => word + ['DO', 'ME', 'XX', 'CK'][i]).join('|')})\\b`,
    )
    const rule = ({ text }: SourceFile) => (later.test(text) ? ['something for later'] : [])
    expect(broken(rule, everything)).toEqual(clean)
    expect(rule(fake(`// ${'TO'}${'DO'}: later`))).toHaveLength(1)
  })
})

describe('the map', () => {
  /** What a folder says of itself; what the map says of one that has no page of its own. */
  const pageOf = (path: string): string | null => {
    const parts = path.split('/').slice(0, -1)
    const own = new URL(`../${parts.join('/')}/README.md`, import.meta.url)
    const map = new URL('../src/README.md', import.meta.url)
    if (existsSync(own)) return readFileSync(own, 'utf8')
    return parts.length === 2 ? readFileSync(map, 'utf8') : null
  }
  const unsaid = ({ path }: SourceFile): readonly string[] => {
    const name = path.split('/').at(-1)?.replace(/\.ts$/, '') ?? ''
    const page = pageOf(path)
    return page === null || new RegExp(`\\b${name}\\b`).test(page) ? [] : ['does not stand in the README']
  }

  it('every file stands on the page of its folder', () => {
    expect(broken(unsaid, sources)).toEqual(clean)
    for (const path of ['src/runtime/nobody-wrote-of-me.ts', 'src/lib/nobody-wrote-of-me.ts'])
      expect(unsaid(fake('', path))).toHaveLength(1)
  })
})

describe('dead files', () => {
  const entries: Exceptions = {
    'src/client/secure-key-manager.ts': 'the entry ./keys of the package, for other programs',
    'src/client/guardian.ts': 'the entry ./guardian of the package, for other programs',
    'src/interfaces/http/page/page.ts': 'the page, which scripts/bundle.mjs makes for browsers',
  }
  const importedBy = (files: readonly SourceFile[]) =>
    new Set(files.flatMap(({ imports, scripts }) => [...imports, ...scripts]))

  it('every file is used by the program', () => {
    const inProgram = importedBy(sources)
    const rule = ({ path }: SourceFile) => (inProgram.has(path) ? [] : ['nobody imports it'])
    expect(broken(rule, sources, entries)).toEqual(clean)
    expect(rule(fake('', 'src/lib/nobody-knows-me.ts'))).toHaveLength(1)
    const starts = fake("new Worker(new URL('./worker.js', import.meta.url))", 'src/sim/fake.ts')
    expect(starts.scripts).toEqual(['src/sim/worker.ts'])
  })
})
