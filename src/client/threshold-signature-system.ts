import { sharingOf } from '../crypto/threshold/dealings.ts'
import { runLocalCeremony } from '../crypto/threshold/local-ceremony.ts'
import { nobleCurve } from '../crypto/threshold/noble-curve.ts'
import type { PublicCurve } from '../crypto/threshold/public-curve.ts'
import { parseScalar, type RandomBytes } from '../crypto/threshold/scalar.ts'
import { publicKeyOf, signMessage } from '../crypto/threshold/secret.ts'
import { createSession, MEMBERS_MAX } from '../crypto/threshold/session.ts'
import {
  createSignatureCombiner,
  createSignatureVerifier,
  type PublicSharing,
  type SignatureCombiner,
} from '../crypto/threshold/signature.ts'
import { equalBytes, utf8 } from '../lib/bytes.ts'

/** Why something could not be signed, or keys could not be taken. */
export type ThresholdSignatureErrorCode =
  | 'INVALID_PARAMETERS'
  | 'NO_KEYS'
  | 'MALFORMED_KEYS'
  | 'UNKNOWN_SIGNATORY'
  | 'INSUFFICIENT_SIGNATORIES'
  | 'INSUFFICIENT_VALID_PARTIALS'

/** `code` is for programs, the message for people. */
export class ThresholdSignatureError extends Error {
  override readonly name = 'ThresholdSignatureError'
  readonly code: ThresholdSignatureErrorCode
  constructor(code: ThresholdSignatureErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** All have defaults. */
export interface ThresholdSignatureOptions {
  /** Names of the parties, in the order of their shares; by default node-1, node-2 … */
  readonly parties?: readonly string[]
  /** The party that this process is; by default the first. */
  readonly nodeId?: string
  /** Fresh secret bytes; by default the platform's `crypto.getRandomValues`, in Node and in browsers. */
  readonly randomBytes?: RandomBytes
  /** For public data, where there is a faster one than the portable default. */
  readonly curve?: PublicCurve
}

/** What a ceremony made. */
export interface DistributedKeys {
  /** 96 bytes */
  readonly masterPublicKey: Uint8Array
  /** Of `nodeId`: 32 bytes, secret. */
  readonly privateKeyShare: Uint8Array
  /** 96 bytes each */
  readonly publicKeyShares: ReadonlyMap<string, Uint8Array>
  /** Everything public in short: 96 bytes for each share that is needed. */
  readonly publicPolynomial: readonly Uint8Array[]
}

/** One party's part of a signature. */
export interface PartyPartialSignature {
  readonly signatory: string
  /** 48 bytes */
  readonly signature: Uint8Array
}

/** Text is signed as UTF-8. */
export type Message = string | Uint8Array

/**
 * Threshold signatures for applications that want nothing else: a key in `totalParties` shares, any `threshold` of which sign. The
 * signature is an ordinary BLS signature (BLS12-381, 48 bytes, keys of 96), the same whoever signs, and every library that knows the
 * suite of drand quicknet verifies it.
 *
 * The key is dealt by all parties together, in this process: it never exists in one piece, but all shares are here until the
 * application hands them out (`privateKeyShares`) and forgets them. Nodes of a network deal between them, through their log.
 * Messages are signed as they are: who signs for several purposes puts the purpose into the message.
 */
export class ThresholdSignatureSystem {
  readonly threshold: number
  readonly parties: readonly string[]
  readonly nodeId: string
  /**
   * The shares that are held here, 32 bytes each, by party. An application that hands one out deletes it here; a process of its own
   * takes it in with `importKeys`.
   */
  readonly privateKeyShares = new Map<string, Uint8Array>()
  readonly #randomBytes: RandomBytes
  readonly #curve: PublicCurve
  #keys: { readonly sharing: PublicSharing; readonly combiner: SignatureCombiner } | null = null
  #epoch = 0

  /** @throws ThresholdSignatureError INVALID_PARAMETERS */
  constructor(threshold: number, totalParties: number, options: ThresholdSignatureOptions = {}) {
    const isValid = Number.isInteger(threshold) && threshold >= 1 && threshold <= totalParties
    if (!isValid || !Number.isInteger(totalParties) || totalParties > MEMBERS_MAX)
      throw new ThresholdSignatureError(
        'INVALID_PARAMETERS',
        `${threshold} of ${totalParties}: the threshold is from 1 to the number of parties, which are ${MEMBERS_MAX} at most`,
      )
    this.threshold = threshold
    this.parties = options.parties ?? Array.from({ length: totalParties }, (_, i) => `node-${i + 1}`)
    if (this.parties.length !== totalParties || new Set(this.parties).size !== totalParties)
      throw new ThresholdSignatureError('INVALID_PARAMETERS', 'each party has one name, and no two the same')
    this.nodeId = options.nodeId ?? this.parties[0] ?? ''
    if (!this.parties.includes(this.nodeId))
      throw new ThresholdSignatureError('INVALID_PARAMETERS', `"${this.nodeId}" is none of the parties`)
    this.#randomBytes = options.randomBytes ?? (length => crypto.getRandomValues(new Uint8Array(length)))
    this.#curve = options.curve ?? nobleCurve
  }

  /** 96 bytes; null before there are keys. */
  get masterPublicKey(): Uint8Array | null {
    return this.#keys?.sharing.publicKey ?? null
  }

  /** 96 bytes each, by party; empty before there are keys. */
  get publicKeyShares(): ReadonlyMap<string, Uint8Array> {
    const shares = this.#keys?.sharing.publicShares ?? []
    return new Map(shares.map((share, i) => [this.parties[i] ?? '', share]))
  }

  /** A fresh key. Takes some milliseconds for each pair of parties, in which the process does nothing else. */
  async generateDistributedKeys(): Promise<DistributedKeys> {
    return this.#runCeremony(null, new Map())
  }

  /**
   * The same key in new shares: shares that leaked before are worth nothing together with those from now on. The old ones must be
   * forgotten everywhere, because `threshold` of them still sign.
   * @throws ThresholdSignatureError NO_KEYS, or INSUFFICIENT_SIGNATORIES when fewer than `threshold` shares are here
   */
  async refreshKeyShares(): Promise<DistributedKeys> {
    const { sharing } = this.#requireKeys()
    const held = this.parties.flatMap((party, i) => {
      const share = this.privateKeyShares.get(party)
      return share !== undefined && isShareOf(sharing.publicShares[i], share) ? [[i + 1, share] as const] : []
    })
    if (held.length < this.threshold) throw insufficientSignatories()
    return this.#runCeremony(sharing, new Map(held.slice(0, this.threshold)))
  }

  /**
   * Keys that were generated elsewhere: the public part, and those shares that shall be here.
   * @throws ThresholdSignatureError MALFORMED_KEYS when a share does not belong to the polynomial
   */
  importKeys(keys: {
    readonly publicPolynomial: readonly Uint8Array[]
    readonly privateKeyShares: ReadonlyMap<string, Uint8Array>
  }): void {
    const points = keys.publicPolynomial
      .map(bytes => this.#curve.decodeG2(bytes))
      .filter(point => point !== null)
    if (points.length !== this.threshold || keys.publicPolynomial.length !== this.threshold)
      throw new ThresholdSignatureError(
        'MALFORMED_KEYS',
        `the public polynomial is not ${this.threshold} points of G2`,
      )
    const sharing = sharingOf(this.#curve, points, this.parties.length)
    const shares = [...keys.privateKeyShares].map(([party, share]) => {
      const publicShare = sharing.publicShares[this.#indexOf(party) - 1]
      if (!isShareOf(publicShare, share))
        throw new ThresholdSignatureError(
          'MALFORMED_KEYS',
          `the share of "${party}" does not belong to the key`,
        )
      return [party, share] as const
    })
    this.#adopt(sharing, shares)
  }

  /**
   * @param signatories at least `threshold` different parties whose shares are here
   * @returns 48 bytes, the same whoever of them signs
   * @throws ThresholdSignatureError INSUFFICIENT_SIGNATORIES, UNKNOWN_SIGNATORY, INSUFFICIENT_VALID_PARTIALS, NO_KEYS
   */
  async createThresholdSignature(message: Message, signatories: readonly string[]): Promise<Uint8Array> {
    const distinct = [...new Set(signatories)]
    if (distinct.length < this.threshold) throw insufficientSignatories()
    for (const signatory of distinct) this.#indexOf(signatory)
    const partials = distinct.flatMap(signatory => {
      const share = this.privateKeyShares.get(signatory)
      if (share === undefined || parseScalar(share) === null) return []
      return [{ signatory, signature: signMessage(share, bytesOf(message)) }]
    })
    return this.combinePartialSignatures(message, partials)
  }

  /** @returns 48 bytes @throws ThresholdSignatureError UNKNOWN_SIGNATORY when its share is not here */
  async createPartialSignature(message: Message, signatory = this.nodeId): Promise<Uint8Array> {
    const share = this.privateKeyShares.get(signatory)
    if (share === undefined) throw unknownSignatory(signatory)
    return signMessage(share, bytesOf(message))
  }

  /** Whether it is the party's own part. @throws ThresholdSignatureError UNKNOWN_SIGNATORY, NO_KEYS */
  verifyPartialSignature(message: Message, { signatory, signature }: PartyPartialSignature): boolean {
    const { combiner } = this.#requireKeys()
    return combiner.verifyPartial(bytesOf(message), { index: this.#indexOf(signatory), signature })
  }

  /**
   * Wrong partials do no harm as long as enough are right.
   * @throws ThresholdSignatureError INSUFFICIENT_VALID_PARTIALS, UNKNOWN_SIGNATORY, NO_KEYS
   */
  combinePartialSignatures(message: Message, partials: readonly PartyPartialSignature[]): Uint8Array {
    const indexed = partials.map(({ signatory, signature }) => ({
      index: this.#indexOf(signatory),
      signature,
    }))
    const { combiner } = this.#requireKeys()
    const { signature } = combiner.combine(bytesOf(message), indexed, this.#randomBytes)
    if (signature === null)
      throw new ThresholdSignatureError(
        'INSUFFICIENT_VALID_PARTIALS',
        'Insufficient valid partial signatures',
      )
    return signature
  }

  /** Whatever it is given, it says whether the signature holds. @throws ThresholdSignatureError NO_KEYS */
  verifyThresholdSignature(message: Message, signature: Uint8Array): boolean {
    return this.#requireKeys().combiner.verify(bytesOf(message), signature)
  }

  #runCeremony(old: PublicSharing | null, oldShares: ReadonlyMap<number, Uint8Array>): DistributedKeys {
    const membersHash = new Uint8Array(32)
    const session = createSession({
      networkId: this.#randomBytes(32), // one process, one session: a random name is as good as a place in a log
      epoch: this.#epoch++,
      attempt: 0,
      startSequence: 0,
      membersHash,
      members: this.parties.length,
      threshold: this.threshold,
      faultyMax: 0,
      old: old === null ? null : { sharing: old, membersHash },
    })
    const { sharing, shares } = runLocalCeremony(this.#curve, session, oldShares, this.#randomBytes)
    this.#adopt(
      sharing,
      shares.map((share, i) => [this.parties[i] ?? '', share]),
    )
    return {
      masterPublicKey: sharing.publicKey,
      privateKeyShare: shares[this.#indexOf(this.nodeId) - 1] ?? new Uint8Array(0),
      publicKeyShares: this.publicKeyShares,
      publicPolynomial: sharing.commitments,
    }
  }

  /** Shares of another key, or of before, are wiped: they would only give wrong partials. */
  #adopt(sharing: PublicSharing, shares: readonly (readonly [string, Uint8Array])[]): void {
    for (const share of this.privateKeyShares.values()) share.fill(0)
    this.privateKeyShares.clear()
    for (const [party, share] of shares) this.privateKeyShares.set(party, share.slice())
    this.#keys = { sharing, combiner: createSignatureCombiner(this.#curve, sharing) }
  }

  #requireKeys() {
    if (this.#keys === null)
      throw new ThresholdSignatureError('NO_KEYS', 'there are no keys yet: generate or import them first')
    return this.#keys
  }

  #indexOf(party: string): number {
    const index = this.parties.indexOf(party) + 1
    if (index === 0) throw unknownSignatory(party)
    return index
  }
}

/**
 * For whoever has the key and nothing else.
 * @param masterPublicKey 96 bytes @param signature 48 bytes; malformed ones are wrong ones
 */
export function verifySignature(
  masterPublicKey: Uint8Array,
  message: Message,
  signature: Uint8Array,
): boolean {
  return createSignatureVerifier(nobleCurve, masterPublicKey)?.verify(bytesOf(message), signature) ?? false
}

function isShareOf(publicShare: Uint8Array | undefined, share: Uint8Array): boolean {
  const scalar = parseScalar(share)
  return scalar !== null && publicShare !== undefined && equalBytes(publicKeyOf(scalar), publicShare)
}

const bytesOf = (message: Message): Uint8Array => (typeof message === 'string' ? utf8(message) : message)

const insufficientSignatories = () =>
  new ThresholdSignatureError('INSUFFICIENT_SIGNATORIES', 'Insufficient signatories for threshold')

const unknownSignatory = (signatory: string) =>
  new ThresholdSignatureError('UNKNOWN_SIGNATORY', `no share of "${signatory}" is known here`)
