import type { Stream } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'
import { concatBytes, u32 } from '../lib/bytes.ts'

/** Why no frame came. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
  readonly code: 'too-large' | 'ended' | 'timed-out'
  constructor(code: FrameError['code']) {
    super(`frame ${code}`)
    this.code = code
  }
}

interface Reader {
  readonly bytesMax: number
  readonly resolve: (frame: Uint8Array) => void
  readonly reject: (error: FrameError) => void
}

/**
 * Frames on a stream: a length (u32, big-endian), then that many bytes. The length is checked before anything is kept, and
 * what comes unasked is kept up to `bytesMax` only. A stream that breaks a limit is reset.
 */
export class FrameStream {
  readonly #stream: Stream
  readonly #bytesMax: number
  readonly #buffer = new Uint8ArrayList()
  #reader: Reader | null = null
  #ended = false

  /** @param bytesMax of all that may be held: the largest frame expected on this stream */
  constructor(stream: Stream, bytesMax: number) {
    this.#stream = stream
    this.#bytesMax = bytesMax
    stream.addEventListener('close', () => this.#end())
    stream.addEventListener('remoteCloseWrite', () => this.#end())
    stream.addEventListener('message', event => this.#receive(event.data))
  }

  /** @throws FrameError */
  read(options: { readonly bytesMax: number; readonly timeoutMs: number }): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#fail('timed-out'), options.timeoutMs)
      this.#reader = {
        bytesMax: options.bytesMax,
        resolve: frame => {
          clearTimeout(timer)
          resolve(frame)
        },
        reject: error => {
          clearTimeout(timer)
          reject(error)
        },
      }
      this.#deliver()
    })
  }

  /** Queues a frame. @throws when the stream is closed */
  write(frame: Uint8Array): void {
    this.#stream.send(concatBytes(u32(frame.length), frame))
  }

  /** Says that we write no more; what was queued still goes out. A peer that does not close its side in time is cut off. */
  close(timeoutMs: number): void {
    if (this.#stream.status !== 'open') return
    const timer = setTimeout(() => this.#stream.abort(new FrameError('timed-out')), timeoutMs)
    this.#stream.addEventListener('close', () => clearTimeout(timer), { once: true })
    this.#stream
      .close({ signal: AbortSignal.timeout(timeoutMs) })
      .catch((error: Error) => this.#stream.abort(error))
  }

  abort(error: Error): void {
    this.#stream.abort(error)
  }

  #receive(data: Uint8Array | Uint8ArrayList): void {
    if (this.#buffer.byteLength + data.byteLength > this.#bytesMax + 4) {
      this.#fail('too-large')
      return
    }
    this.#buffer.append(data)
    this.#deliver()
  }

  #end(): void {
    this.#ended = true
    // The last bytes and the end may come together; what is complete is delivered first.
    this.#deliver()
  }

  #deliver(): void {
    const reader = this.#reader
    if (reader === null) return
    const length = this.#buffer.byteLength < 4 ? null : this.#buffer.getUint32(0)
    if (length !== null && length > reader.bytesMax) {
      this.#fail('too-large')
    } else if (length !== null && this.#buffer.byteLength >= 4 + length) {
      const frame = this.#buffer.slice(4, 4 + length)
      this.#buffer.consume(4 + length)
      this.#reader = null
      reader.resolve(frame)
    } else if (this.#ended) {
      this.#fail('ended')
    }
  }

  #fail(code: FrameError['code']): void {
    const reader = this.#reader
    this.#reader = null
    const error = new FrameError(code)
    this.#buffer.consume(this.#buffer.byteLength)
    this.#stream.abort(error)
    reader?.reject(error)
  }
}
