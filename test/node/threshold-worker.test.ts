import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { signMessage } from '../../src/crypto/threshold/secret.ts'
import type { CombinedSignature } from '../../src/crypto/threshold/signature.ts'
import { present } from '../../src/lib/assert.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import type { CurveChoice } from '../../src/node/curve-choice.ts'
import { systemClock } from '../../src/node/system-clock.ts'
import {
  openThresholdThread,
  type ThreadLimits,
  type ThresholdThread,
} from '../../src/node/threshold-worker.ts'
import type { Clock, WorkFailure } from '../../src/runtime/ports.ts'
import { seededBytes, shareKey } from '../crypto/threshold/support.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'quorate-thread-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** Node cannot run TypeScript in a thread, so the thread's file is built for the tests: beside the packages, and without them. */
const withPackages = join(directory, 'with', 'thread.mjs')
const withoutPackages = join(directory, 'without', 'thread.mjs')
beforeAll(async () => {
  const entry = join(ROOT, 'src/node/threshold-thread.ts')
  for (const outfile of [withPackages, withoutPackages])
    await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm' })
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'with', 'node_modules'))
})

let scripts = 0
/** The thread, with a line before it that is asked about each job. */
function threadThat(line: string): string {
  const path = join(directory, 'with', `${++scripts}.mjs`)
  writeFileSync(
    path,
    `import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
const on = parentPort.on.bind(parentPort)
const post = parentPort.postMessage.bind(parentPort)
const mark = ${JSON.stringify(join(directory, `${scripts}.mark`))}
parentPort.on = (event, listener) => on(event, question => {
  const { id, job } = question
  ${line}
  listener(question)
})
await import('./thread.mjs')
`,
  )
  return path
}

/** Time for a job is over when a test says so, which keeps its steps; `startMs` is for a busy machine. */
const LIMITS: ThreadLimits = {
  startMs: 240_000,
  jobMs: 60_000,
  shareMs: 0,
  pauseMs: 10,
  pauseMaxMs: 40,
  wellMs: 3_600_000,
}

/** The system's clock, but for timers of these delays, which expire when the test says so. */
function keepTimers(...keptMs: readonly number[]) {
  const timers = new Map<object, { readonly delayMs: number; readonly expired: () => void }>()
  const clock: Clock = {
    nowMs: systemClock.nowMs,
    after(delayMs, expired) {
      if (!keptMs.includes(delayMs)) return systemClock.after(delayMs, expired)
      const timer = { delayMs, expired }
      timers.set(timer, timer)
      return () => void timers.delete(timer)
    },
  }
  return {
    clock,
    delaysMs: () => [...timers.values()].map(({ delayMs }) => delayMs),
    /** As after a long stop: what is due is called, and what that begins is not due. */
    wake(): void {
      for (const timer of [...timers.values()]) {
        timers.delete(timer)
        timer.expired()
      }
    },
  }
}
const STEPS = 10
const STEP_MS = LIMITS.jobMs / STEPS

interface Opened {
  readonly thread: ThresholdThread
  /** Pauses before another thread, as the log has them. */
  readonly pausesMs: unknown[]
}

async function openTold(
  script: string,
  {
    clock = systemClock,
    ...options
  }: { readonly curve?: CurveChoice; readonly limits?: Partial<ThreadLimits>; readonly clock?: Clock } = {},
): Promise<Opened> {
  const pausesMs: unknown[] = []
  const logger = {
    ...silentLogger,
    warn: (fields: object) => void pausesMs.push(Reflect.get(fields, 'pauseMs')),
  }
  const thread = await openThresholdThread(
    { curve: 'noble', script: pathToFileURL(script), ...options },
    { clock, logger },
  )
  onTestFinished(() => thread.close())
  return { thread, pausesMs }
}

async function open(script: string, curve: CurveChoice = 'noble'): Promise<ThresholdThread> {
  return (await openTold(script, { curve })).thread
}

const MESSAGE = new Uint8Array(32).fill(8)
/** As the trial's is not. */
const MARKED = 'const isMarked = job.message.length === 32 && job.message[0] === 66'
const MARKED_MESSAGE = new Uint8Array(32).fill(66)
const HANG = 'for (;;) {}'

/** Resolves to the answer, or to the reason why there is none. */
const sign = (thread: ThresholdThread, share: Uint8Array, message = MESSAGE) =>
  new Promise<Uint8Array | WorkFailure>(resolve => thread.sign(share, message, resolve, resolve))
const verify = (thread: ThresholdThread, key: Uint8Array, signature: Uint8Array, message = MESSAGE) =>
  new Promise<boolean | WorkFailure>(resolve => thread.verify(key, message, signature, resolve, resolve))
const unasked = (): never => {
  throw new Error('answered')
}
const signed = async (thread: ThresholdThread, share: Uint8Array): Promise<Uint8Array> => {
  const answer = await sign(thread, share)
  if (typeof answer === 'string') throw new Error(answer)
  return answer
}
/** Once another thread is at work. */
const signAgain = (thread: ThresholdThread, share: Uint8Array) =>
  expect.poll(() => sign(thread, share), { timeout: 60_000 }).toEqual(signMessage(share, MESSAGE))

describe.each(['noble', 'mcl'] as const)('the thread with %s', curve => {
  it('signs, combines and verifies', async () => {
    const { sharing, shares } = shareKey(4_711n, 3, 4, seededBytes('threshold worker'))
    const thread = await open(withPackages, curve)
    expect(thread.curve).toBe(curve)
    const partials = await Promise.all(
      shares.map(async (share, i) => ({ index: i + 1, signature: await signed(thread, share) })),
    )
    expect(partials[0]?.signature).toEqual(signMessage(present(shares[0], 'a share'), MESSAGE))
    const combine = (some: typeof partials) =>
      new Promise<CombinedSignature>((resolve, reject) =>
        thread.combine(sharing, MESSAGE, some, resolve, why => reject(new Error(why))),
      )
    const wrong = { index: 1, signature: present(partials[1], 'a partial').signature }
    const { signature, culprits } = await combine([wrong, ...partials.slice(1)])
    expect(culprits).toEqual([1])
    expect(await combine(partials)).toEqual({ signature, culprits: [] })
    expect(await combine(partials.slice(2))).toEqual({ signature: null, culprits: [] })
    const certificate = present(signature, 'a signature')
    expect(await verify(thread, sharing.publicKey, certificate)).toBe(true)
    expect(await verify(thread, sharing.publicKey, certificate, MARKED_MESSAGE)).toBe(false)
    expect(await verify(thread, new Uint8Array(96), certificate)).toBe(false)
    expect(await verify(thread, sharing.publicKey, new Uint8Array(5))).toBe(false)
  })
})

describe('the choice of the curve', () => {
  it('is the fast one by itself, and the portable one where that is missing', async () => {
    expect((await open(withPackages, 'auto')).curve).toBe('mcl')
    expect((await open(withoutPackages, 'auto')).curve).toBe('noble')
  })

  it('is not made otherwise than demanded', async () => {
    await expect(open(withoutPackages, 'mcl')).rejects.toMatchObject({
      code: 'NOT_STARTED',
      message: expect.stringContaining('mcl-wasm'),
    })
  })
})

describe('a thread that is not as it should be', () => {
  const share = new Uint8Array(32).fill(1)

  it('is replaced when it hangs, and only what it was asked has failed', async () => {
    const script = threadThat(
      `${MARKED}\nif (isMarked && !existsSync(mark)) { writeFileSync(mark, ''); ${HANG} }`,
    )
    const mark = join(directory, `${scripts}.mark`)
    const { clock, wake } = keepTimers(STEP_MS)
    const { thread, pausesMs } = await openTold(script, { limits: LIMITS, clock })
    const order: string[] = []
    const asked = [MESSAGE, MARKED_MESSAGE, MESSAGE].map(async message => {
      const answer = await sign(thread, share, message)
      order.push(typeof answer === 'string' ? answer : 'signed')
    })
    await expect.poll(() => order.length === 1 && existsSync(mark)).toBe(true)
    for (let steps = 1; steps <= STEPS; steps++) wake()
    await Promise.all(asked)
    expect(order).toEqual(['signed', 'timed-out', 'timed-out'])
    expect(thread.trouble).toMatchObject({
      reason: 'timed-out',
      message: expect.stringContaining('did not come to an end within 60000 ms: it was to sign'),
      times: 1,
      isWorking: false,
    })
    expect(await sign(thread, share)).toBe('unavailable')
    await signAgain(thread, share)
    expect(thread.trouble).toMatchObject({ times: 1, isWorking: true })
    expect(await sign(thread, share, MARKED_MESSAGE)).toEqual(signMessage(share, MARKED_MESSAGE))
    expect(pausesMs).toEqual([10])
  })

  it('is not blamed when the whole process stood still: its time passes in steps that are seen here', async () => {
    const { clock, delaysMs, wake } = keepTimers(STEP_MS)
    const script = threadThat(`${MARKED}\nif (isMarked) { ${HANG} }`)
    const { thread } = await openTold(script, { limits: LIMITS, clock })
    let answer: unknown = null
    const note = (given: unknown): void => {
      answer = given
    }
    thread.sign(share, MARKED_MESSAGE, note, note)
    for (let steps = 1; steps <= STEPS; steps++) {
      expect(answer).toBeNull()
      expect(delaysMs()).toEqual([STEP_MS])
      wake()
    }
    expect(answer).toBe('timed-out')
  })

  it('has more time for more shares', async () => {
    const { sharing, shares } = shareKey(4_711n, 3, 4, seededBytes('threshold worker'))
    const limits = { ...LIMITS, jobMs: 400, shareMs: 10_000 }
    const perJobMs = limits.jobMs / STEPS
    const perKeyMs = (limits.jobMs + shares.length * limits.shareMs) / STEPS
    const { clock, delaysMs, wake } = keepTimers(perJobMs, perKeyMs)
    const script = threadThat(`${MARKED}\nif (isMarked) { ${HANG} }`)
    const partials = shares.map((one, i) => ({ index: i + 1, signature: signMessage(one, MARKED_MESSAGE) }))
    const combine = ({ thread }: Opened) =>
      new Promise<CombinedSignature | WorkFailure>(resolve =>
        thread.combine(sharing, MARKED_MESSAGE, partials, resolve, resolve),
      )
    for (const [ask, stepMs] of [
      [combine, perKeyMs],
      [({ thread }: Opened) => sign(thread, share, MARKED_MESSAGE), perJobMs],
    ] as const) {
      const answer = ask(await openTold(script, { limits, clock }))
      for (let steps = 1; steps <= STEPS; steps++) {
        expect(delaysMs()).toEqual([stepMs])
        wake()
      }
      expect(await answer).toBe('timed-out')
    }
  })

  it.each([
    ['ends', 'process.exit(1)', 'ended'],
    ['throws', "throw new Error('out of memory')", 'ended'],
    ['hangs', HANG, 'timed-out'],
    ['says that it cannot', "return post({ type: 'broken', id, why: 'no memory' })", 'broken'],
  ])('is replaced ever more slowly when it %s again and again', async (_, line, reason) => {
    const { clock, wake } = keepTimers(STEP_MS)
    const { thread, pausesMs } = await openTold(threadThat(`${MARKED}\nif (isMarked) { ${line} }`), {
      limits: LIMITS,
      clock,
    })
    for (let times = 1; times <= 4; times++) {
      const ask = () => {
        const answer = sign(thread, share, MARKED_MESSAGE)
        if (reason === 'timed-out') for (let steps = 1; steps <= STEPS; steps++) wake()
        return answer
      }
      await expect.poll(ask, { timeout: 60_000 }).toBe(reason)
      expect(thread.trouble).toMatchObject({ reason, times })
    }
    expect(pausesMs).toEqual([10, 20, 40, 40])
    await signAgain(thread, share)
  })

  it('is replaced also when another one does not come to work', async () => {
    const { thread, pausesMs } = await openTold(
      threadThat(`${MARKED}
      if (isMarked) { writeFileSync(mark, ''); process.exit(1) }
      if (existsSync(mark) && readFileSync(mark).length < 2) { appendFileSync(mark, '.'); process.exit(1) }`),
      { limits: LIMITS },
    )
    expect(await sign(thread, share, MARKED_MESSAGE)).toBe('ended')
    await signAgain(thread, share)
    expect(thread.trouble).toMatchObject({ reason: 'ended', times: 3 })
    expect(pausesMs).toEqual([10, 20, 40])
  })

  it('is forgiven when the next one has been well for long', async () => {
    const { thread, pausesMs } = await openTold(threadThat(`${MARKED}\nif (isMarked) process.exit(1)`), {
      limits: { ...LIMITS, wellMs: 100 },
    })
    for (let i = 0; i < 2; i++) {
      const ask = () => sign(thread, share, MARKED_MESSAGE)
      await expect.poll(ask, { timeout: 60_000 }).toBe('ended')
      expect(thread.trouble).not.toBeNull()
      await expect.poll(() => thread.trouble, { timeout: 60_000 }).toBeNull()
    }
    expect(pausesMs).toEqual([10, 10])
  })

  it('stops nobody when it is asked for what cannot be', async () => {
    const { thread } = await openTold(withPackages, { limits: LIMITS })
    expect(await sign(thread, new Uint8Array(32).fill(0xff))).toBe('broken')
    expect(thread.trouble?.message).toContain('order')
    await signAgain(thread, share)
  })

  it.each([
    [
      'signs wrongly',
      "if (job.type === 'sign') return post({ type: 'done', id, answer: new Uint8Array(48) })",
    ],
    ['finds everything right', "if (job.type === 'verify') return post({ type: 'done', id, answer: true })"],
    ['finds everything wrong', "if (job.type === 'verify') return post({ type: 'done', id, answer: false })"],
  ])('is not used when it %s', async (_, line) => {
    await expect(open(threadThat(line))).rejects.toMatchObject({ code: 'WRONG_ANSWER' })
  })

  it('is not used when it ends while it is tried out', async () => {
    await expect(open(threadThat('process.exit(1)'))).rejects.toMatchObject({ code: 'ENDED' })
  })

  it('is not waited for when it hangs before it has been tried out', async () => {
    const opening = openTold(threadThat(HANG), { limits: { startMs: 1_000 } })
    await expect(opening).rejects.toMatchObject({ code: 'TIMED_OUT' })
  })

  it('is not waited for when it cannot start', async () => {
    await expect(open(join(directory, 'nothing.mjs'))).rejects.toMatchObject({ code: 'NOT_STARTED' })
  })

  it('is tried again when the process can have no more threads: what that throws stops nobody', async () => {
    const working = pathToFileURL(threadThat(`${MARKED}\nif (isMarked) process.exit(1)`))
    // A thread that cannot be made throws at once, as this one does.
    const impossible = new URL('https://localhost/')
    const scripts = [working, impossible, impossible, working]
    const options = { curve: 'noble', limits: LIMITS } as const
    const thread = await openThresholdThread(
      {
        ...options,
        get script() {
          return present(scripts.shift(), 'a script')
        },
      },
      { clock: systemClock, logger: silentLogger },
    )
    onTestFinished(() => thread.close())
    expect(await sign(thread, share, MARKED_MESSAGE)).toBe('ended')
    await expect
      .poll(() => thread.trouble, { timeout: 60_000 })
      .toMatchObject({
        times: 3,
        message: expect.stringContaining('cannot be made'),
      })
    await signAgain(thread, share)
    expect(scripts).toEqual([])
    const opening = openThresholdThread(
      { ...options, script: impossible },
      { clock: systemClock, logger: silentLogger },
    )
    await expect(opening).rejects.toMatchObject({ code: 'NOT_STARTED' })
  })

  it('takes so many jobs and no more', async () => {
    const thread = await open(withPackages)
    const asked = Array.from({ length: 65 }, () => verify(thread, share, share))
    expect(await Promise.all(asked)).toEqual([...Array.from({ length: 64 }, () => false), 'unavailable'])
    expect(thread.trouble).toBeNull()
  })

  it('answers nothing once it is closed', async () => {
    const thread = await open(withPackages)
    thread.sign(share, MESSAGE, unasked, unasked)
    await thread.close()
    thread.sign(share, MESSAGE, unasked, unasked)
    await new Promise(resolve => setTimeout(resolve, 20))
  })

  it('is closed also while it hangs, and while another one is awaited', async () => {
    const { thread } = await openTold(threadThat(`${MARKED}\nif (isMarked) { ${HANG} }`))
    thread.sign(share, MARKED_MESSAGE, unasked, unasked)
    await thread.close()
    const { thread: other } = await openTold(threadThat(`${MARKED}\nif (isMarked) process.exit(1)`), {
      limits: { ...LIMITS, pauseMs: 60_000, pauseMaxMs: 60_000 },
    })
    expect(await sign(other, share, MARKED_MESSAGE)).toBe('ended')
    await other.close()
    other.sign(share, MESSAGE, unasked, unasked)
  })
})
