import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { runPool } from '../../../src/interfaces/cli/sim/pool.ts'

/** Threads that answer a number with itself; with 'never' they only say, again and again, that they are there. */
const directory = mkdtempSync(join(tmpdir(), 'quorate-pool-'))
const beats = new BroadcastChannel(directory)
afterAll(() => {
  beats.close()
  rmSync(directory, { recursive: true, force: true })
})

const script = join(directory, 'echo.mjs')
writeFileSync(
  script,
  `import { parentPort } from 'node:worker_threads'
const beats = new BroadcastChannel(${JSON.stringify(directory)})
parentPort.on('message', order => {
  if (order === 'never') setInterval(() => beats.postMessage('here'), 10)
  else setTimeout(() => parentPort.postMessage({ order }), 100)
})
`,
)

type Order = number | 'never'
const OPTIONS = { worldMs: 60_000, script }
const never = new AbortController().signal
const fail = (): never => {
  throw new Error('no room for it')
}

describe('a handler that throws', () => {
  it('fails the run, and ends the threads that still work', async () => {
    let heard = 0
    beats.onmessage = () => void ++heard
    let next = 0
    const run = runPool<Order, unknown>(
      { ...OPTIONS, jobs: 2 },
      {
        next: () => (next++ === 0 ? 'never' : next),
        onDone: () => void (heard > 0 && fail()),
        onBroken: fail,
      },
      never,
    )
    await expect(run).rejects.toThrow('no room for it')
    // What the thread said until it ended may still be on its way to here; what is said now comes after it.
    const isLast = new Promise<void>(resolve => {
      beats.onmessage = ({ data }) => void (data === 'last' ? resolve() : ++heard)
    })
    const voice = new BroadcastChannel(directory)
    voice.postMessage('last')
    await isLast
    voice.close()
    const heardThen = heard
    await sleep(300)
    expect(heard).toBe(heardThen)
  })

  it('leaves no thread that goes on', async () => {
    let [asked, done] = [0, 0]
    const run = runPool<Order, unknown>(
      { ...OPTIONS, jobs: 2 },
      {
        next: () => ++asked,
        onDone: () => void (++done === 5 && fail()),
        onBroken: fail,
      },
      never,
    )
    await expect(run).rejects.toThrow('no room for it')
    const askedThen = asked
    await sleep(300)
    expect(asked).toBe(askedThen)
  })

  it('may be the one that is asked for the next', async () => {
    const run = runPool<Order, unknown>(
      { ...OPTIONS, jobs: 2 },
      { next: fail, onDone: () => {}, onBroken: () => {} },
      never,
    )
    await expect(run).rejects.toThrow('no room for it')
  })
})
