/**
 * The running hash of everything that happens in a world: two runs from one seed must agree on it, event by event. FNV-1a in two
 * lanes; it finds differences and guards no secret.
 */
export class Auditor {
  #high = 0x811c9dc5
  #low = 0x01234567

  text(text: string): void {
    for (let i = 0; i < text.length; i++) this.#mix(text.charCodeAt(i))
  }

  number(value: number): void {
    this.#mix(value | 0)
    this.#mix(Math.floor(value * 1_000) | 0)
  }

  bytes(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) this.#mix(bytes[i] as number)
  }

  /** 16 hexadecimal digits. */
  digest(): string {
    return [this.#high, this.#low].map(lane => (lane >>> 0).toString(16).padStart(8, '0')).join('')
  }

  #mix(value: number): void {
    this.#high = Math.imul(this.#high ^ value, 0x01000193)
    this.#low = Math.imul(this.#low ^ (value + (this.#high >>> 15)), 0x85ebca6b)
  }
}
