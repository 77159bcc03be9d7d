import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { bundle } from './bundle.ts'
import type { Defect } from './defect.ts'
import { DEFECTS } from './defects.ts'
import { type Catch, hunt } from './hunt.ts'
import { drawWorld } from './pools.ts'

/** Looks for every defect, one after the other, and prints what caught it as a table. */
const USAGE = `Usage: node scripts/guard-mutations.mjs [--only NAME]... [--seeds N] [--workers N] [--text]

Takes one guard after the other out of the production code, in a copy, and runs simulated worlds until a checker complains.
  --only NAME    only defects whose name contains NAME; may be repeated
  --seeds N      worlds that are tried for each (default 2000)
  --workers N    threads (default 2)
  --text         also prints what the checker said
Exits with 1 when a defect was not caught.
`

interface Row {
  readonly defect: Defect
  readonly caught: Catch | null
  /** Why it could not be looked for: the sources have changed under it. */
  readonly misfit: string | null
  readonly seconds: number
}

export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true },
      seeds: { type: 'string', default: '2000' },
      workers: { type: 'string', default: '2' },
      text: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const [seedsMax, workers] = [Number(values.seeds), Number(values.workers)]
  if (values.help || !(seedsMax >= 1) || !(workers >= 1)) {
    process.stdout.write(USAGE)
    return values.help ? 0 : 2
  }
  const wanted = DEFECTS.filter(({ name }) => values.only?.some(part => name.includes(part)) ?? true)
  const folder = mkdtempSync(join(tmpdir(), 'quorate-defects-'))
  try {
    const soundPath = await bundle(null, folder)
    process.stdout.write('| defect | worlds | caught by | seed | seconds |\n|---|---|---|---:|---:|\n')
    let missed = 0
    for (const [i, defect] of wanted.entries()) {
      const row = await look(defect, {
        folder,
        soundPath,
        seedsMax,
        workers,
        place: `${i + 1}/${wanted.length}`,
      })
      if (row.caught === null) missed += 1
      process.stdout.write(`${lineOf(row, seedsMax)}\n`)
      if (values.text && row.caught !== null) process.stdout.write(`  ${row.caught.text.slice(0, 200)}\n`)
    }
    process.stdout.write(`\n${wanted.length - missed} of ${wanted.length} defects were caught.\n`)
    return missed === 0 ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface LookOptions {
  readonly folder: string
  readonly soundPath: string
  readonly seedsMax: number
  readonly workers: number
  /** Shown with the progress. */
  readonly place: string
}

async function look(defect: Defect, options: LookOptions): Promise<Row> {
  const beganMs = performance.now()
  let path: string
  try {
    path = await bundle(defect, options.folder)
  } catch (error) {
    return { defect, caught: null, misfit: String(error), seconds: 0 }
  }
  const caught = await hunt({
    ...options,
    path,
    draw: seed => drawWorld(defect.pool ?? 'ordinary', seed, defect.enemies),
    onSeed: seed => show(`${options.place} ${defect.name}: ${seed} of ${options.seedsMax}`),
  })
  show('')
  return { defect, caught, misfit: null, seconds: (performance.now() - beganMs) / 1_000 }
}

/** One line on a terminal that the next one replaces. */
function show(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${text}`)
}

function lineOf({ defect, caught, misfit, seconds }: Row, seedsMax: number): string {
  if (misfit !== null) return `| ${defect.name} | ${misfit} |`
  const pool = [defect.pool ?? 'ordinary', ...(defect.enemies ?? [])].join(', ')
  const [by, seed] = caught === null ? ['**nothing**', `> ${seedsMax}`] : [caught.checker, caught.seed]
  return `| ${defect.name} | ${pool} | ${by} | ${seed} | ${seconds.toFixed(1)} |`
}
