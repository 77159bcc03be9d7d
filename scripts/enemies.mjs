// Prints how fast networks are under each enemy, and how soon they are well again: `node scripts/enemies.mjs [SEEDS] [--write] [--keep FILE]`. With --keep it goes on where it was interrupted. The program is TypeScript, which vite reads.
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))
const { module } = await runnerImport(`${root}scripts/tables/enemies.ts`, { configFile: false, root })
await module.main(process.argv.slice(2))
