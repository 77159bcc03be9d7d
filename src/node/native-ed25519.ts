import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { isAcceptablePublicKey, SEED_BYTES, SIGNATURE_BYTES } from '../crypto/identity.ts'
import { assert } from '../lib/assert.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import type { SignatureChecker, SignatureClaim, Signer } from '../runtime/ports.ts'

/**
 * Ed25519 by node's OpenSSL, with the same verdicts as `crypto/identity.ts` (see there) at a seventeenth of its cost.
 *
 * Checks run on libuv's threads: a claim costs the main thread about 12 microseconds instead of 57. Few are handed over at
 * a time, because the threads take work in order and the disk waits in the same line. One or two claims that come while
 * nothing is being checked are checked on the spot: the way to another thread and back would take longer.
 */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

/** @param seed 32 bytes */
export function createNativeSigner(seed: Uint8Array): Signer {
  assert(seed.length === SEED_BYTES, `an Ed25519 seed has ${SEED_BYTES} bytes`)
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  return {
    publicKey: new Uint8Array(spki.subarray(-32)),
    sign(bytes) {
      const signature = sign(null, bytes, key)
      return new Uint8Array(signature.buffer, signature.byteOffset, signature.length)
    },
  }
}

export interface NativeSignatureCheckerOptions {
  /** Claims that are on libuv's threads or in line for them. */
  readonly inFlightMax?: number
  /** Claims that wait to be handed over; what comes on top is checked on the spot, which slows the caller down. */
  readonly waitingMax?: number
  /** Public keys kept ready; the one used longest ago goes. */
  readonly keysMax?: number
  /** Sets of claims up to this size are checked on the spot while no other is in flight. */
  readonly onTheSpotMax?: number
}

export function createNativeSignatureChecker(options: NativeSignatureCheckerOptions = {}): SignatureChecker {
  return new NativeSignatureChecker(options)
}

interface ClaimSet {
  readonly claims: readonly SignatureClaim[]
  readonly valid: boolean[]
  readonly done: (valid: readonly boolean[]) => void
  /** Claims not yet handed over: those from this index on. */
  next: number
  unanswered: number
}

class NativeSignatureChecker implements SignatureChecker {
  readonly #keys: BoundedMap<string, KeyObject>
  readonly #inFlightMax: number
  readonly #waitingMax: number
  readonly #onTheSpotMax: number
  readonly #sets: ClaimSet[] = []
  #inFlight = 0
  #waiting = 0

  constructor(options: NativeSignatureCheckerOptions) {
    this.#keys = new BoundedMap(options.keysMax ?? 10_000)
    this.#inFlightMax = options.inFlightMax ?? 32
    this.#waitingMax = options.waitingMax ?? 100_000
    this.#onTheSpotMax = options.onTheSpotMax ?? 2
    assert(this.#inFlightMax > 0, 'at least one check is in flight')
  }

  check(claims: readonly SignatureClaim[], done: (valid: readonly boolean[]) => void): void {
    const isIdle = this.#inFlight === 0 && claims.length <= this.#onTheSpotMax
    if (claims.length === 0 || isIdle || this.#waiting + claims.length > this.#waitingMax) {
      const valid = claims.map(claim => this.#checkOnTheSpot(claim))
      queueMicrotask(() => done(valid))
      return
    }
    const valid = new Array<boolean>(claims.length).fill(false)
    this.#sets.push({ claims, valid, done, next: 0, unanswered: claims.length })
    this.#waiting += claims.length
    // Not before the call returns: a malformed claim is answered without any thread.
    queueMicrotask(() => this.#handOver())
  }

  #handOver(): void {
    for (;;) {
      const set = this.#sets[0]
      if (set === undefined || this.#inFlight === this.#inFlightMax) return
      const index = set.next++
      if (set.next === set.claims.length) this.#sets.shift()
      this.#waiting--
      this.#handOverClaim(set, index)
    }
  }

  #handOverClaim(set: ClaimSet, index: number): void {
    const claim = set.claims[index]
    const key = claim === undefined ? undefined : this.#keyOf(claim)
    if (claim === undefined || key === undefined) {
      answer(set, index, false)
      return
    }
    this.#inFlight++
    verify(null, claim.bytes, key, claim.signature, (error, isValid) => {
      this.#inFlight--
      this.#handOver()
      answer(set, index, error === null && isValid)
    })
  }

  #checkOnTheSpot(claim: SignatureClaim): boolean {
    const key = this.#keyOf(claim)
    return key !== undefined && verify(null, claim.bytes, key, claim.signature)
  }

  /** @returns undefined when the claim is malformed */
  #keyOf({ publicKey, signature }: SignatureClaim): KeyObject | undefined {
    if (signature.length !== SIGNATURE_BYTES || publicKey.length !== 32) return undefined
    const name = String.fromCharCode.apply(null, publicKey as unknown as number[])
    const known = this.#keys.get(name)
    if (known !== undefined) return known
    if (!isAcceptablePublicKey(publicKey)) return undefined
    // Importing from JWK takes 5 microseconds, from SPKI 60.
    const x = Buffer.from(publicKey).toString('base64url')
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    this.#keys.set(name, key)
    return key
  }
}

function answer(set: ClaimSet, index: number, isValid: boolean): void {
  set.valid[index] = isValid
  if (--set.unanswered === 0) set.done(set.valid)
}
