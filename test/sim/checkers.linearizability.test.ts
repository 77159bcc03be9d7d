import { describe, expect, it } from 'vitest'
import { createPrng } from '../../src/lib/prng.ts'
import {
  type Interval,
  judgeHistory,
  REGISTER,
  type RegisterOperation,
} from '../../src/sim/checkers/linearizability.ts'

type History = readonly Interval<RegisterOperation>[]

const at = (
  invokedMs: number,
  returnedMs: number | null,
  operation: RegisterOperation,
): Interval<RegisterOperation> => ({ operation, invokedMs, returnedMs })
const set = (value: string): RegisterOperation => ({ type: 'set', value })
const read = (value: string | null): RegisterOperation => ({ type: 'read', value })
const remove = (existed: boolean | null): RegisterOperation => ({ type: 'delete', existed })
const swap = (expected: string | null, value: string, done: boolean | null): RegisterOperation => ({
  type: 'compare-and-set',
  expected,
  value,
  done,
})

const good: Readonly<Record<string, History>> = {
  'nothing happened': [],
  'one after the other': [
    at(0, 1, set('a')),
    at(2, 3, read('a')),
    at(4, 5, remove(true)),
    at(6, 7, read(null)),
  ],
  'a read beside a write sees the old or the new': [
    at(0, 1, set('a')),
    at(2, 9, set('b')),
    at(3, 4, read('a')),
    at(5, 6, read('b')),
  ],
  'two writes at a time, in the order that nobody expects': [
    at(0, 9, set('a')),
    at(1, 8, set('b')),
    at(10, 11, read('a')),
  ],
  'a write that was never answered shows later': [
    at(0, null, set('a')),
    at(5, 6, read(null)),
    at(7, 8, read('a')),
  ],
  'a write that was never answered never shows': [at(0, null, set('a')), at(5, 6, read(null))],
  'one of two swaps from nothing wins': [
    at(0, 5, swap(null, 'a', true)),
    at(0, 5, swap(null, 'b', false)),
    at(6, 7, read('a')),
  ],
  'a swap without answer took what others found gone': [
    at(0, 1, set('a')),
    at(2, null, swap('a', 'b', null)),
    at(3, 4, swap('a', 'c', false)),
  ],
  'an end and a beginning in one instant': [at(0, 5, set('a')), at(5, 6, read(null)), at(7, 8, read('a'))],
}

const bad: Readonly<Record<string, History>> = {
  'a value from nowhere': [at(0, 1, set('a')), at(2, 3, read('b'))],
  'an old value after its successor was written': [
    at(0, 1, set('a')),
    at(2, 3, set('b')),
    at(4, 5, read('a')),
  ],
  'the new value, then the old one': [
    at(0, 1, set('a')),
    at(2, 9, set('b')),
    at(3, 4, read('b')),
    at(5, 6, read('a')),
  ],
  'a write that was answered and lost': [at(0, 1, set('a')), at(2, 3, read(null))],
  'a write that was never answered shows, is gone and shows again': [
    at(0, null, set('a')),
    at(1, 2, read('a')),
    at(3, 4, remove(true)),
    at(5, 6, read('a')),
  ],
  'two swaps from nothing win': [at(0, 5, swap(null, 'a', true)), at(0, 5, swap(null, 'b', true))],
  'a deletion finds what another one removed': [
    at(0, 1, set('a')),
    at(2, 5, remove(true)),
    at(2, 5, remove(true)),
  ],
  'one operation, executed twice': [
    at(0, 1, swap(null, 'a', true)),
    at(2, 3, swap('a', 'b', true)),
    at(4, 5, read('a')),
  ],
}

describe('linearizability', () => {
  it.each(Object.entries(good))('holds: %s', (_name, history) => {
    expect(judgeHistory(history, REGISTER)).toBe('linearizable')
  })

  it.each(Object.entries(bad))('does not hold: %s', (_name, history) => {
    expect(judgeHistory(history, REGISTER)).toBe('impossible')
  })

  it('agrees with trying every order, on hundreds of small random histories of both kinds', () => {
    const prng = createPrng(4)
    const counts = { linearizable: 0, impossible: 0 }
    for (let i = 0; i < 600; i++) {
      const history = randomHistory(prng)
      const expected = isExplained(history, REGISTER.initial) ? 'linearizable' : 'impossible'
      expect(judgeHistory(history, REGISTER), JSON.stringify(history)).toBe(expected)
      counts[expected] += 1
    }
    expect(Math.min(counts.linearizable, counts.impossible)).toBeGreaterThan(50)
  })

  it('agrees with it too where half of all were never answered, and many do the same', () => {
    const prng = createPrng(6)
    const counts = { linearizable: 0, impossible: 0 }
    for (let i = 0; i < 400; i++) {
      const history = randomHistory(prng, { answered: 0.5, values: prng.pick([['a'], ['a', 'b', 'c', 'd']]) })
      const expected = isExplained(history, REGISTER.initial) ? 'linearizable' : 'impossible'
      expect(judgeHistory(history, REGISTER), JSON.stringify(history)).toBe(expected)
      counts[expected] += 1
    }
    expect(Math.min(counts.linearizable, counts.impossible)).toBeGreaterThan(50)
  })

  it('is quick with many clients at a time', () => {
    const prng = createPrng(5)
    let value: string | null = null
    const history = Array.from({ length: 400 }, (_, i) => {
      const isRead = prng.chance(0.5)
      if (!isRead) value = `${i}`
      return at(i - 8 * prng.next(), i + 8 * prng.next(), isRead ? read(value) : set(`${i}`))
    })
    expect(judgeHistory(history, REGISTER)).toBe('linearizable')
  })

  it('is quick with many that were never answered, when nobody saw what they wrote, or they change nothing', () => {
    const never = (operation: (i: number) => RegisterOperation) =>
      Array.from({ length: 40 }, (_, i) => at(0, null, operation(i)))
    const written = never(i => set(`${i}`))
    const swapped = never(i => swap('never there', `${i}`, null))
    const removed = never(() => remove(null))
    const lost = [at(1, 2, set('a')), at(3, 4, read('b'))]
    for (const open of [written, swapped, removed])
      expect(judgeHistory([...open, ...lost], REGISTER, 2_000)).toBe('impossible')
    // Values come and go, as often as there are removals.
    expect(judgeHistory([...written, ...swapped, ...removed.slice(0, 10), ...lost], REGISTER)).toBe(
      'impossible',
    )
    const shown = [at(1, 2, set('a')), at(3, 4, read('39')), at(5, 6, read('a'))]
    expect(judgeHistory([...written, ...shown], REGISTER, 2_000)).toBe('impossible')
    expect(judgeHistory([...written, ...shown.slice(0, 2)], REGISTER, 2_000)).toBe('linearizable')
  })

  it('gives up where somebody looked for each of very many values', () => {
    const values = Array.from({ length: 40 }, (_, i) => `${i}`)
    const history = [
      ...values.map(value => at(0, null, set(value))),
      ...values.map(value => at(1, 2, swap(value, 'other', false))),
      at(3, 4, read('none')),
    ]
    expect(judgeHistory(history, REGISTER, 1_000)).toBe('undecided')
  })

  it('does not take a value of its own for one that clients wrote', () => {
    const history = [at(0, 1, set('a')), at(2, 3, read('unseen'))]
    expect(judgeHistory(history, REGISTER)).toBe('impossible')
    expect(judgeHistory([...history, at(0, null, set('unseen'))], REGISTER)).toBe('linearizable')
  })
})

function randomHistory(
  prng: ReturnType<typeof createPrng>,
  { answered, values } = { answered: 0.85, values: ['a', 'b'] },
): History {
  const value = (): string => prng.pick(values)
  return Array.from({ length: prng.between(2, 6) }, () => {
    const invokedMs = prng.between(0, 12)
    const isAnswered = prng.chance(answered)
    const bit = isAnswered ? prng.chance(0.5) : null
    const operation = prng.pick([
      set(value()),
      read(prng.pick([...values, null])),
      remove(bit),
      swap(prng.pick([...values, null]), value(), bit),
    ])
    return at(
      invokedMs,
      isAnswered || operation.type === 'read' ? invokedMs + prng.between(1, 6) : null,
      operation,
    )
  })
}

/** The definition, literally. */
function isExplained(history: History, state: typeof REGISTER.initial): boolean {
  if (history.every(({ returnedMs }) => returnedMs === null)) return true
  return history.some((first, i) => {
    const rest = history.filter((_, k) => k !== i)
    if (rest.some(({ returnedMs }) => returnedMs !== null && returnedMs < first.invokedMs)) return false
    const after = REGISTER.apply(state, first.operation)
    return after !== null && isExplained(rest, after)
  })
}
