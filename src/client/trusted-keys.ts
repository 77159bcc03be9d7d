import type { PublicCurve } from '../crypto/threshold/public-curve.ts'
import { createSignatureVerifier, type SignatureVerifier } from '../crypto/threshold/signature.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import { equalBytes, toHex } from '../lib/bytes.ts'
import { type Handover, handoverMessage, keyIdOf } from '../wire/statement.ts'
import { LightClientError } from './light-client-error.ts'

/**
 * The keys that an anchor leads to: the pinned one, and those that it handed over to, each with the log time in which it counts. A
 * hand-over is believed when the key before signed it, and the key after, which shows that somebody holds it.
 */
export interface TrustedKey {
  /** 96 bytes */
  readonly publicKey: Uint8Array
  /** Log time; inclusive. */
  readonly notBeforeMs: number
  /** Log time; inclusive. null: nothing follows it, as far as this client knows. */
  readonly notAfterMs: number | null
}

/** Keys of one network, of which a year brings a few. */
const KEYS_MAX = 4_096
/** Verifiers kept prepared: tables of some hundred kilobytes each. */
const VERIFIERS_MAX = 4

export class TrustedKeys {
  readonly #networkId: Uint8Array
  readonly #curve: PublicCurve
  readonly #keys = new Map<string, TrustedKey>()
  readonly #followed = new Map<string, Handover>()
  readonly #verifiers = new BoundedMap<string, SignatureVerifier>(VERIFIERS_MAX)
  #newest: Uint8Array | null = null

  constructor(networkId: Uint8Array, curve: PublicCurve) {
    this.#networkId = networkId
    this.#curve = curve
  }

  /** The last of the chain; null: none is pinned. 96 bytes */
  get newest(): Uint8Array | null {
    return this.#newest
  }

  /** @throws LightClientError BAD_ANCHOR when these bytes are no key */
  pin(publicKey: Uint8Array): void {
    const keyId = toHex(keyIdOf(publicKey))
    const verifier = createSignatureVerifier(this.#curve, publicKey)
    if (verifier === null)
      throw new LightClientError('BAD_ANCHOR', 'the key of the anchor is not a point of its group')
    this.#keys.set(keyId, { publicKey, notBeforeMs: 0, notAfterMs: null })
    this.#verifiers.set(keyId, verifier)
    this.#newest = publicKey
  }

  /** Is a key believed that `adopt` would end? */
  wouldEnd(publicKey: Uint8Array): boolean {
    return this.#newest !== null && !this.#keys.has(toHex(keyIdOf(publicKey)))
  }

  /**
   * By the word of the members: this key counts. All others have ended when it began, whatever they said of themselves: one that was
   * revoked may be in the wrong hands.
   * @param sinceMs log time @throws LightClientError WRONG_SIGNATURE when these bytes are no key
   */
  adopt(publicKey: Uint8Array, sinceMs: number): void {
    const keyId = toHex(keyIdOf(publicKey))
    this.#verifier(publicKey)
    if (this.#keys.has(keyId)) return
    for (const [id, key] of this.#keys)
      this.#keys.set(id, { ...key, notAfterMs: Math.min(key.notAfterMs ?? sinceMs, sinceMs) })
    // It may be older than its present shares.
    this.#keys.set(keyId, { publicKey, notBeforeMs: 0, notAfterMs: null })
    this.#newest = publicKey
  }

  /** @throws LightClientError UNKNOWN_KEY */
  key(keyId: Uint8Array): TrustedKey {
    const key = this.#keys.get(toHex(keyId))
    if (key !== undefined) return key
    const message = `the key ${toHex(keyId)} is none that the anchor leads to, as far as this client was shown hand-overs`
    throw new LightClientError('UNKNOWN_KEY', message)
  }

  /** @throws LightClientError UNKNOWN_KEY, OUT_OF_WINDOW */
  verifierAt(keyId: Uint8Array, logTimeMs: number): SignatureVerifier {
    const { publicKey, notBeforeMs, notAfterMs } = this.key(keyId)
    if (logTimeMs < notBeforeMs || (notAfterMs !== null && logTimeMs > notAfterMs))
      throw new LightClientError(
        'OUT_OF_WINDOW',
        `the key ${toHex(keyId)} does not count at log time ${logTimeMs}`,
      )
    return this.#verifier(publicKey)
  }

  #verifier(publicKey: Uint8Array): SignatureVerifier {
    const keyId = toHex(keyIdOf(publicKey))
    const kept = this.#verifiers.get(keyId)
    if (kept !== undefined) return kept
    const verifier = createSignatureVerifier(this.#curve, publicKey)
    if (verifier === null) throw new LightClientError('WRONG_SIGNATURE', 'these bytes are no key')
    this.#verifiers.set(keyId, verifier)
    return verifier
  }

  /** Followed once, a hand-over may be shown again. @throws LightClientError */
  follow(handover: Handover): void {
    const { oldKeyId, newKey, newKeyId, notBeforeMs, oldNotAfterMs } = handover
    const [oldName, newName] = [toHex(oldKeyId), toHex(newKeyId)]
    const old = this.key(oldKeyId)
    const before = this.#followed.get(oldName)
    const message = handoverMessage(this.#networkId, handover)
    if (before !== undefined && equalBytes(message, handoverMessage(this.#networkId, before))) return
    if (notBeforeMs < old.notBeforeMs || oldNotAfterMs < notBeforeMs)
      throw new LightClientError(
        'OUT_OF_WINDOW',
        `the key ${oldName} hands over at a log time at which it does not count`,
      )
    if (!this.#verifier(old.publicKey).verify(message, handover.oldSignature))
      throw new LightClientError('WRONG_SIGNATURE', `the key ${oldName} did not sign this hand-over`)
    if (!this.#verifier(newKey).verify(message, handover.newSignature))
      throw new LightClientError(
        'WRONG_SIGNATURE',
        `the key ${newName} did not sign that it is handed over to`,
      )
    if (before === undefined && old.notAfterMs !== null) {
      if (!this.#keys.has(newName))
        throw new LightClientError(
          'OUT_OF_WINDOW',
          `the key ${oldName} is over by the word of the members, and hands over to nobody that they do not name`,
        )
      this.#followed.set(oldName, handover)
      this.#keys.set(oldName, { ...old, notAfterMs: Math.min(old.notAfterMs, oldNotAfterMs) })
      return
    }
    // From here on it is a matter of record that the old key said so.
    if (before !== undefined || this.#keys.has(newName))
      throw new LightClientError('CONTRADICTION', `the key ${oldName} has handed over in two ways`)
    if (this.#keys.size >= KEYS_MAX)
      throw new LightClientError(
        'UNKNOWN_KEY',
        `there are more than ${KEYS_MAX} keys between this one and the anchor`,
      )
    this.#followed.set(oldName, handover)
    this.#keys.set(oldName, { ...old, notAfterMs: oldNotAfterMs })
    this.#keys.set(newName, { publicKey: newKey, notBeforeMs, notAfterMs: null })
    this.#newest = newKey
  }
}
