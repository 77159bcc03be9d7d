import { performance } from 'node:perf_hooks'
import { setImmediate as breathe } from 'node:timers/promises'
import type { RandomBytes } from '../../../crypto/threshold/scalar.ts'
import { assert, present } from '../../../lib/assert.ts'
import { equalBytes } from '../../../lib/bytes.ts'
import type { KeyState } from '../../../membership/key-state.ts'
import { encodeSystemOperation, type SystemOperation } from '../../../membership/system-operation.ts'
import { faultyMax, quorum } from '../../../pbft/quorum.ts'
import { type CeremonyLog, createCeremonyLog, type LogWriter } from './ceremony-log.ts'
import type { NamedCurve } from './crypto.ts'
import { cpuMs } from './statistics.ts'

/**
 * What a ceremony for a fresh key costs, phase by phase, over a log in this process: what a member computes for what it says
 * itself, and what everybody computes who executes what all say. Implementations of the curve take turns, entry by entry, each in a
 * ceremony of its own, so that whatever else the machine does meets both.
 */
export interface CeremonyFigure {
  readonly members: number
  readonly threshold: number
  readonly curve: string
  /** Members that executed the log. */
  readonly ledgers: number
  readonly phases: readonly PhaseFigure[]
  /** All members and their ledgers, one after another in this process; without the turns of other implementations. */
  readonly wallMs: number
  /** The same, as time of the processor. */
  readonly cpuMs: number
  /** Of the processor, for one member: its own part, and executing everybody's. */
  readonly memberMs: number
  /** Of all batches; without the votes that put them in order. */
  readonly logBytes: number
}

export interface PhaseFigure {
  readonly phase: 'start' | 'register' | 'deal' | 'confirm' | 'activate'
  readonly entries: number
  /** Of batches, each with one system transaction, as they are spread and kept. */
  readonly bytes: number
  /** Of operations in them. */
  readonly operationBytes: number
  /** What a member computes for its own part, on average: time of the processor. */
  readonly ownMs: number
  /** What every member computes to execute the phase's entries: from the bytes of each batch, with its signatures. */
  readonly executeMs: number
}

export interface CeremonySize {
  readonly members: number
  /** How many of them execute the log: all pay the same. */
  readonly ledgers: number
}

/** @param tell is told how far it is @returns one figure for each curve, in their order */
export async function measureCeremony(
  curves: readonly NamedCurve[],
  size: CeremonySize,
  random: RandomBytes,
  signal: AbortSignal,
  tell: (progress: string) => void = () => {},
): Promise<readonly CeremonyFigure[]> {
  const measured = curves.map(([name, curve]) => {
    const log = createCeremonyLog(size.members, size.ledgers, curve, random)
    return { name, ceremony: new MeasuredCeremony(log) }
  })
  const waiting = new Set(measured.map(({ ceremony }) => ceremony.run()))
  while (waiting.size > 0)
    for (const steps of waiting) {
      await breathe()
      signal.throwIfAborted()
      const { done, value } = await steps.next()
      if (done === true) waiting.delete(steps)
      else tell(value)
    }
  return measured.map(({ name, ceremony }) => {
    const { phases, wallMs } = ceremony
    const { members, ledgers } = size
    const sum = (of: (phase: PhaseFigure) => number) => phases.reduce((total, phase) => total + of(phase), 0)
    return {
      members,
      threshold: quorum(members),
      curve: name,
      ledgers,
      phases,
      wallMs,
      cpuMs: sum(({ ownMs, executeMs }) => members * ownMs + ledgers * executeMs),
      memberMs: sum(({ ownMs, executeMs }) => ownMs + executeMs),
      logBytes: sum(({ bytes }) => bytes),
    }
  })
}

const lengthOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, { length }) => sum + length, 0)

type Steps = AsyncGenerator<string, void>

/** Who says what in a phase. */
interface Round {
  readonly phase: PhaseFigure['phase']
  readonly writers: readonly LogWriter[]
  say(writer: LogWriter, keys: KeyState): SystemOperation | Promise<SystemOperation>
  /** So many have an effect; those after them come too late, and are in the log all the same. Default: all. */
  readonly heardMax?: number
}

class MeasuredCeremony {
  readonly phases: PhaseFigure[] = []
  wallMs = 0
  readonly #log: CeremonyLog
  #sequence = 0
  /** In the phase that runs, of all members. */
  #ownMs = 0
  #executeMs = 0

  constructor(log: CeremonyLog) {
    this.#log = log
  }

  /** Gives way after each piece of work, and says what it is at. */
  async *run(): Steps {
    const { writers, ledgers } = this.#log
    const [first] = writers.slice(0, 1)
    const starter = [present(first, 'a member')]
    const heardMax = writers.length - faultyMax(writers.length)
    yield* this.#round({
      phase: 'start',
      writers: starter,
      say: () => ({ type: 'start', kind: 'fresh', epoch: 1 }),
    })
    const say: Round['say'] = (writer, keys) => writer.next(keys)
    yield* this.#round({ phase: 'register', writers, say })
    yield* this.#round({ phase: 'deal', writers, say, heardMax })
    yield* this.#round({ phase: 'confirm', writers, say })
    yield* this.#activate(starter)
    const root = present(ledgers[0], 'a ledger').root
    for (const ledger of ledgers) {
      assert(ledger.keys.active !== null, 'there is a key')
      assert(equalBytes(ledger.root, root), 'members agree')
    }
  }

  /** All sign, and each combines what came first; one is the first to say so. */
  async *#activate(starter: readonly LogWriter[]): Steps {
    const { writers } = this.#log
    const partials: ReturnType<LogWriter['sign']>[] = []
    for (const [i, writer] of writers.entries()) {
      await this.#own(() => partials.push(writer.sign(this.#keysOf(i))))
      yield `activate: ${i + 1} of ${writers.length} have signed`
    }
    const enough = partials.slice(0, quorum(writers.length))
    const activations: SystemOperation[] = []
    for (const [i, writer] of writers.entries()) {
      await this.#own(() => activations.push(writer.activation(this.#keysOf(i), enough)))
      yield `activate: ${i + 1} of ${writers.length} have combined`
    }
    yield* this.#round({
      phase: 'activate',
      writers: starter,
      say: () => present(activations[0], 'an activation'),
    })
  }

  async *#round({ phase, writers, say, heardMax = writers.length }: Round): Steps {
    const { ledgers } = this.#log
    const batches: Uint8Array[] = []
    const operations: SystemOperation[] = []
    for (const [i, writer] of writers.entries()) {
      await this.#own(async () => {
        const operation = await say(writer, this.#keysOf(i))
        batches.push(writer.write(operation, this.#nowMs))
        operations.push(operation)
      })
      yield `${phase}: ${i + 1} of ${writers.length} have made theirs`
    }
    for (const [i, batch] of batches.entries()) {
      this.#sequence += 1
      const at = { sequence: this.#sequence, logTimeMs: this.#nowMs }
      for (const ledger of ledgers) {
        this.#executeMs += await this.#timed(() => ledger.execute(batch, at, i < heardMax ? 'done' : 'late'))
        yield `${phase}: ${i + 1} of ${batches.length} executed`
      }
    }
    this.phases.push({
      phase,
      entries: batches.length,
      bytes: lengthOf(batches),
      operationBytes: lengthOf(operations.map(encodeSystemOperation)),
      ownMs: this.#ownMs / this.#log.writers.length,
      executeMs: this.#executeMs / ledgers.length,
    })
    this.#ownMs = 0
    this.#executeMs = 0
  }

  /** A member without a ledger looks at another's. */
  #keysOf(member: number): KeyState {
    const { ledgers } = this.#log
    return present(ledgers[member] ?? ledgers[0], 'a ledger').keys
  }

  /** The log's time: a millisecond for each sequence. */
  get #nowMs(): number {
    return present(this.#log.ledgers[0], 'a ledger').createdMs + this.#sequence
  }

  async #own(work: () => unknown): Promise<void> {
    this.#ownMs += await this.#timed(work)
  }

  /** @returns time of the processor */
  async #timed(work: () => unknown): Promise<number> {
    const startedMs = performance.now()
    const startCpuMs = cpuMs()
    await work()
    const workMs = cpuMs() - startCpuMs
    this.wallMs += performance.now() - startedMs
    return workMs
  }
}
