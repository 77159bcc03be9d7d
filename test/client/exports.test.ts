import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
// Comes with vitest; TypeScript 7 has no interface for programs.
import { parseAst } from 'vite'
import { describe, expect, it } from 'vitest'
import { readSources } from '../support/source-file.ts'

/**
 * Who calls a function of the client can name what it takes and what it gives: each type of `src/client` that an entry of the package
 * mentions in what it exports, or that such a type mentions, is exported by that entry too. Types of an application have their own entry.
 */
interface Node {
  readonly type: string
  readonly [field: string]: unknown
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'

const programOf = (text: string): readonly Node[] =>
  (parseAst(text, { lang: 'ts' }) as unknown as { body: readonly Node[] }).body

const nameOf = (node: unknown): string => String((node as { name?: unknown } | null)?.name)

/** Declarations of types by name. */
function declarationsOf(statements: readonly Node[]): readonly (readonly [string, Node])[] {
  return statements.flatMap(statement => {
    const { declaration } = statement
    const isType = isNode(declaration) && /^TS(Interface|TypeAlias)Declaration$/.test(declaration.type)
    return isType ? [[nameOf(declaration.id), declaration] as const] : []
  })
}

/** Types that are mentioned where others see it: not in bodies, nor in what is private. */
function mentionedIn(node: Node, found = new Set<string>()): ReadonlySet<string> {
  if (node.type === 'BlockStatement') return found
  if (isNode(node.key) && node.key.type === 'PrivateIdentifier') return found
  if (node.type === 'TSTypeReference') found.add(nameOf(node.typeName))
  if (node.type === 'TSInterfaceHeritage') found.add(nameOf(node.expression))
  for (const value of Object.values(node))
    for (const part of Array.isArray(value) ? value : [value]) if (isNode(part)) mentionedIn(part, found)
  return found
}

/** @param read gives the text of a file beside it, for all of whose types it answers */
function missingFrom(
  text: string,
  declared: ReadonlyMap<string, Node>,
  read: (file: string) => string,
): readonly string[] {
  const exported = new Set<string>()
  const open: Node[] = []
  for (const { type, declaration, specifiers, source } of programOf(text)) {
    if (type === 'ExportAllDeclaration')
      for (const [name] of declarationsOf(programOf(read(String((source as { value?: unknown }).value)))))
        exported.add(name)
    if (type !== 'ExportNamedDeclaration') continue
    for (const { exported: name } of specifiers as readonly Node[]) {
      exported.add(nameOf(name))
      open.push(...(declared.has(nameOf(name)) ? [declared.get(nameOf(name)) as Node] : []))
    }
    if (!isNode(declaration)) continue
    exported.add(nameOf(declaration.id))
    open.push(declaration)
  }
  const seen = new Set<string>()
  for (const node of open)
    for (const name of mentionedIn(node)) {
      const further = declared.get(name)
      if (further === undefined || seen.has(name)) continue
      seen.add(name)
      open.push(further)
    }
  return [...seen].filter(name => !exported.has(name)).sort()
}

const declared = new Map(readSources('src/client').flatMap(({ text }) => declarationsOf(programOf(text))))
const entries = Object.entries(
  (JSON.parse(readFileSync('package.json', 'utf8')) as { exports: Record<string, { types?: string }> })
    .exports,
).flatMap(([name, { types }]) =>
  types?.startsWith('./dist/client/') !== true
    ? []
    : [[name, types.replace('./dist', 'src').replace('.d.ts', '.ts')] as const],
)

describe('an entry of the package exports what it mentions', () => {
  it.each(entries)('%s', (_, path) => {
    const read = (file: string): string => readFileSync(join(dirname(path), file), 'utf8')
    expect(missingFrom(read(basename(path)), declared, read)).toEqual([])
  })
})

it('it would be seen when something is missing', () => {
  const text = `export interface A { b(): readonly B[] }
    export type B = C | null
    export interface C extends D {}
    export interface D {}`
  const types = new Map(declarationsOf(programOf(text)))
  const missing = (entry: string) => missingFrom(entry, types, () => text)
  const asks = "import type { A } from './a.ts'\nexport function f(): Promise<A> { const c: X = g() }"
  expect(missing(asks)).toEqual(['A', 'B', 'C', 'D'])
  expect(missing("export type { A, B, C } from './a.ts'")).toEqual(['D'])
  expect(missing(`${asks}\nexport type * from './a.ts'`)).toEqual([])
  expect(missing('export class K { #c: D; #m(b: B): void {} }')).toEqual([])
})
