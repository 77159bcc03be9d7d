import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
// Comes with vitest, which reads TypeScript by it; TypeScript 7 has no interface for programs.
import { parseAst } from 'vite'

/** A source file, read as far as the rules of the house look at it. */
export interface SourceFile {
  /** From the root of the repository, with slashes. */
  readonly path: string
  /** The folder under `src`, or the top folder. */
  readonly folder: string
  readonly text: string
  readonly lines: number
  /** Paths of files and names of packages, as resolved. */
  readonly imports: readonly string[]
  /** Files that it has threads or processes run. */
  readonly scripts: readonly string[]
  readonly functions: readonly { readonly name: string; readonly lines: number }[]
  /** Names that mean the global one, of those that are asked for; `await` among them. */
  readonly globals: ReadonlySet<string>
  readonly hasDefaultExport: boolean
  readonly hasEnum: boolean
  /** Nothing but exports of what other files define. */
  readonly isBarrel: boolean
}

const ROOT = new URL('../..', import.meta.url).pathname

/** All files of one kind of name under a folder of the repository. */
export function readSources(folder: string, pattern = /\.ts$/): readonly SourceFile[] {
  const paths = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
  return paths
    .filter(path => pattern.test(path) && statSync(join(ROOT, folder, path)).isFile())
    .map(path => join(folder, path).replaceAll('\\', '/'))
    .sort()
    .map(path => parseSource(path, readFileSync(join(ROOT, path), 'utf8')))
}

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'

export function parseSource(path: string, text: string): SourceFile {
  const program = parseAst(text, { lang: 'ts' }) as unknown as Node
  const statements = program.body as readonly Node[]
  const imports: string[] = []
  const scripts: string[] = []
  const functions: { name: string; lines: number }[] = []
  const globals = new Set<string>()
  let hasEnum = false
  walk(program, [], (node, parents) => {
    const specifier = specifierOf(node)
    if (specifier !== null) imports.push(resolveFrom(path, specifier))
    const script = scriptOf(node)
    if (script !== null) scripts.push(resolveFrom(path, script))
    if (FUNCTIONS.has(node.type))
      functions.push({
        name: nameOf(node, parents.at(-1)),
        lines: linesIn(text, node) - declaredInside(text, node),
      })
    const name = globalNameOf(node, parents.at(-1))
    if (name !== null) globals.add(name)
    if (node.type === 'TSEnumDeclaration') hasEnum = true
  })
  return {
    path,
    folder: path.startsWith('src/') ? (path.split('/')[1] ?? '') : (path.split('/')[0] ?? ''),
    text,
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    imports,
    scripts,
    functions,
    globals,
    hasDefaultExport: statements.some(({ type }) => type === 'ExportDefaultDeclaration'),
    hasEnum,
    isBarrel: statements.length > 0 && statements.every(statement => isReexport(statement)),
  }
}

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'])

function walk(
  node: Node,
  parents: readonly Node[],
  visit: (node: Node, parents: readonly Node[]) => void,
): void {
  visit(node, parents)
  const below = [...parents, node]
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, below, visit)
  }
}

function specifierOf(node: Node): string | null {
  const isImport = ['ImportDeclaration', 'ExportNamedDeclaration', 'ExportAllDeclaration', 'ImportExpression']
  if (!isImport.includes(node.type) || !isNode(node.source)) return null
  return typeof node.source.value === 'string' ? node.source.value : null
}

/** What a thread or a process is told to run: `new URL('./worker.js', import.meta.url)`, which is built from the source beside it. */
function scriptOf({ type, callee, arguments: given }: Node): string | null {
  if (type !== 'NewExpression') return null
  const [script, base] = Array.isArray(given) ? (given as readonly unknown[]) : []
  if (!isNode(callee) || callee.name !== 'URL' || !isNode(script) || !isNode(base)) return null
  const isBeside = typeof script.value === 'string' && script.value.endsWith('.js')
  return isBeside ? String(script.value).replace(/js$/, 'ts') : null
}

function resolveFrom(path: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier
  return relative('.', normalize(join(dirname(path), specifier))).replaceAll('\\', '/')
}

function nameOf(node: Node, parent: Node | undefined): string {
  for (const named of [node.id, parent?.key, parent?.id]) {
    if (isNode(named) && typeof named.name === 'string') return named.name
  }
  return 'a function without a name'
}

/** A factory is as long as what it does itself: functions that it declares are read, and counted, one by one. */
function declaredInside(text: string, node: Node): number {
  let lines = 0
  const body = isNode(node.body) && Array.isArray(node.body.body) ? node.body.body : []
  for (const statement of body)
    if (isNode(statement) && statement.type === 'FunctionDeclaration') lines += linesIn(text, statement)
  return lines
}

function linesIn(text: string, { start, end }: Node): number {
  return text.slice(start, end).split('\n').length
}

/** Of an identifier that is no property, no key and no type; of `globalThis.x` and `Math.x`; of `await` and `async`. */
function globalNameOf(node: Node, parent: Node | undefined): string | null {
  if (node.type === 'AwaitExpression' || (FUNCTIONS.has(node.type) && node.async === true)) return 'await'
  if (node.type === 'ForOfStatement' && node.await === true) return 'await'
  if (node.type === 'MemberExpression' && node.computed !== true) return memberNameOf(node)
  if (node.type !== 'Identifier' || typeof node.name !== 'string') return null
  const isName = parent?.type === 'MemberExpression' && parent.property === node && parent.computed !== true
  const isKey = parent !== undefined && 'key' in parent && parent.key === node && parent.shorthand !== true
  return isName || isKey || parent?.type.startsWith('TS') === true ? null : node.name
}

function memberNameOf({ object, property }: Node): string | null {
  const inner = isNode(object) && object.type === 'TSAsExpression' ? object.expression : object
  const target = isNode(inner) && inner.type === 'ParenthesizedExpression' ? inner.expression : inner
  if (!isNode(target) || !isNode(property) || typeof property.name !== 'string') return null
  if (target.name === 'globalThis') return property.name
  return target.name === 'Math' && property.name === 'random' ? 'Math.random' : null
}

function isReexport({ type, source }: Node): boolean {
  return type === 'ExportAllDeclaration' || (type === 'ExportNamedDeclaration' && isNode(source))
}
