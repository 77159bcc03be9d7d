import type { Ceremony } from '../crypto/threshold/ceremony.ts'
import { confirm, deal, type OpenedShares, register } from '../crypto/threshold/member.ts'
import {
  type Confirmation,
  decodeDealing,
  decodeRegistration,
  encodeDealing,
  encodeRegistration,
} from '../crypto/threshold/package.ts'
import type { PublicCurve } from '../crypto/threshold/public-curve.ts'
import type { RandomBytes } from '../crypto/threshold/scalar.ts'
import { dealersOf } from '../crypto/threshold/session.ts'
import { present } from '../lib/assert.ts'
import { equalBytes, toHex } from '../lib/bytes.ts'
import type { KeyState, RunningCeremony } from '../membership/key-state.ts'
import type { SystemOperation } from '../membership/system-operation.ts'
import type { Custody } from './custody.ts'

/**
 * Our own packages in a running ceremony: what we have to say next, given what the log says and what we keep. A package is made once and
 * kept before it is said, so that whatever happens in between it is the same one that is said again.
 *
 * Without memory of a session, while the log says that we registered for it, we have no part in what is left of it: what we said
 * before is unknown, and whoever deals twice lies.
 */
export interface CeremonyPartComponents {
  readonly curve: PublicCurve
  readonly random: RandomBytes
  readonly custody: Custody
  /** Something that was kept is on disk: there may be more to say. */
  onKept(): void
}

export interface Saying {
  /** The same thing has the same name. */
  readonly name: string
  readonly operation: () => SystemOperation
}

interface Received {
  /** Names session and dealings. */
  readonly name: string
  /** Null: what was sent to us cannot be opened. */
  readonly confirmation: Confirmation | null
  isKept: boolean
}

export class CeremonyPart {
  readonly #index: number
  readonly #components: CeremonyPartComponents
  /** What is on its way to disk. */
  readonly #keeping = new Set<string>()
  #received: Received | null = null
  /** What was sent to us in one session, and is not opened again when a dealer is convicted. */
  #opened: { readonly session: string; readonly shares: OpenedShares } | null = null

  /** @param index our coordinate, from 1 */
  constructor(index: number, components: CeremonyPartComponents) {
    this.#index = index
    this.#components = components
  }

  get size(): number {
    return this.#keeping.size
  }

  /** At each executed sequence: opens what was sent to us as soon as it is there. The log may be far ahead of us, and go on at once. */
  follow({ ceremony: running }: KeyState): void {
    const { curve, random, custody, onKept } = this.#components
    if (running === null) {
      this.#received = null
      this.#forgetOpened()
      return
    }
    const { ceremony } = running
    const { session, qualified } = ceremony
    if (ceremony.phase !== 'confirming' || qualified === null) return
    const name = toHex(qualified.hash)
    if (this.#received?.name === name) return
    const decryptionKey = this.#decryptionKey(ceremony)
    if (decryptionKey === null) {
      this.#received = { name, confirmation: null, isKept: false }
      return
    }
    const opened = this.#openedIn(toHex(session.id))
    const { confirmation, share } = confirm(curve, ceremony, this.#index, decryptionKey, random, opened)
    decryptionKey.fill(0)
    const received: Received = { name, confirmation, isKept: share === null }
    this.#received = received
    if (share === null) return
    custody.keepShare(session.epoch, share, () => {
      received.isKept = true
      onKept()
    })
  }

  #openedIn(session: string): OpenedShares {
    if (this.#opened?.session !== session) this.#forgetOpened()
    this.#opened ??= { session, shares: new Map() }
    return this.#opened.shares
  }

  #forgetOpened(): void {
    for (const share of this.#opened?.shares.values() ?? []) share.fill(0)
    this.#opened = null
  }

  /** What we have to say now and the log does not have; null: nothing, or it is not on disk yet. */
  next(keys: KeyState): Saying | null {
    const { ceremony: running } = keys
    switch (running?.ceremony.phase) {
      case 'registering':
        return this.#registration(running)
      case 'dealing':
        return this.#dealing(keys, running)
      case 'confirming':
        return this.#confirmation(running)
      default:
        return null
    }
  }

  /** Whom the log counts among those who hold a new share signs with it; with an old one, whoever has one. */
  maySign({ ceremony, newSignature }: RunningCeremony): boolean {
    return newSignature !== null || ceremony.confirmed.has(this.#index)
  }

  #registration({ ceremony, startSequence }: RunningCeremony): Saying | null {
    const { random, custody, onKept } = this.#components
    const { session, encryptionKeys } = ceremony
    if (encryptionKeys.has(this.#index)) return null
    const memory = custody.session(session.id)
    if (memory !== null) {
      memory.decryptionKey.fill(0)
      const registration = present(decodeRegistration(memory.registration), 'our own registration')
      return this.#say('register', ceremony, () => ({ type: 'register', registration }))
    }
    const { registration, decryptionKey } = register(session, this.#index, random)
    const made = { decryptionKey, registration: encodeRegistration(registration) }
    this.#keep(`register/${toHex(session.id)}`, done =>
      custody.keepSession(session.id, startSequence, made, () => {
        done()
        onKept()
      }),
    )
    decryptionKey.fill(0)
    return null
  }

  #dealing({ active }: KeyState, { ceremony, startSequence }: RunningCeremony): Saying | null {
    const { custody } = this.#components
    const { session, dealings } = ceremony
    if (this.#index > dealersOf(session) || dealings.some(({ dealer }) => dealer === this.#index)) return null
    const kept = custody.dealing(session.id)
    if (kept !== null) {
      const dealing = present(decodeDealing(kept), 'our own dealing')
      return this.#say('deal', ceremony, () => ({ type: 'deal', dealing }))
    }
    if (session.old === null) {
      const memory = custody.session(session.id)
      if (memory === null) return null
      memory.decryptionKey.fill(0)
      this.#deal(ceremony, startSequence, null)
    } else {
      const oldShare = active === null ? null : custody.share(active.epoch, session.old)
      if (oldShare !== null) this.#deal(ceremony, startSequence, oldShare)
    }
    return null
  }

  /** @param oldShare wiped here */
  #deal(ceremony: Ceremony, startSequence: number, oldShare: Uint8Array | null): void {
    const { curve, random, custody, onKept } = this.#components
    const { id } = ceremony.session
    this.#keep(`deal/${toHex(id)}`, done => {
      const dealing = encodeDealing(deal(curve, ceremony, this.#index, oldShare, random))
      custody.keepDealing(id, startSequence, dealing, () => {
        done()
        onKept()
      })
    })
    oldShare?.fill(0)
  }

  #confirmation({ ceremony, newSignature }: RunningCeremony): Saying | null {
    const received = this.#received
    if (received === null || !received.isKept || received.confirmation === null) return null
    // What follows the old key is fixed: nobody is heard any more.
    if (newSignature !== null) return null
    const { qualified, confirmed } = ceremony
    if (qualified === null || toHex(qualified.hash) !== received.name || confirmed.has(this.#index))
      return null
    const { confirmation } = received
    return this.#say(`confirm/${received.name}`, ceremony, () => ({ type: 'confirm', confirmation }))
  }

  #decryptionKey({ session, encryptionKeys }: Ceremony): Uint8Array | null {
    const registered = encryptionKeys.get(this.#index)
    const memory = registered === undefined ? null : this.#components.custody.session(session.id)
    if (registered === undefined || memory === null) return null
    const own = decodeRegistration(memory.registration)
    // Another process with our identity registered: what is sent to it we cannot open, and must not complain of.
    if (own !== null && equalBytes(own.encryptionKey, registered.toBytes())) return memory.decryptionKey
    memory.decryptionKey.fill(0)
    return null
  }

  #say(what: string, { session }: Ceremony, operation: () => SystemOperation): Saying {
    return { name: `${what}/${toHex(session.id)}`, operation }
  }

  /** Once at a time. */
  #keep(name: string, keep: (done: () => void) => void): void {
    if (this.#keeping.has(name)) return
    this.#keeping.add(name)
    keep(() => this.#keeping.delete(name))
  }
}
