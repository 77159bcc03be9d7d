import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/lib/logger.ts'
import { loadConfig } from '../../src/node/config-sources.ts'
import { createNode } from '../../src/node/create-node.ts'
import { isNodeRunning } from '../../src/node/database.ts'
import { readIdentity } from '../../src/node/key-file.ts'
import { unlessAborted } from '../../src/node/unless-aborted.ts'
import { createKeyDirectory, PASSWORD } from '../interfaces/cli/support/key-directory.ts'

const interruption = () => new DOMException('interrupted', 'AbortError')

/** A node that is to record, so that there is more to close. */
async function directoryOfNode() {
  const { directory, identityFile } = await createKeyDirectory([])
  const config = loadConfig(join(directory, 'quorate.json'), {}, { record: join(directory, 'steps.jsonl') })
  return { config, identity: await readIdentity(identityFile, PASSWORD) }
}

/**
 * Aborts when the start looks at the signal for this time: just before it asks whether it is aborted, or when it has begun to listen.
 * A start that finds a ticket looks seven times, whatever the machine; one that searches it, more often.
 */
function abortAtLook(place: number, controller: AbortController, reason: unknown): void {
  const { signal } = controller
  const { throwIfAborted, addEventListener } = AbortSignal.prototype
  let looks = 0
  signal.throwIfAborted = () => {
    looks += 1
    if (looks === place) controller.abort(reason)
    throwIfAborted.call(signal)
  }
  signal.addEventListener = (...listening: Parameters<typeof addEventListener>) => {
    addEventListener.apply(signal, listening)
    looks += 1
    if (looks === place) queueMicrotask(() => controller.abort(reason))
  }
}

describe('the start of a node that is interrupted', () => {
  it.each([null, 'admission ticket solved', 'Every step of the protocol is recorded'])(
    'ends when it has said %j, and leaves the directory to the next start',
    async message => {
      const { config, identity } = await directoryOfNode()
      const controller = new AbortController()
      const reason = interruption()
      const said: string[] = []
      const info = (_: object, text: string) => {
        said.push(text)
        if (text === message) controller.abort(reason)
      }
      if (message === null) controller.abort(reason)
      const components = { logger: { ...silentLogger, info }, signal: controller.signal }
      await expect(createNode(config, identity, components)).rejects.toBe(reason)
      if (message === null) expect(said).toEqual([])
      expect(await isNodeRunning(config.directory)).toBe(false)
      expect(existsSync(join(config.directory, 'NEVER_STARTED'))).toBe(true)

      const node = await createNode(config, identity, { logger: silentLogger })
      expect(node.status()).toMatchObject({ state: 'ready', sequence: 0 })
      await node.stop()
      expect(readdirSync(config.directory).sort()).toEqual(['database', 'keys', 'network'])
    },
  )

  it('ends wherever the start looks at the signal, until the node runs and looks at it no more', async () => {
    const { config, identity } = await directoryOfNode()
    let interrupted = 0
    for (let place = 1; ; place += 1) {
      const controller = new AbortController()
      const reason = interruption()
      abortAtLook(place, controller, reason)
      const { signal } = controller
      const node = await createNode(config, identity, { logger: silentLogger, signal }).catch(error => {
        expect(error).toBe(reason)
        return null
      })
      if (node !== null) {
        controller.abort(reason)
        expect(node.status().state).toBe('ready')
        await node.stop()
        break
      }
      interrupted += 1
      expect(await isNodeRunning(config.directory)).toBe(false)
    }
    expect(interrupted).toBeGreaterThan(4)
  })
})

describe('unlessAborted', () => {
  it('gives what the work gives, and its failure', async () => {
    const { signal } = new AbortController()
    expect(await unlessAborted(Promise.resolve(1), signal)).toBe(1)
    expect(await unlessAborted(Promise.resolve(2), undefined)).toBe(2)
    await expect(unlessAborted(Promise.reject(new Error('no')), signal)).rejects.toThrow('no')
  })

  it('waits no longer than the signal allows, and minds no failure after it', async () => {
    const controller = new AbortController()
    const reason = interruption()
    let fail: (error: Error) => void = () => {}
    const work = new Promise<never>((_, reject) => {
      fail = reject
    })
    const waiting = unlessAborted(work, controller.signal)
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    fail(new Error('the database is closed'))
    await expect(unlessAborted(new Promise(() => {}), controller.signal)).rejects.toBe(reason)
  })
})
