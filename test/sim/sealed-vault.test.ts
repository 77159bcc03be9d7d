import { describe, expect, it } from 'vitest'
import { createPrng } from '../../src/lib/prng.ts'
import { SealedVault } from '../../src/sim/sealed-vault.ts'

/** Writes are answered one after the other, by hand. */
function createVault() {
  const answers: (() => void)[] = []
  const vault = new SealedVault({ writeMs: () => 1 }, { after: (_delayMs, run) => void answers.push(run) })
  const keep = (name: string): void => vault.write(name, new Uint8Array([1]), () => {})
  return { vault, keep, answer: () => answers.shift()?.() }
}

describe('the simulated vault', () => {
  it('names on disk what was answered, and what is erased until that is answered', () => {
    const { vault, keep, answer } = createVault()
    keep('a')
    keep('b')
    answer()
    expect(vault.names()).toEqual(['a', 'b'])
    expect([...vault.onDisk().keys()]).toEqual(['a'])
    answer()
    vault.erase('a', () => {})
    expect(vault.names()).toEqual(['b'])
    expect([...vault.onDisk().keys()]).toEqual(['a', 'b'])
    answer()
    expect([...vault.onDisk().keys()]).toEqual(['b'])
  })

  it('has after a crash what it named, and of the rest what came first', () => {
    const kept = new Set<string>()
    for (let seed = 0; seed < 40; seed++) {
      const { vault, keep, answer } = createVault()
      for (const name of ['a', 'b', 'c']) keep(name)
      answer()
      vault.crash(createPrng(seed))
      expect([...vault.onDisk().keys()]).toEqual(vault.names())
      kept.add(vault.names().join(''))
    }
    expect([...kept].sort()).toEqual(['a', 'ab', 'abc'])
  })
})
