import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseAst } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundle, SOURCE_FOLDER } from './defects/bundle.ts'
import { applyPatch, type Defect } from './defects/defect.ts'
import { DEFECTS } from './defects/defects.ts'
import { hunt } from './defects/hunt.ts'
import { drawWorld } from './defects/pools.ts'

/**
 * The list of defects still fits the code, and the way in which they are looked for works. That each is caught takes longer than a
 * test may: `node scripts/guard-mutations.mjs` looks for all of them.
 */
const folder = mkdtempSync(join(tmpdir(), 'quorate-defects-'))
let soundPath = ''

beforeAll(async () => {
  soundPath = await bundle(null, folder)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function named(name: string): Defect {
  const defect = DEFECTS.find(one => one.name === name)
  if (defect === undefined) throw new Error(`no defect is called ${name}`)
  return defect
}

describe('deliberate defects', () => {
  it('have names of their own', () => {
    const names = DEFECTS.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(names.length).toBeGreaterThanOrEqual(70)
  })

  it('each changes text that occurs exactly once, into code that can be read', () => {
    for (const { name, patches } of DEFECTS) {
      const changed = new Map<string, string>()
      for (const { file, ...change } of patches) {
        const before = changed.get(file) ?? readFileSync(join(SOURCE_FOLDER, file), 'utf8')
        const after = applyPatch(before, { file, ...change })
        expect(after, name).not.toBe(before)
        changed.set(file, after)
      }
      for (const [file, text] of changed)
        expect(() => parseAst(text, { lang: 'ts' }), `${name} in ${file}`).not.toThrow()
    }
  })

  it('do not fit where the text is missing or occurs twice', () => {
    const patch = { file: 'pbft/quorum.ts', find: 'n', replace: 'm' }
    expect(() => applyPatch('n + n', patch)).toThrow('occurs 2 times')
    expect(() => applyPatch('', patch)).toThrow('occurs 0 times')
    expect(applyPatch('1 + n', { ...patch, replace: '$&' })).toBe('1 + $&')
  })
})

describe('the hunt', () => {
  const SEEDS = 6
  it.each([
    ['quorum-one-too-small', 'certificates'],
    ['stable-with-f+1', 'certificates'],
    ['executed-as-committed', 'accusations'],
    ['every-repeated-vote-is-an-accusation', 'accusations'],
    ['log-time-of-the-primary-not-looked-at', 'log-time'],
    ['view-not-entered-again-after-state-transfer', 'liveness'],
    ['timer-begun-anew-by-any-progress', 'left-out'],
    ['two-proposals-of-a-primary-not-reported', 'suspicion'],
    ['key-revoked-by-f+1', 'requests'],
  ])('catches %s by %s', async (name, checker) => {
    const defect = named(name)
    const path = await bundle(defect, folder)
    const draw = (seed: number) => drawWorld(defect.pool ?? 'ordinary', seed, defect.enemies)
    const caught = await hunt({ path, soundPath, seedsMax: SEEDS, workers: 1, draw })
    expect(caught?.checker).toBe(checker)
  })

  it('catches nothing where nothing is wrong', async () => {
    const draw = (seed: number) => drawWorld('calm', seed)
    expect(await hunt({ path: soundPath, soundPath, seedsMax: 1, workers: 1, draw })).toBeNull()
  })
})
