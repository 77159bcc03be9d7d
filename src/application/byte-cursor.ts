/** Reading and writing of what is encoded field by field, integers big-endian. */

/** Reads bytes of unknown origin: past the end every read gives undefined, and nothing is thrown. */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset
  }

  u8(): number | undefined {
    return this.#advance(1) ? this.#view.getUint8(this.#offset - 1) : undefined
  }

  u16(): number | undefined {
    return this.#advance(2) ? this.#view.getUint16(this.#offset - 2) : undefined
  }

  u32(): number | undefined {
    return this.#advance(4) ? this.#view.getUint32(this.#offset - 4) : undefined
  }

  u48(): number | undefined {
    if (!this.#advance(6)) return undefined
    return this.#view.getUint16(this.#offset - 6) * 2 ** 32 + this.#view.getUint32(this.#offset - 4)
  }

  /** @returns a view into what is read, not a copy */
  bytes(length: number): Uint8Array | undefined {
    return this.#advance(length) ? this.#bytes.subarray(this.#offset - length, this.#offset) : undefined
  }

  /** The next `length` bytes as a text of one character a byte, the form of `sha256Text`. */
  text(length: number): string | undefined {
    const bytes = this.bytes(length)
    return bytes === undefined ? undefined : String.fromCharCode(...bytes)
  }

  #advance(length: number): boolean {
    if (length > this.remaining) return false
    this.#offset += length
    return true
  }
}

/** Writes into a buffer that doubles when it is full. */
export class ByteWriter {
  #bytes = new Uint8Array(1024)
  #length = 0

  u8(value: number): void {
    this.#reserve(1)[this.#length - 1] = value
  }

  u48(value: number): void {
    const bytes = this.#reserve(6)
    const view = new DataView(bytes.buffer, this.#length - 6)
    view.setUint16(0, Math.floor(value / 2 ** 32))
    view.setUint32(2, value >>> 0)
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length).set(value, this.#length - value.length)
  }

  /** A text of one character a byte. */
  text(value: string): void {
    const bytes = this.#reserve(value.length)
    const start = this.#length - value.length
    for (let i = 0; i < value.length; i++) bytes[start + i] = value.charCodeAt(i)
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #reserve(length: number): Uint8Array {
    this.#length += length
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#length)
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    return this.#bytes
  }
}
