/**
 * Makes what browsers load: the light client as one file, and the page of the node that uses it. Part of `npm run build`, after the
 * compiler. Prints the sizes; a test holds the light client under its bound.
 *
 *   node scripts/bundle.mjs [DIRECTORY]     default dist/browser
 */
import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const LIGHT_CLIENT = join(ROOT, 'src/client/light-client.ts')
const PAGE = join(ROOT, 'src/interfaces/http/page')

/** The page loads the light client as a file of its own, the same that others load. */
const lightClientApart = {
  name: 'light client apart',
  setup({ onResolve }) {
    onResolve({ filter: /\/client\/light-client\.ts$/ }, ({ kind }) =>
      kind === 'entry-point' ? undefined : { path: './light-client.js', external: true },
    )
  },
}

/** Our files do nothing when they are loaded, so that whatever is not used of them can be left out. */
const withoutEffects = {
  name: 'without effects',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /\.ts$/ }, async ({ path, kind, resolveDir, pluginData }) => {
      if (kind === 'entry-point' || pluginData === 'asked') return undefined
      const found = await resolve(path, { kind, resolveDir, pluginData: 'asked' })
      return { ...found, sideEffects: false }
    })
  },
}

/** @param {string} directory @returns {Promise<readonly { name: string, bytes: number, gzipBytes: number }[]>} */
export async function bundle(directory) {
  await mkdir(directory, { recursive: true })
  const shared = {
    bundle: true,
    format: 'esm',
    minify: true,
    target: 'es2022',
    outdir: directory,
    legalComments: 'none',
    logLevel: 'warning',
  }
  await build({ ...shared, entryPoints: { 'light-client': LIGHT_CLIENT }, plugins: [withoutEffects] })
  await build({
    ...shared,
    entryPoints: { page: join(PAGE, 'page.ts') },
    plugins: [lightClientApart, withoutEffects],
  })
  for (const name of ['page.html', 'page.css']) await copyFile(join(PAGE, name), join(directory, name))
  const names = ['light-client.js', 'page.js', 'page.html', 'page.css']
  return Promise.all(
    names.map(async name => {
      const bytes = await readFile(join(directory, name))
      return { name, bytes: bytes.length, gzipBytes: gzipSync(bytes, { level: 9 }).length }
    }),
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const directory = process.argv[2] ?? join(ROOT, 'dist/browser')
  for (const { name, bytes, gzipBytes } of await bundle(directory))
    console.log(`${name}: ${kilobytes(bytes)}, ${kilobytes(gzipBytes)} with gzip`)
}

function kilobytes(bytes) {
  return `${(bytes / 1_024).toFixed(1)} KB`
}
