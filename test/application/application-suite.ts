/** What every replicated application must do. Call `describeApplication` from the application's own test file. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Application,
  type QueryAnswer,
  RESULT_BYTES_MAX,
  type Refusal,
  type Result,
  SNAPSHOT_CHUNK_BYTES_MAX,
  SNAPSHOT_CHUNKS_MAX,
  type Transaction,
} from '../../src/application/contract.ts'
import { toHex } from '../../src/lib/bytes.ts'

export interface ApplicationHarness {
  /** A new instance in its genesis state, with the same options each time. */
  create(): Application
  /** Well-formed operations, whatever the state answers to them. */
  readonly operation: fc.Arbitrary<Pick<Transaction, 'client' | 'operation'>>
  /** At least two that `check` refuses. */
  readonly badOperations: readonly Pick<Transaction, 'client' | 'operation'>[]
  /** Texts of queries, for state that operations touch and for state that none does. */
  readonly queries: readonly string[]
}

type Step = Pick<Transaction, 'client' | 'operation'>

export function transactionOf({ client, operation }: Step, nonce = 0): Transaction {
  return { client, operation, nonce, timestampMs: 1_000, signature: new Uint8Array(0) }
}

/** @returns the results of executing the operations in lists of `listLength` */
export function run(
  application: Application,
  steps: readonly Step[],
  listLength = steps.length,
): readonly Result[] {
  const results: Result[] = []
  for (let i = 0; i < steps.length; i += listLength) {
    const list = steps.slice(i, i + listLength).map(transactionOf)
    results.push(...application.execute(list, { sequence: 1 + i, logTimeMs: 1_000 + i }))
  }
  return results
}

export const rootOf = (application: Application) => toHex(application.stateRoot())
export const isAnswer = (answer: QueryAnswer | Refusal): answer is QueryAnswer => 'proof' in answer

export function chunksOf(application: Application): readonly Uint8Array[] {
  const { chunkCount, chunk } = application.snapshot()
  return Array.from({ length: chunkCount }, (_, i) => chunk(i))
}

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = bytes.slice()
  const at = (bit >> 3) % bytes.length
  changed[at] = (changed[at] as number) ^ (1 << (bit & 7))
  return changed
}

export function describeApplication(name: string, harness: ApplicationHarness): void {
  const { create, operation, badOperations, queries } = harness
  const steps = fc.array(operation, { maxLength: 40 })

  describe(`${name} as an application`, () => {
    it('is a function of the operations in their order, however they are cut into lists', () => {
      fc.assert(
        fc.property(steps, fc.integer({ min: 1, max: 7 }), (steps, listLength) => {
          const one = create()
          const other = create()
          expect(run(one, steps)).toEqual(run(other, steps, listLength))
          expect(rootOf(one)).toBe(rootOf(other))
          expect(one.stateRoot()).toHaveLength(32)
        }),
        { numRuns: 50 },
      )
    })

    it('says at the door what execution will do, in so many bytes and no more', () => {
      fc.assert(
        fc.property(steps, steps => {
          const application = create()
          for (const step of steps) {
            expect(application.check(transactionOf(step))).toBeNull()
            const refusal = application.checkAgainstState(transactionOf(step))
            const before = rootOf(application)
            const [result] = run(application, [step]) as [Result]
            expect(result.code === 0).toBe(refusal === null)
            expect(result.data.length).toBeLessThanOrEqual(RESULT_BYTES_MAX)
            if (result.code !== 0) expect(rootOf(application)).toBe(before)
          }
        }),
        { numRuns: 30 },
      )
    })

    it('answers from a snapshot that it lets be queried as it would have then, whatever came after', () => {
      fc.assert(
        fc.property(steps, steps, (before, after) => {
          const application = create()
          run(application, before)
          const root = application.stateRoot()
          const snapshot = application.snapshot()
          if (snapshot.query === undefined) return
          const then = queries.map(query => application.query(query))
          run(application, after)
          expect(queries.map(query => snapshot.query?.(query))).toEqual(then)
          for (const [i, answer] of then.entries())
            if (isAnswer(answer)) expect(application.verify(root, queries[i] ?? '', answer)).toBe(true)
          application.restore([])
          expect(queries.map(query => snapshot.query?.(query))).toEqual(then)
        }),
        { numRuns: 30 },
      )
    })

    it('refuses malformed operations alike everywhere, and does nothing on them', () => {
      expect(badOperations.length).toBeGreaterThan(1)
      for (const bad of badOperations) {
        const [one, other] = [create(), create()]
        const before = rootOf(one)
        const refusal = one.check(transactionOf(bad))
        expect(refusal, toHex(bad.operation).slice(0, 40)).not.toBeNull()
        expect(other.check(transactionOf(bad))).toEqual(refusal)
        expect(run(one, [bad])).toEqual(run(other, [bad]))
        expect(run(one, [bad])[0]?.code).not.toBe(0)
        expect(rootOf(one)).toBe(before)
      }
    })

    it('never throws, whatever the bytes', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (bytes, text) => {
          const application = create()
          const step = { client: new Uint8Array(32), operation: bytes }
          const isMalformed = application.check(transactionOf(step)) !== null
          application.checkAgainstState(transactionOf(step))
          if (isMalformed) expect(run(application, [step])[0]?.code).not.toBe(0)
          const answer = application.query(text)
          if (isAnswer(answer)) expect(application.verify(application.stateRoot(), text, answer)).toBe(true)
          else expect(answer.message).not.toBe('')
          const forged = { value: bytes, proof: bytes }
          expect(application.verify(application.stateRoot(), text, forged)).toBe(false)
          expect(application.verifyChunk(application.stateRoot(), 0, 1, bytes)).toBe(
            isOwnChunk(application, bytes),
          )
        }),
      )
    })

    it('proves its answers, and no others', () => {
      fc.assert(
        fc.property(steps, fc.constantFrom(...queries), fc.nat(), (steps, text, bit) => {
          const application = create()
          run(application, steps)
          const root = application.stateRoot()
          const answer = application.query(text)
          if (!isAnswer(answer)) throw new Error(answer.message)
          const { value, proof } = answer
          expect(application.verify(root, text, answer)).toBe(true)
          expect(application.verify(flip(root, bit), text, answer)).toBe(false)
          const otherValue = value === null || value.length === 0 ? Uint8Array.of(1) : flip(value, bit)
          expect(application.verify(root, text, { value: otherValue, proof })).toBe(false)
          const opposite = value === null ? new Uint8Array(0) : null
          expect(application.verify(root, text, { value: opposite, proof })).toBe(false)
          const longer = new Uint8Array([...proof, 0])
          for (const changed of [longer, ...(proof.length === 0 ? [] : [flip(proof, bit), proof.slice(1)])]) {
            expect(application.verify(root, text, { value, proof: changed })).toBe(false)
          }
        }),
      )
    })

    it('restores a snapshot to the state that it was taken at, though execution went on', () => {
      fc.assert(
        fc.property(steps, steps, (before, after) => {
          const original = create()
          run(original, before)
          const root = original.stateRoot()
          const queried = queries.map(text => original.query(text))
          const { chunkCount, chunk } = original.snapshot()
          const results = run(original, after)
          expect(chunkCount).toBeGreaterThan(0)
          expect(chunkCount).toBeLessThanOrEqual(SNAPSHOT_CHUNKS_MAX)
          const chunks = Array.from({ length: chunkCount }, (_, i) => chunk(i))
          for (const [i, bytes] of chunks.entries()) {
            expect(bytes.length).toBeLessThanOrEqual(SNAPSHOT_CHUNK_BYTES_MAX)
            expect(create().verifyChunk(root, i, chunkCount, bytes)).toBe(true)
          }
          const restored = create()
          run(restored, after)
          restored.restore(chunks)
          expect(rootOf(restored)).toBe(toHex(root))
          expect(queries.map(text => restored.query(text))).toEqual(queried)
          expect(run(restored, after)).toEqual(results)
          expect(rootOf(restored)).toBe(rootOf(original))
        }),
        { numRuns: 50 },
      )
    })

    it('goes back to its genesis state when restored from nothing', () => {
      const application = create()
      run(application, fc.sample(operation, { numRuns: 20, seed: 1 }))
      application.restore([])
      expect(rootOf(application)).toBe(rootOf(create()))
      expect(chunksOf(application)).toEqual(chunksOf(create()))
    })

    it('refuses chunks that are changed, cut, in another place or of another count', () => {
      fc.assert(
        fc.property(steps, fc.nat(), (steps, bit) => {
          const application = create()
          run(application, steps)
          const root = application.stateRoot()
          const chunks = chunksOf(application)
          const count = chunks.length
          for (const [i, chunk] of chunks.entries()) {
            const wrong = [
              flip(chunk, bit),
              chunk.slice(0, -1),
              new Uint8Array([...chunk, 0]),
              new Uint8Array(0),
            ]
            for (const bytes of wrong) expect(application.verifyChunk(root, i, count, bytes)).toBe(false)
            for (const place of [i - 1, i + 1, count, 0.5, Number.NaN]) {
              expect(application.verifyChunk(root, place, count, chunk)).toBe(false)
            }
            for (const wrongCount of [count - 1, count + 1, SNAPSHOT_CHUNKS_MAX + 1]) {
              expect(application.verifyChunk(root, i, wrongCount, chunk)).toBe(false)
            }
            expect(application.verifyChunk(flip(root, bit), i, count, chunk)).toBe(false)
          }
        }),
        { numRuns: 50 },
      )
    })
  })
}

function isOwnChunk(application: Application, bytes: Uint8Array): boolean {
  const [chunk] = chunksOf(application)
  return chunk !== undefined && toHex(chunk) === toHex(bytes)
}
