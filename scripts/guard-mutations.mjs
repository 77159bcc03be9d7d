// Shows that the simulator can fail: `node scripts/guard-mutations.mjs --help`. The program is TypeScript, which vite reads.
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))
const { module } = await runnerImport(`${root}test/sim/defects/command.ts`, { configFile: false, root })
process.exitCode = await module.main(process.argv.slice(2))
