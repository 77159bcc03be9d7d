import type { Prng } from '../lib/prng.ts'
import type { StorageError, Vault } from '../runtime/ports.ts'

/**
 * A member's secrets on a simulated machine: what was written or erased counts for reads at once and outlives a crash when it was answered;
 * of what was not, a prefix of the generator's choice does.
 */
export interface SealedVaultOptions {
  readonly writeMs: () => number
}

export interface SealedVaultComponents {
  /** In the life of the process that asks. */
  after(delayMs: number, run: () => void): void
}

interface Change {
  readonly name: string
  /** Null: erased. */
  readonly secret: Uint8Array | null
}

export class SealedVault implements Vault {
  readonly #options: SealedVaultOptions
  readonly #components: SealedVaultComponents
  #current = new Map<string, Uint8Array>()
  #durable = new Map<string, Uint8Array>()
  #pending: Change[] = []

  constructor(options: SealedVaultOptions, components: SealedVaultComponents) {
    this.#options = options
    this.#components = components
  }

  read(name: string): Uint8Array | undefined {
    return this.#current.get(name)?.slice()
  }

  write(name: string, secret: Uint8Array, done: (error: StorageError | null) => void): void {
    this.#change({ name, secret: secret.slice() }, done)
  }

  erase(name: string, done: (error: StorageError | null) => void): void {
    this.#change({ name, secret: null }, done)
  }

  names(): readonly string[] {
    return [...this.#current.keys()]
  }

  /** What would outlast a crash now, whatever else does. */
  onDisk(): ReadonlyMap<string, Uint8Array> {
    return this.#durable
  }

  crash(prng: Prng): void {
    const kept = prng.between(0, this.#pending.length)
    for (const change of this.#pending.splice(0).slice(0, kept)) apply(this.#durable, change)
    this.#current = new Map(this.#durable)
  }

  wipe(): void {
    this.#pending = []
    this.#current.clear()
    this.#durable.clear()
  }

  #change(change: Change, done: (error: StorageError | null) => void): void {
    apply(this.#current, change)
    this.#pending.push(change)
    this.#components.after(this.#options.writeMs(), () => {
      // In the order of the calls, whatever each of them takes.
      const upTo = this.#pending.indexOf(change) + 1
      for (const settled of this.#pending.splice(0, upTo)) apply(this.#durable, settled)
      done(null)
    })
  }
}

function apply(secrets: Map<string, Uint8Array>, { name, secret }: Change): void {
  if (secret === null) secrets.delete(name)
  else secrets.set(name, secret)
}
