import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openKeptResults } from '../../scripts/tables/kept-results.ts'

interface Asked {
  readonly seed: number
  readonly loss?: number | undefined
}

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'kept-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

describe('what came of worlds', () => {
  it('is there again for another run, but for a line that was cut off', () => {
    const file = join(directory, 'cut.jsonl')
    const open = () => openKeptResults<Asked, string>(file, 'a program')
    const first = open()
    first.add({ seed: 1, loss: undefined }, 'calm')
    first.add({ seed: 2, loss: 0.5 }, 'rough')
    expect(first.get({ seed: 2, loss: 0.5 })).toBe('rough')
    appendFileSync(file, '{"asked":{"seed":3},"res')
    const second = open()
    expect(second.get({ seed: 1 })).toBe('calm')
    expect(second.get({ seed: 2 })).toBeUndefined()
    expect(second.get({ seed: 3 })).toBeUndefined()
    second.add({ seed: 3 }, 'long')
    expect(['calm', 'rough', 'long']).toEqual([
      open().get({ seed: 1 }),
      open().get({ seed: 2, loss: 0.5 }),
      open().get({ seed: 3 }),
    ])
  })

  it('is not taken for that of another program', () => {
    const file = join(directory, 'other.jsonl')
    openKeptResults<Asked, string>(file, 'a program').add({ seed: 1 }, 'calm')
    const before = readFileSync(file, 'utf8')
    expect(() => openKeptResults<Asked, string>(file, 'a program that was changed')).toThrow(
      'is not of these sources',
    )
    expect(() => openKeptResults<Asked, string>(file)).toThrow('is not of these sources')
    expect(readFileSync(file, 'utf8')).toBe(before)
  })

  it('is forgotten where no file is named', () => {
    const kept = openKeptResults<Asked, string>(null, 'a program')
    kept.add({ seed: 1 }, 'calm')
    expect(kept.get({ seed: 1 })).toBe('calm')
    expect(openKeptResults<Asked, string>(null, 'a program').get({ seed: 1 })).toBeUndefined()
  })
})
