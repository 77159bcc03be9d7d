import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname, extname } from 'node:path'
import type { Logger } from '../lib/logger.ts'
import { codeOf, errorOf } from '../lib/thrown.ts'
import type { Clock } from '../runtime/ports.ts'
import { createRecorder, type Recorder } from '../runtime/recorder.ts'

/**
 * A recording on disk, for `quorate replay`. Lines are written behind the replica's back, many at a time; when the disk does not keep up,
 * or says no, the recording ends and the replica goes on. It may lack its last lines when the process is killed.
 */
export interface RecordingFile {
  readonly path: string
  readonly recorder: Recorder
  /** Writes what is still held. Never rejects. */
  close(): Promise<void>
}

const CHARACTERS_MAX = 2 ** 30
/** Held in memory while the disk is busy. */
const PENDING_CHARACTERS_MAX = 2 ** 26
const WRITE_EVERY_MS = 100
const FILES_MAX = 10_000

/** @throws when no file can be made there */
export async function openRecordingFile(
  path: string,
  { logger, clock }: { readonly logger: Logger; readonly clock: Clock },
): Promise<RecordingFile> {
  const { file, path: free } = await openFree(path)
  const writer = new LineWriter(file, clock)
  const recorder = createRecorder(
    { charactersMax: CHARACTERS_MAX },
    {
      clock,
      write: line => writer.write(line),
      onEnd: why => logger.warn({ file: free, why }, 'The recording ends here; the node goes on'),
    },
  )
  return { path: free, recorder, close: () => writer.close() }
}

/** The name that was asked for, or the first with a number in it that nobody took: what an earlier start recorded may be all there is. */
async function openFree(path: string): Promise<{ file: FileHandle; path: string }> {
  await mkdir(dirname(path), { recursive: true })
  const extension = extname(path)
  const stem = path.slice(0, path.length - extension.length)
  for (let number = 1; number < FILES_MAX; number++) {
    const free = number === 1 ? path : `${stem}-${number}${extension}`
    try {
      return { file: await open(free, 'wx', 0o600), path: free }
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
  }
  throw new Error(`${FILES_MAX} recordings beside ${path}: remove some`)
}

class LineWriter {
  readonly #file: FileHandle
  readonly #clock: Clock
  #lines: string[] = []
  #characters = 0
  #failure: Error | null = null
  #writing: Promise<void> | null = null
  #isScheduled = false
  #isClosed = false

  constructor(file: FileHandle, clock: Clock) {
    this.#file = file
    this.#clock = clock
  }

  /** @throws when an earlier write failed, or too much waits already */
  write(line: string): void {
    if (this.#isClosed) return
    if (this.#failure !== null) throw this.#failure
    if (this.#characters > PENDING_CHARACTERS_MAX) throw new Error('the disk does not keep up with it')
    this.#lines.push(line)
    this.#characters += line.length
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#clock.after(WRITE_EVERY_MS, () => {
      this.#isScheduled = false
      void this.#flush()
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#flush()
    await this.#file.close().catch(() => {})
  }

  /** One write at a time, each with everything that has come meanwhile. */
  async #flush(): Promise<void> {
    while (this.#writing !== null) await this.#writing
    if (this.#lines.length === 0 || this.#failure !== null) return
    const text = `${this.#lines.join('\n')}\n`
    this.#lines = []
    this.#characters = 0
    this.#writing = this.#file.appendFile(text).catch((error: unknown) => {
      this.#failure = errorOf(error)
    })
    await this.#writing
    this.#writing = null
  }
}
