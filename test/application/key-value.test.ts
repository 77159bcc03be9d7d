import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import createKeyValue, {
  decodeKeyValueOperation,
  describeKeyValueOperation,
  encodeCompareAndSet,
  encodeDelete,
  encodeSet,
  KEY_VALUE_CODE,
} from '../../src/application/key-value.ts'
import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from '../../src/application/key-value-operation.ts'
import { concatBytes, utf8 } from '../../src/lib/bytes.ts'
import { describeApplication, isAnswer, rootOf, run, transactionOf } from './application-suite.ts'

const client = new Uint8Array(32)
const step = (operation: Uint8Array) => ({ client, operation })
const key = fc.constantFrom('a', 'b', 'c', 'key', 'ключ')
const value = fc.constantFrom('', '1', '2', 'long '.repeat(50))
const operation = fc.oneof(
  fc.tuple(key, value).map(([key, value]) => encodeSet(key, value)),
  key.map(key => encodeDelete(key)),
  fc
    .tuple(key, fc.option(value), value)
    .map(([key, expected, value]) => encodeCompareAndSet(key, expected, value)),
)

describeApplication('key-value', {
  create: () => createKeyValue({ signatures: 'none' }),
  operation: operation.map(step),
  badOperations: [
    new Uint8Array(0),
    Uint8Array.of(1),
    Uint8Array.of(1, 0, 0),
    Uint8Array.of(1, 0, 2, 65),
    Uint8Array.of(1, 0, 1, 0xff),
    Uint8Array.of(2, 0, 1, 65, 66),
    Uint8Array.of(3, 2, 0, 1, 65),
    Uint8Array.of(4, 0, 1, 65),
    concatBytes(Uint8Array.of(1, 1, 1), new Uint8Array(KEY_BYTES_MAX + 1).fill(65)),
    concatBytes(encodeSet('a', ''), new Uint8Array(VALUE_BYTES_MAX + 1)),
  ].map(step),
  queries: ['a', 'b', 'ключ', 'never set'],
})

describe('key-value', () => {
  it('is a map with compare-and-set', () => {
    const steps = fc.array(
      fc.record({ type: fc.constantFrom('set', 'delete', 'cas'), key, expected: fc.option(value), value }),
      { maxLength: 40 },
    )
    fc.assert(
      fc.property(steps, steps => {
        const application = createKeyValue({})
        const model = new Map<string, string>()
        for (const { type, key, expected, value } of steps) {
          const existed = model.has(key)
          if (type === 'set') {
            expect(run(application, [step(encodeSet(key, value))])).toEqual([{ code: 0, data: utf8('') }])
            model.set(key, value)
          } else if (type === 'delete') {
            const data = Uint8Array.of(existed ? 1 : 0)
            expect(run(application, [step(encodeDelete(key))])).toEqual([{ code: 0, data }])
            model.delete(key)
          } else {
            const holds = (model.get(key) ?? null) === expected
            const [result] = run(application, [step(encodeCompareAndSet(key, expected, value))])
            expect(result?.code).toBe(holds ? 0 : KEY_VALUE_CODE.otherValue)
            if (holds) model.set(key, value)
          }
          const answer = application.query(key)
          const known = model.get(key)
          expect(isAnswer(answer) && answer.value).toEqual(known === undefined ? null : utf8(known))
        }
      }),
    )
  })

  it('has one root whatever the order of operations on different keys', () => {
    const entries = fc.uniqueArray(fc.tuple(fc.string({ minLength: 1, maxLength: 20 }), fc.string()), {
      selector: ([key]) => key,
      maxLength: 30,
    })
    fc.assert(
      fc.property(entries, entries => {
        const steps = entries.map(([key, value]) => step(encodeSet(key, value)))
        const [one, other] = [createKeyValue({}), createKeyValue({})]
        run(one, steps)
        run(other, steps.reverse())
        expect(rootOf(one)).toBe(rootOf(other))
      }),
    )
  })

  it('takes keys and values up to their limits, and says when they are beyond', () => {
    const application = createKeyValue({})
    const largest = encodeSet('k'.repeat(KEY_BYTES_MAX), new Uint8Array(VALUE_BYTES_MAX))
    expect(application.check(transactionOf(step(largest)))).toBeNull()
    expect(run(application, [step(largest)])[0]?.code).toBe(0)
    expect(() => encodeSet('', 'v')).toThrow(RangeError)
    expect(() => encodeSet('ж'.repeat(129), 'v')).toThrow('a key has 1 to 256 bytes, not 258')
    expect(() => encodeSet('k', new Uint8Array(VALUE_BYTES_MAX + 1))).toThrow(RangeError)
    expect(application.query('')).toMatchObject({ code: 'BAD_KEY' })
    expect(application.verify(application.stateRoot(), '', { value: null, proof: Uint8Array.of(0) })).toBe(
      false,
    )
  })

  it('is described in one line', () => {
    expect(describeKeyValueOperation(encodeSet('a', 'xyz'))).toBe('set "a" to 3 bytes')
    expect(describeKeyValueOperation(encodeDelete('a'))).toBe('delete "a"')
    expect(describeKeyValueOperation(encodeCompareAndSet('a', null, 'x'))).toBe(
      'compare and set "a" to 1 bytes',
    )
    expect(describeKeyValueOperation(utf8('rubbish'))).toBe('not a key-value operation (7 bytes)')
  })

  it('writes its operations in one way', () => {
    expect(encodeSet('ab', 'c')).toEqual(Uint8Array.of(1, 0, 2, 97, 98, 99))
    expect(encodeDelete('ab')).toEqual(Uint8Array.of(2, 0, 2, 97, 98))
    expect(encodeCompareAndSet('ab', null, 'c')).toEqual(Uint8Array.of(3, 0, 0, 2, 97, 98, 99))
    expect(encodeCompareAndSet('ab', 'x', 'c')).toHaveLength(1 + 1 + 32 + 2 + 2 + 1)
    expect(decodeKeyValueOperation(encodeCompareAndSet('ab', 'x', 'c'))?.type).toBe('compare-and-set')
  })

  it('names a bad option', () => {
    expect(createKeyValue(undefined).signatures).toBe('required')
    expect(createKeyValue({ signatures: 'none' }).signatures).toBe('none')
    expect(() => createKeyValue({ signatures: 'perhaps' })).toThrow('"signatures" is neither')
    expect(() => createKeyValue({ signature: 'none' })).toThrow('"signature" is none of signatures')
    expect(() => createKeyValue([])).toThrow('they are not an object')
  })
})
