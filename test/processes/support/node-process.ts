/** One node as a process of its own: the built command, its directory, its log, and the SDK that talks to it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { StatusJson } from '../../../src/client/api-types.ts'
import { createQuorateClient, type QuorateClient } from '../../../src/client/client.ts'
import { MAIN } from '../../interfaces/cli/support/cli.ts'
import { PATIENCE_MS, until } from './until.ts'

export interface NodePlace {
  /** ReplicaId of a member; observers come after. */
  readonly index: number
  readonly name: string
  readonly peerId: string
  readonly seed: Uint8Array
  readonly publicKey: Uint8Array
  readonly directory: string
  readonly listenPort: number
  readonly apiPort: number
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

const LOG_TAIL_BYTES = 6_000

export class NodeProcess {
  readonly place: NodePlace
  readonly api: QuorateClient
  readonly apiUrl: string
  readonly config: string
  readonly data: string
  readonly log: string
  #child: ChildProcess | null = null
  #exited: Promise<Exit> = Promise.resolve({ code: null, signal: null })

  constructor(place: NodePlace) {
    this.place = place
    this.apiUrl = `http://127.0.0.1:${place.apiPort}`
    this.api = createQuorateClient({ url: this.apiUrl, timeoutMs: 60_000 })
    this.config = join(place.directory, 'quorate.json')
    this.data = join(place.directory, 'data')
    this.log = join(place.directory, 'node.log')
  }

  get index(): number {
    return this.place.index
  }

  get isRunning(): boolean {
    return this.#child !== null
  }

  /** Ends of the process that runs, or of the last one. */
  get exited(): Promise<Exit> {
    return this.#exited
  }

  /** @param flags of `quorate start`, after --config. The process ends with us, whatever happens to us. */
  start(...flags: string[]): void {
    if (this.#child !== null) throw new Error(`node ${this.index} runs already`)
    const log = openSync(this.log, 'a', 0o600)
    const args = [MAIN, 'start', '--config', this.config, '--supervised', ...flags]
    const child = spawn(process.execPath, args, { stdio: ['ignore', log, log, 'ipc'] })
    closeSync(log)
    this.#child = child
    this.#exited = new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code, signal) => {
        if (this.#child === child) this.#child = null
        resolve({ code, signal })
      })
    })
  }

  /** SIGKILL: nothing is flushed, nobody is told. Returns when the process is gone. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL')
    await this.#exited
  }

  /** @throws when it does not stop in time */
  async stop(signal: 'SIGINT' | 'SIGTERM' = 'SIGTERM'): Promise<Exit> {
    this.#child?.kill(signal)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      const error = new Error(`node ${this.index} did not stop within ${PATIENCE_MS} ms of ${signal}`)
      timer = setTimeout(() => reject(error), PATIENCE_MS)
    })
    try {
      return await Promise.race([this.#exited, late])
    } finally {
      clearTimeout(timer)
    }
  }

  /** It does not run, and hears nothing of it: until `thaw`, or SIGKILL. */
  freeze(): void {
    this.#child?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child?.kill('SIGCONT')
  }

  /** Loses the disk, and keeps the key: what was known of what was signed is gone. */
  wipe(): void {
    if (this.#child !== null) throw new Error(`node ${this.index} runs`)
    rmSync(this.data, { recursive: true })
  }

  ready(): Promise<StatusJson> {
    return until(`node ${this.index} is ready`, async () => {
      if (this.#child === null) throw new Error(`node ${this.index} ended before it was ready`)
      const response = await fetch(`${this.apiUrl}/readyz`).catch(() => null)
      await response?.arrayBuffer()
      return response?.ok === true && (await this.api.status())
    })
  }

  /** All that the node wrote to its log, all its lives together. */
  logText(): string {
    return readFileSync(this.log, 'utf8')
  }

  /** For a person who reads why a test failed. */
  logTail(): string {
    const { size } = statSync(this.log, { throwIfNoEntry: false }) ?? { size: 0 }
    const text = size === 0 ? '(no log)' : this.logText().slice(-LOG_TAIL_BYTES)
    return `--- node ${this.index}, ${this.#child === null ? 'not running' : 'running'}, ${this.log}\n${text}\n`
  }
}
