import { fileURLToPath } from 'node:url'

/** The built CLI, which starts itself once for each node. */
export const MAIN_SCRIPT = fileURLToPath(new URL('../main.js', import.meta.url))
