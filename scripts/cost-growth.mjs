// Prints what a transaction costs as the network grows: `node scripts/cost-growth.mjs > src/sim/cost.md`. The program is TypeScript, which vite reads.
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))
const { module } = await runnerImport(`${root}scripts/tables/cost-growth.ts`, { configFile: false, root })
await module.main()
