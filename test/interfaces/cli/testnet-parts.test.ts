import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CommandError, EXIT } from '../../../src/interfaces/cli/failure.ts'
import { createTerminal } from '../../../src/interfaces/cli/terminal.ts'
import { callControl, serveControl } from '../../../src/interfaces/cli/testnet/control.ts'
import { createTestnet, type TestnetOptions } from '../../../src/interfaces/cli/testnet/create.ts'
import { testnetPaths } from '../../../src/interfaces/cli/testnet/layout.ts'
import { acquireLock, lockHolder } from '../../../src/interfaces/cli/testnet/lock.ts'
import { lastErrorOf } from '../../../src/interfaces/cli/testnet/log-tail.ts'
import { choosePorts } from '../../../src/interfaces/cli/testnet/ports.ts'
import { prepare } from '../../../src/interfaces/cli/testnet/run.ts'
import { hasCode, onFreePort } from '../../support/ports.ts'

const directory = (): string => mkdtempSync(join(tmpdir(), 'quorate-testnet-'))

describe('a network that is there', () => {
  const made: TestnetOptions = {
    replicas: 1,
    observers: 0,
    basePort: 0,
    application: 'key-value',
    signatures: 'required',
    effort: 1,
    logLevel: 'info',
    sharedKey: true,
  }
  const { stdout, stderr } = process
  const terminal = createTerminal({ stdout, stderr, environment: {} })
  const resume = async (stated: Partial<TestnetOptions>) => {
    const paths = testnetPaths(directory())
    const manifest = await createTestnet(paths, made)
    const asked = new Set(Object.keys(stated) as (keyof TestnetOptions)[])
    const again = prepare(paths, { create: { ...made, ...stated }, stated: asked, quiet: true }, terminal)
    return { manifest, again }
  }

  it('is resumed with what it was made with, said again or not', async () => {
    for (const stated of [{}, { replicas: 1, effort: 1, basePort: 0 }]) {
      const { manifest, again } = await resume(stated)
      expect(await again).toEqual(manifest)
    }
  })

  it.each([
    [{ replicas: 2 }, '--replicas 1, not 2: leave --replicas out'],
    [{ signatures: 'none' }, '--signatures required, not none: leave --signatures out'],
    [{ effort: 5 }, '--effort 1, not 5: leave --effort out'],
    [{ sharedKey: false }, 'a shared key: leave --no-shared-key out'],
  ] as const)('is not another one: %j', async (stated, sentence) => {
    const { again } = await resume(stated)
    await expect(again).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining(sentence) })
  })
})

describe('lock', () => {
  it('belongs to one living process at a time', () => {
    const file = join(directory(), 'lock')
    const lock = acquireLock(file)
    expect(lockHolder(file)?.pid).toBe(process.pid)
    expect(() => acquireLock(file)).toThrow(`already run by process ${process.pid}`)
    lock.release()
    acquireLock(file).release()
  })

  it('is taken over from a holder that is dead, also when its number was given to another process', () => {
    const file = join(directory(), 'lock')
    for (const holder of [
      { pid: 2 ** 22 - 1, startedAt: '1' },
      { pid: process.pid, startedAt: 'earlier' },
    ]) {
      writeFileSync(file, JSON.stringify(holder))
      acquireLock(file).release()
    }
    writeFileSync(file, 'garbage')
    acquireLock(file).release()
  })
})

describe('control channel', () => {
  it('carries a request there and the answer back', async () => {
    const file = join(directory(), 'control.json')
    const server = await serveControl(file, async request => ({ heard: request }))
    const answer = await callControl(file, { action: 'kill', index: 3 })
    expect(answer?.value).toMatchObject({ heard: { action: 'kill', index: 3 } })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    await server.close()
    expect(await callControl(file, { action: 'status' })).toBeNull()
  })

  it('carries a refusal back with its exit code', async () => {
    const file = join(directory(), 'control.json')
    const server = await serveControl(file, async () => {
      throw new CommandError(EXIT.usage, 'there is no node 9')
    })
    await expect(callControl(file, { action: 'kill', index: 9 })).rejects.toMatchObject({
      message: 'there is no node 9',
      exitCode: EXIT.usage,
    })
    await server.close()
  })

  it('does nothing for whoever does not know the token', async () => {
    const file = join(directory(), 'control.json')
    let calls = 0
    const server = await serveControl(file, async () => ++calls)
    const control = JSON.parse(readFileSync(file, 'utf8')) as { port: number }
    for (const line of [
      '{"action":"stop","token":"x"}',
      '{"action":"stop"}',
      'nonsense',
      '{"action":"halt","token":""}',
    ]) {
      expect(JSON.parse(await exchange(control.port, `${line}\n`))).toMatchObject({ ok: false })
    }
    expect(await exchange(control.port, 'x'.repeat(2_000_000))).toBe('')
    expect(calls).toBe(0)
    await server.close()
  })
})

async function exchange(port: number, text: string): Promise<string> {
  const socket = createConnection({ port, host: '127.0.0.1' })
  socket.on('error', () => {})
  socket.write(text)
  let answer = ''
  socket.on('data', chunk => {
    answer += String(chunk)
  })
  await new Promise(resolve => socket.once('close', resolve))
  return answer
}

describe('ports', () => {
  it('takes two for each node from a stated base, and says which one is taken', async () => {
    const inUse = hasCode(EXIT.addressInUse, 'exitCode')
    const [base, ports] = await onFreePort(async port => [port, await choosePorts(1, port)] as const, inUse)
    expect(ports).toEqual([{ listenPort: base, apiPort: base + 1 }])
    const server = createServer()
    const listen = (port: number) =>
      new Promise<number>((resolve, reject) =>
        server.once('error', reject).listen(port, '127.0.0.1', () => resolve(port)),
      )
    const taken = await onFreePort(listen, hasCode('EADDRINUSE'))
    await expect(choosePorts(1, taken)).rejects.toMatchObject({
      exitCode: EXIT.addressInUse,
      message: new RegExp(`port ${taken} is in use`),
    })
    // Of the three before it and beside it some other program may have one.
    await expect(choosePorts(2, taken - 3)).rejects.toMatchObject({ exitCode: EXIT.addressInUse })
    server.close()
    await expect(choosePorts(2, 65_533)).rejects.toMatchObject({ exitCode: EXIT.usage })
  })
})

describe('last words of a log', () => {
  it('are the last error, in JSON or plain', () => {
    const file = join(directory(), 'log')
    expect(lastErrorOf(file)).toBeNull()
    writeFileSync(
      file,
      '{"level":50,"msg":"first"}\n{"level":50,"msg":"it stops","err":{"message":"no space"}}\n{"level":30,"msg":"bye"}\n',
    )
    expect(lastErrorOf(file)).toBe('it stops: no space')
    writeFileSync(file, 'quorate: port 1 is in use\n{"level":30,"msg":"bye"}\n')
    expect(lastErrorOf(file)).toBe('quorate: port 1 is in use')
  })
})
