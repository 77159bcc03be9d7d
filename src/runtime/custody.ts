import { sha256 } from '../crypto/hash.ts'
import { parseScalar, SCALAR_BYTES } from '../crypto/threshold/scalar.ts'
import { publicKeyOf } from '../crypto/threshold/secret.ts'
import type { PublicSharing } from '../crypto/threshold/signature.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import { concatBytes, equalBytes, toHex, u64 } from '../lib/bytes.ts'
import type { Sizes } from '../lib/sizes.ts'
import { type KeyState, servedKeys } from '../membership/key-state.ts'
import type { StorageError, Vault } from './ports.ts'

/**
 * A member's secrets about the network's keys: shares, by epoch; and for the ceremony that runs, the key that opens what is sent to
 * it and the packages that it made. A package is kept as it was first made, so that after a crash the same one is said again: a second
 * dealing that differs is a lie. Whatever is kept is on disk before anything that depends on it is said.
 *
 * A session's secrets carry the sequence at which the session began. A start may find itself before that, when its state is older than
 * its secrets; then they wait for the log to come there. At or above it, and with no such ceremony running, they are of no more use.
 */
export interface SessionMemory {
  /** 32 bytes, secret; whoever reads it wipes it. */
  readonly decryptionKey: Uint8Array
  /** As it was first made. */
  readonly registration: Uint8Array
}

const KEY_BYTES = 32
const SEQUENCE_BYTES = 8
const SHARES_CHECKED_MAX = 16

const nameOf = {
  session: (sessionId: Uint8Array): string => `session/${toHex(sessionId)}`,
  dealing: (sessionId: Uint8Array): string => `dealing/${toHex(sessionId)}`,
  share: (epoch: number): string => `share/${epoch}`,
}

export class Custody {
  readonly #index: number
  readonly #vault: Vault
  readonly #onFailure: (error: StorageError) => void
  /** By the hash of share and public share: whether they belong together. Finding out costs a multiplication. */
  readonly #checked = new BoundedMap<string, boolean>(SHARES_CHECKED_MAX)
  readonly #erasing = new Set<string>()

  /** @param index our coordinate, from 1 */
  constructor(index: number, vault: Vault, onFailure: (error: StorageError) => void) {
    this.#index = index
    this.#vault = vault
    this.#onFailure = onFailure
  }

  sizes(): Sizes {
    return {
      sharesChecked: this.#checked.size,
      erasing: this.#erasing.size,
      secrets: this.#vault.names().length,
    }
  }

  /** Null: we have no part in this session, or lost our memory of it. */
  session(sessionId: Uint8Array): SessionMemory | null {
    const kept = this.#vault.read(nameOf.session(sessionId))
    if (kept === undefined) return null
    const keyEnd = SEQUENCE_BYTES + KEY_BYTES
    const memory = { decryptionKey: kept.slice(SEQUENCE_BYTES, keyEnd), registration: kept.slice(keyEnd) }
    kept.fill(0)
    return memory
  }

  keepSession(sessionId: Uint8Array, startSequence: number, memory: SessionMemory, done: () => void): void {
    const kept = concatBytes(u64(startSequence), memory.decryptionKey, memory.registration)
    this.#write(nameOf.session(sessionId), kept, done)
  }

  /** The dealing as it was first made; null: none was. */
  dealing(sessionId: Uint8Array): Uint8Array | null {
    return this.#vault.read(nameOf.dealing(sessionId))?.slice(SEQUENCE_BYTES) ?? null
  }

  keepDealing(sessionId: Uint8Array, startSequence: number, dealing: Uint8Array, done: () => void): void {
    this.#write(nameOf.dealing(sessionId), concatBytes(u64(startSequence), dealing), done)
  }

  /** @returns our share of this very sharing, 32 bytes, which the caller wipes; null: we have none */
  share(epoch: number, sharing: PublicSharing): Uint8Array | null {
    const publicShare = sharing.publicShares[this.#index - 1]
    const share = this.#vault.read(nameOf.share(epoch))
    if (publicShare === undefined || share === undefined) return null
    const name = toHex(sha256(concatBytes(share, publicShare)))
    const isRight = this.#checked.get(name) ?? isShareOf(share, publicShare)
    this.#checked.set(name, isRight)
    if (isRight) return share
    share.fill(0)
    return null
  }

  /** In place of one of an attempt that came to nothing. @param share 32 bytes; wiped when they are on disk */
  keepShare(epoch: number, share: Uint8Array, done: () => void): void {
    this.#write(nameOf.share(epoch), share, done)
  }

  /** Until it would not come back after a loss of power. */
  holdsShare(epoch: number): boolean {
    const name = nameOf.share(epoch)
    return this.#erasing.has(name) || this.#vault.names().includes(name)
  }

  /**
   * Erases what is of no more use: secrets of sessions that are over, shares of epochs that are.
   * @param sequence of the state that `keys` is of
   */
  tidy(keys: KeyState, sequence: number): void {
    const running = keys.ceremony === null ? null : toHex(keys.ceremony.ceremony.session.id)
    const served = new Set(servedKeys(keys).map(({ epoch }) => epoch))
    for (const name of this.#vault.names()) {
      const [kind, rest = ''] = name.split('/')
      if (kind === 'share') {
        const epoch = Number(rest)
        // A higher epoch than the log has come to here is of a key that is still to be activated.
        if (epoch < keys.nextEpoch && !served.has(epoch)) this.#erase(name)
      } else if (kind === 'session' || kind === 'dealing') {
        if (rest !== running && this.#startOf(name) <= sequence) this.#erase(name)
      }
    }
  }

  #startOf(name: string): number {
    const kept = this.#vault.read(name)
    if (kept === undefined || kept.length < SEQUENCE_BYTES) return 0
    const start = Number(new DataView(kept.buffer, kept.byteOffset).getBigUint64(0))
    kept.fill(0)
    return start
  }

  #write(name: string, secret: Uint8Array, done: () => void): void {
    this.#vault.write(name, secret, error => {
      secret.fill(0)
      if (error !== null) return this.#onFailure(error)
      done()
    })
  }

  #erase(name: string): void {
    if (this.#erasing.has(name)) return
    this.#erasing.add(name)
    this.#vault.erase(name, error => {
      this.#erasing.delete(name)
      if (error !== null) this.#onFailure(error)
    })
  }
}

function isShareOf(share: Uint8Array, publicShare: Uint8Array): boolean {
  const scalar = share.length === SCALAR_BYTES ? parseScalar(share) : null
  return scalar !== null && equalBytes(publicKeyOf(scalar), publicShare)
}
