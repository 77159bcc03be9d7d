import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
// Comes with vitest, which reads TypeScript by it.
import { build } from 'vite'
import { applyPatch, type Defect } from './defect.ts'

export const SOURCE_FOLDER = fileURLToPath(new URL('../../../src/', import.meta.url))
const ENTRY = fileURLToPath(new URL('./worker.ts', import.meta.url))

/** Loaded at run time by its name, which a bundle that lies elsewhere cannot find. */
const FAST_CURVE = 'mcl-wasm'

/** Where worlds with keys are computed by the fast curve: the module that loads it, with the place instead of the name. Null: not installed. */
async function fastCurveLoader(): Promise<readonly [path: string, source: string] | null> {
  let place: string
  try {
    place = createRequire(import.meta.url).resolve(FAST_CURVE)
  } catch {
    return null
  }
  const path = join(SOURCE_FOLDER, 'node/mcl.ts')
  const replace = JSON.stringify(pathToFileURL(place).href)
  const change = { file: 'node/mcl.ts', find: `'${FAST_CURVE}'`, replace }
  return [path, applyPatch(await readFile(path, 'utf8'), change)]
}

/**
 * The simulator and all that it runs as one file, with the modules of a defect changed on the way in; nothing of it touches the sources.
 *
 * @param defect null: as it is
 * @param folder where the file goes
 * @returns its path
 * @throws Error when the defect's text is not found, or the changed source is none
 */
export async function bundle(defect: Defect | null, folder: string): Promise<string> {
  const loader = await fastCurveLoader()
  const patches = new Map<string, string>(loader === null ? [] : [loader])
  for (const { file, ...change } of defect?.patches ?? []) {
    const path = join(SOURCE_FOLDER, file)
    const source = patches.get(path) ?? (await readFile(path, 'utf8'))
    patches.set(path, applyPatch(source, { file, ...change }))
  }
  const name = defect?.name ?? 'sound'
  await build({
    configFile: false,
    root: folder,
    logLevel: 'error',
    plugins: [
      {
        name: 'defect',
        enforce: 'pre',
        load: id => patches.get(id),
      },
    ],
    build: {
      ssr: ENTRY,
      outDir: folder,
      emptyOutDir: false,
      minify: false,
      target: 'node20',
      rolldownOptions: { output: { entryFileNames: `${name}.mjs`, codeSplitting: false } },
    },
    ssr: { noExternal: true },
  })
  return join(folder, `${name}.mjs`)
}
