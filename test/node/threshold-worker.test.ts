import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
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
import { openThresholdThread, type ThresholdThread } from '../../src/node/threshold-worker.ts'
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
    `import { existsSync, writeFileSync } from 'node:fs'
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

const failures: Error[] = []
async function open(script: string, curve: CurveChoice = 'noble'): Promise<ThresholdThread> {
  const components = { logger: silentLogger, onFailure: (error: Error) => void failures.push(error) }
  const thread = await openThresholdThread({ curve, script: pathToFileURL(script) }, components)
  onTestFinished(() => thread.close())
  return thread
}

const MESSAGE = new Uint8Array(32).fill(8)
/** As the self-test's is not. */
const CRASH = 'const isMarked = job.message.length === 32 && job.message[0] === 66'
const CRASHING = new Uint8Array(32).fill(66)

const sign = (thread: ThresholdThread, share: Uint8Array, message = MESSAGE) =>
  new Promise<Uint8Array>(resolve => thread.sign(share, message, resolve))
const verify = (thread: ThresholdThread, key: Uint8Array, signature: Uint8Array, message = MESSAGE) =>
  new Promise<boolean>(resolve => thread.verify(key, message, signature, resolve))

describe.each(['noble', 'mcl'] as const)('the thread with %s', curve => {
  it('signs, combines and verifies', async () => {
    const { sharing, shares } = shareKey(4_711n, 3, 4, seededBytes('threshold worker'))
    const thread = await open(withPackages, curve)
    expect(thread.curve).toBe(curve)
    const partials = await Promise.all(
      shares.map(async (share, i) => ({ index: i + 1, signature: await sign(thread, share) })),
    )
    expect(partials[0]?.signature).toEqual(signMessage(present(shares[0], 'a share'), MESSAGE))
    const combine = (some: typeof partials) =>
      new Promise<CombinedSignature>(resolve => thread.combine(sharing, MESSAGE, some, resolve))
    const wrong = { index: 1, signature: present(partials[1], 'a partial').signature }
    const { signature, culprits } = await combine([wrong, ...partials.slice(1)])
    expect(culprits).toEqual([1])
    expect(await combine(partials)).toEqual({ signature, culprits: [] })
    expect(await combine(partials.slice(2))).toEqual({ signature: null, culprits: [] })
    const certificate = present(signature, 'a signature')
    expect(await verify(thread, sharing.publicKey, certificate)).toBe(true)
    expect(await verify(thread, sharing.publicKey, certificate, CRASHING)).toBe(false)
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

  it('does the rest when it ended in the middle, in the order of the asking', async () => {
    const thread = await open(
      threadThat(`${CRASH}
      if (isMarked && !existsSync(mark)) { writeFileSync(mark, ''); process.exit(1) }`),
    )
    const order: number[] = []
    const asked = [MESSAGE, CRASHING, MESSAGE].map(async (message, i) => {
      const partial = await sign(thread, share, message)
      order.push(i)
      expect(partial).toEqual(signMessage(share, message))
    })
    await Promise.all(asked)
    expect(order).toEqual([0, 1, 2])
    expect(failures).toEqual([])
  })

  it('is given up when one after the other ends', async () => {
    const thread = await open(threadThat(`${CRASH}\nif (isMarked) throw new Error('out of memory')`))
    let answers = 0
    thread.sign(share, CRASHING, () => void answers++)
    await expect.poll(() => failures).toHaveLength(1)
    expect(failures.pop()).toMatchObject({ code: 'ENDED', message: expect.stringContaining('out of memory') })
    thread.sign(share, MESSAGE, () => void answers++)
    expect(answers).toBe(0)
  })

  it('stops the node when it is asked for what cannot be', async () => {
    const thread = await open(withPackages)
    thread.sign(new Uint8Array(32).fill(0xff), MESSAGE, () => {})
    await expect.poll(() => failures).toHaveLength(1)
    expect(failures.pop()).toMatchObject({ code: 'WRONG_ANSWER', message: expect.stringContaining('order') })
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
    expect(failures).toEqual([])
  })

  it('is not waited for when it cannot start', async () => {
    await expect(open(join(directory, 'nothing.mjs'))).rejects.toMatchObject({ code: 'NOT_STARTED' })
  })

  it('takes so many jobs and no more', async () => {
    const thread = await open(withPackages)
    const ask = () => thread.verify(share, MESSAGE, share, () => {})
    for (let i = 0; i < 1_024; i++) ask()
    expect(ask).toThrow('1024 jobs')
  })

  it('answers nothing once it is closed', async () => {
    const thread = await open(withPackages)
    let answers = 0
    thread.sign(share, MESSAGE, () => void answers++)
    await thread.close()
    thread.sign(share, MESSAGE, () => void answers++)
    expect(answers).toBe(0)
  })
})
