import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
// Comes with vitest, which reads TypeScript by it.
import { build } from 'vite'
import { applyPatch, type Defect } from './defect.ts'

export const SOURCE_FOLDER = fileURLToPath(new URL('../../../src/', import.meta.url))
const ENTRY = fileURLToPath(new URL('./worker.ts', import.meta.url))

/**
 * The simulator and all that it runs as one file, with the modules of a defect changed on the way in; nothing of it touches the sources.
 *
 * @param defect null: as it is
 * @param folder where the file goes
 * @returns its path
 * @throws Error when the defect's text is not found, or the changed source is none
 */
export async function bundle(defect: Defect | null, folder: string): Promise<string> {
  const patches = new Map<string, string>()
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
