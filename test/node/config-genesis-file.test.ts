import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_PROTOCOL, DEFAULT_THRESHOLD, type Genesis } from '../../src/membership/genesis.ts'
import { ConfigError } from '../../src/node/config-sources.ts'
import {
  networkIdText,
  parseGenesis,
  readGenesisFile,
  writeGenesisFile,
} from '../../src/node/genesis-file.ts'

const GENESIS: Genesis = {
  format: 'quorate-genesis/1',
  name: 'net',
  createdMs: 1_700_000_000_000,
  members: ['a', 'b', 'c', 'd'].map((name, i) => ({ name, publicKey: `${i}`.repeat(64) })),
  application: { module: 'key-value', options: { signatures: 'none' } },
  protocol: DEFAULT_PROTOCOL,
}

const newFile = (): string => join(mkdtempSync(join(tmpdir(), 'quorate-genesis-')), 'genesis.json')

function problems(change: object): string[] {
  try {
    parseGenesis({ ...GENESIS, ...change }, 'it')
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ path }) => path)
    throw error
  }
}

describe('genesis file', () => {
  it('is read as it was written, with one network id', () => {
    const file = newFile()
    writeGenesisFile(file, GENESIS)
    expect(readGenesisFile(file)).toEqual(GENESIS)
    expect(networkIdText(readGenesisFile(file))).toBe(networkIdText(GENESIS))
    expect(networkIdText(GENESIS)).toMatch(/^[0-9a-f]{64}$/)
  })

  it('does not depend on order and white space of the file', () => {
    const file = newFile()
    const reversed = Object.fromEntries(Object.entries(GENESIS).reverse())
    writeFileSync(file, JSON.stringify(reversed))
    expect(networkIdText(readGenesisFile(file))).toBe(networkIdText(GENESIS))
  })

  it('is never overwritten', () => {
    const file = newFile()
    writeFileSync(file, 'something')
    expect(() => writeGenesisFile(file, GENESIS)).toThrow(/exists already/)
    expect(readFileSync(file, 'utf8')).toBe('something')
  })

  it('names each mistake by its path', () => {
    expect(problems({})).toEqual([])
    expect(problems({ format: 'quorate-genesis/2' })).toEqual(['format'])
    expect(problems({ members: [] })).toEqual(['members'])
    expect(problems({ members: [{ name: 'a', publicKey: 'AB' }] })).toEqual(['members.0.publicKey'])
    expect(problems({ extra: 1 })).toEqual(['extra'])
    expect(problems({ protocol: { ...DEFAULT_PROTOCOL, admissionEffort: 0, more: 1 } }).sort()).toEqual([
      'protocol.admissionEffort',
      'protocol.more',
    ])
  })

  it('refuses one key or name for two members', () => {
    const [a, b, c, d] = GENESIS.members
    expect(problems({ members: [a, b, c, { ...d, publicKey: a?.publicKey }] })).toEqual([
      'members.3.publicKey',
    ])
    expect(problems({ members: [a, { ...b, name: 'a' }, c, d] })).toEqual(['members.1.name'])
  })

  it('keeps L >= 2K, at the limit exactly', () => {
    const protocol = { ...DEFAULT_PROTOCOL, checkpointInterval: 100 }
    expect(problems({ protocol: { ...protocol, logWindow: 200 } })).toEqual([])
    expect(problems({ protocol: { ...protocol, logWindow: 199 } })).toEqual(['protocol.logWindow'])
  })

  it('may have a section of the shared key, with bounds, and is another network then', () => {
    const threshold = DEFAULT_THRESHOLD
    expect(problems({ threshold })).toEqual([])
    const file = newFile()
    writeGenesisFile(file, { ...GENESIS, threshold })
    expect(readGenesisFile(file)).toEqual({ ...GENESIS, threshold })
    expect(networkIdText(readGenesisFile(file))).not.toBe(networkIdText(GENESIS))
    for (const [field, value] of [
      ['transitionMs', 999],
      ['refreshMs', 1.5],
      ['deadlineMs', 0],
      ['graceMs', -1],
    ] as const)
      expect(problems({ threshold: { ...threshold, [field]: value } })).toEqual([`threshold.${field}`])
    expect(problems({ threshold: { ...threshold, more: 1 } })).toEqual(['threshold.more'])
    const { graceMs, ...less } = threshold
    expect(problems({ threshold: less })).toEqual(['threshold.graceMs'])
    expect(graceMs).toBe(60_000)
  })

  it('lets a key go on at most as long as its shares last, and a ceremony longer than its grace', () => {
    const threshold = { ...DEFAULT_THRESHOLD, transitionMs: 5_000, refreshMs: 5_000 }
    expect(problems({ threshold })).toEqual([])
    expect(problems({ threshold: { ...threshold, transitionMs: 5_001 } })).toEqual(['threshold.transitionMs'])
    const patient = { ...threshold, deadlineMs: 1_000, graceMs: 8_000 }
    expect(problems({ threshold: patient })).toEqual([])
    expect(problems({ threshold: { ...patient, graceMs: 8_001 } })).toEqual(['threshold.graceMs'])
  })

  it.each([
    [7, 1_173],
    [64, 7_557],
    [128, 14_757],
  ])('asks for batches that carry a dealing among %i members: %i bytes', (n, bytes) => {
    const members = Array.from({ length: n }, (_, i) => ({
      name: `m${i}`,
      publicKey: i.toString(16).padStart(64, '0'),
    }))
    const protocol = { ...DEFAULT_PROTOCOL, checkpointInterval: 4, logWindow: 8, operationBytesMax: 100 }
    const small = { members, protocol: { ...protocol, batchBytesMax: bytes - 1 } }
    expect(problems(small)).toEqual([])
    const threshold = DEFAULT_THRESHOLD
    expect(problems({ ...small, threshold })).toEqual(['protocol.batchBytesMax'])
    expect(() => parseGenesis({ ...GENESIS, ...small, threshold }, 'it')).toThrow(
      new RegExp(`${bytes - 1} is too small for what a member deals to ${n} .*at least ${bytes}`),
    )
    expect(problems({ members, protocol: { ...protocol, batchBytesMax: bytes }, threshold })).toEqual([])
  })

  it('refuses numbers that have more than one text', () => {
    const options = (value: unknown) => ({ application: { module: 'm', options: { deep: [{ value }] } } })
    expect(problems(options(1.5))).toEqual(['application.options.deep.0.value'])
    expect(problems(options(2 ** 53))).toEqual(['application.options.deep.0.value'])
    expect(problems(options(2 ** 53 - 1))).toEqual([])
  })

  it('answers any JSON with a genesis or a ConfigError', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...Object.keys(GENESIS)), (value, key) => {
        for (const candidate of [value, { ...GENESIS, [key]: value }]) {
          try {
            parseGenesis(candidate, 'it')
          } catch (error) {
            expect(error).toBeInstanceOf(ConfigError)
          }
        }
      }),
    )
  })
})
