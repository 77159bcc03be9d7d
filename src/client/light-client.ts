import { type ReadProofs, readProofsOf } from '../application/read-proofs.ts'
import { sha256 } from '../crypto/hash.ts'
import { nobleCurve } from '../crypto/threshold/noble-curve.ts'
import type { PublicCurve } from '../crypto/threshold/public-curve.ts'
import type { RandomBytes } from '../crypto/threshold/scalar.ts'
import type { SignatureVerifier, SignedMessage } from '../crypto/threshold/signature.ts'
import { toHex } from '../lib/bytes.ts'
import {
  type AnyCertificate,
  activeKeyOf,
  historyOfProof,
  stateRootOfKeyProof,
  stateRootOfProof,
} from '../membership/proof.ts'
import type { Statement } from '../pbft/types.ts'
import { checkpointMessage } from '../wire/statement.ts'
import { LightClientError } from './light-client-error.ts'
import {
  decodeCertificate,
  decodeHandover,
  decodeKeyProof,
  decodeReceiptProof,
  decodeStateProof,
  type Named,
} from './proof-json.ts'
import { type Ground, readAnchor, type TrustAnchor, verifyMembersCertificate } from './trust-anchor.ts'
import { TrustedKeys } from './trusted-keys.ts'

export type { CertificateJson } from './api-types.ts'
export { LightClientError, type LightClientErrorCode } from './light-client-error.ts'
export type * from './proof-types.ts'
export type { TrustAnchor } from './trust-anchor.ts'

/** What a light client begins with. */
export interface LightClientOptions {
  readonly anchor: TrustAnchor
  /** How the application proves its answers: one that is built in, by name, or its `verify`. Default: what the genesis names. */
  readonly application?: string | ReadProofs
  /** Default: portable. */
  readonly curve?: PublicCurve
  /** Fresh bytes, for batches. Default: the platform's. */
  readonly random?: RandomBytes
}

/** What a caller asks of a certificate besides that it is true. */
export interface Demands {
  /** The caller's clock, milliseconds since 1970. */
  readonly nowMs?: number
  /** How far the certificate's log time may be from `nowMs`, on either side. Default: any. */
  readonly maxAgeMs?: number
  /** Refuses what is older than the newest that this client has verified. Default false. */
  readonly monotonic?: boolean
}

/** That the network executed everything up to `sequence`, and what came of it. */
export interface VerifiedCertificate {
  /** Who signed: the network's key, or a quorum of the genesis' members each for itself. */
  readonly by: 'key' | 'members'
  readonly sequence: number
  /** Agreed time of that sequence, milliseconds since 1970. */
  readonly logTimeMs: number
  readonly historyDigest: string
  readonly stateRoot: string
  readonly membersHash: string
  /** Of the key that signed; null: members. */
  readonly keyId: string | null
  /** 32 bytes that nobody could know before the key signed, and everybody finds the same; null: members. */
  readonly randomness: Uint8Array | null
}

/** That this transaction was executed, once, with this result. */
export interface VerifiedReceipt {
  readonly id: string
  readonly sequence: number
  readonly logTimeMs: number
  readonly result: { readonly code: number; readonly data: Uint8Array }
  readonly certificate: VerifiedCertificate
}

/** That the state at the certificate's sequence has this value under this key; null: none. */
export interface VerifiedState {
  readonly key: string
  readonly value: Uint8Array | null
  readonly certificate: VerifiedCertificate
}

/** That the members of the genesis have this key together. */
export interface VerifiedKey {
  /** 96 bytes */
  readonly publicKey: Uint8Array
  /** Of its present shares, and where they began to count. */
  readonly epoch: number
  readonly activatedSequence: number
  readonly activatedMs: number
  readonly certificate: VerifiedCertificate
}

const BATCH_MAX = 65_536

/**
 * Checks what one untrusted node says against what a network signed. It has an anchor, asks nobody, and takes the JSON that the API
 * gives, from wherever it came. What it returns is proved; what is not, it throws, with the reason as a code.
 *
 * A proof says what was true at one sequence. That it is recent is a question of its own: pass `nowMs` and `maxAgeMs`, which are held
 * against the log time of the certificate, or ask for `monotonic` reads, so that a node cannot lead this client back.
 */
export class LightClient {
  readonly #ground: Ground
  readonly #keys: TrustedKeys
  readonly #application: ReadProofs | null
  readonly #random: RandomBytes
  #newest: Statement | null = null
  /** Whether `#newest` is not from before the keys that are believed: a key from the anchor says nothing of when. */
  #isDated = false

  /** @throws LightClientError BAD_ANCHOR */
  constructor(options: LightClientOptions) {
    const { anchor, curve = nobleCurve, random = platformRandom } = options
    this.#ground = readAnchor(anchor)
    this.#keys = new TrustedKeys(this.#ground.networkId, curve)
    if (this.#ground.publicKey !== null) this.#keys.pin(this.#ground.publicKey)
    const application = options.application ?? this.#ground.application
    this.#application = typeof application === 'string' ? readProofsOf(application) : application
    this.#random = random
  }

  /** 64 hexadecimal digits */
  get networkId(): string {
    return toHex(this.#ground.networkId)
  }

  /** The key at the end of the hand-overs: what to pin next time. 96 bytes; null when the anchor has none. */
  get publicKey(): Uint8Array | null {
    return this.#keys.newest
  }

  /** The newest sequence that was verified; 0: none. */
  get sequence(): number {
    return this.#newest?.sequence ?? 0
  }

  /** From now on the new key counts as well, and the old one only for its time. @throws LightClientError */
  followHandover(json: unknown): void {
    const { networkId, value } = decodeHandover(json)
    this.#checkNetwork(networkId)
    this.#keys.follow(value)
  }

  /**
   * The network's key, by the word of the genesis' members: from now on the key is believed. What follows a revocation is learned so
   * too, since a revoked key hands over to nobody. A key from the anchor gives way only to what is shown to be later: by an age, or by
   * a certificate of its own that this client has verified. @throws LightClientError
   */
  adoptKey(json: unknown, demands: Demands = {}): VerifiedKey {
    const { networkId, proof, certificate } = decodeKeyProof(json)
    this.#checkNetwork(networkId)
    const { statement } = certificate.value
    if (!('signatures' in certificate.value))
      throw new LightClientError(
        'WRONG_MEMBERS',
        'a key is the network’s by the word of its members, not of a key',
      )
    const key = activeKeyOf(proof)
    if (key === null || stateRootOfKeyProof(proof, statement.logTimeMs) !== statement.stateRoot)
      throw new LightClientError('NOT_IN_STATE', 'the certified state does not have this key')
    if (this.#keys.wouldEnd(key.publicKey) && !this.#isDated && demands.maxAgeMs === undefined)
      throw new LightClientError(
        'STALE',
        'another key is believed already, and this one may be from before it: ask for an age',
      )
    // One that was the key once is not to be taken for the key of now.
    const verified = this.#verify(certificate, { ...demands, monotonic: true })
    this.#keys.adopt(key.publicKey, key.activatedMs)
    this.#isDated = true
    return { ...key, certificate: verified }
  }

  /** @throws LightClientError */
  verifyCertificate(json: unknown, demands: Demands = {}): VerifiedCertificate {
    return this.#verify(decodeCertificate(json), demands)
  }

  /**
   * Many at once, with two pairings for each key, however many certificates. Fails for all when one is wrong, and says which.
   * @throws LightClientError with `index`
   */
  verifyCertificates(
    json: readonly unknown[],
    demands: Omit<Demands, 'monotonic'> = {},
  ): readonly VerifiedCertificate[] {
    if (json.length > BATCH_MAX)
      throw new LightClientError('MALFORMED', `at most ${BATCH_MAX} certificates at once`)
    const batches = new Map<SignatureVerifier, { readonly index: number; readonly signed: SignedMessage }[]>()
    const certificates: AnyCertificate[] = []
    const verified = json.map((one, index) =>
      located(index, () => {
        const named = decodeCertificate(one)
        this.#checkDemands(named.value.statement, demands)
        certificates.push(named.value)
        const claim = this.#claim(named)
        if (claim !== null) {
          const batch = batches.get(claim.verifier) ?? []
          batches.set(claim.verifier, batch)
          batch.push({ index, signed: claim.signed })
        }
        return describe(named.value)
      }),
    )
    for (const [verifier, batch] of batches) this.#verifyBatch(verifier, batch)
    for (const [index, one] of certificates.entries()) located(index, () => this.#remember(one))
    return verified
  }

  /** @param id of the transaction that was asked for; null: whichever it is @throws LightClientError */
  verifyReceipt(id: string | null, json: unknown, demands: Demands = {}): VerifiedReceipt {
    const { networkId, proof, certificate } = decodeReceiptProof(json)
    this.#checkNetwork(networkId)
    const { receipt } = proof
    if (id !== null && receipt.id !== id.toLowerCase())
      throw new LightClientError('OTHER_SUBJECT', `the receipt is of the transaction ${receipt.id}`)
    const history = historyOfProof(proof)
    const { statement } = certificate.value
    if (
      history === null ||
      history.sequence !== statement.sequence ||
      history.historyDigest !== statement.historyDigest
    )
      throw new LightClientError(
        'NOT_IN_HISTORY',
        'the receipt is not in the history that the certificate is of: this was not executed, or not with this result',
      )
    return {
      id: receipt.id,
      sequence: receipt.sequence,
      logTimeMs: proof.logTimeMs,
      result: { code: receipt.code, data: receipt.data },
      certificate: this.#verify(certificate, demands),
    }
  }

  /** @param key that was asked for; null: whichever it is @throws LightClientError */
  verifyState(key: string | null, json: unknown, demands: Demands = {}): VerifiedState {
    const { networkId, proof, certificate } = decodeStateProof(json)
    this.#checkNetwork(networkId)
    if (key !== null && proof.key !== key)
      throw new LightClientError(
        'OTHER_SUBJECT',
        `the value is that of ${JSON.stringify(proof.key.slice(0, 80))}`,
      )
    if (this.#application === null)
      throw new LightClientError('NO_VERIFIER', 'nobody said how this application proves its answers')
    if (stateRootOfProof(proof) !== certificate.value.statement.stateRoot)
      throw new LightClientError('NOT_IN_STATE', 'the proof is of another state than the certificate')
    if (!this.#application.verify(proof.applicationRoot, proof.key, proof))
      throw new LightClientError(
        'NOT_IN_STATE',
        'the certified state does not have this value under this key',
      )
    return { key: proof.key, value: proof.value, certificate: this.#verify(certificate, demands) }
  }

  /** Cheap checks first, the signature last, and nothing is remembered before it holds. */
  #verify(named: Named<AnyCertificate>, demands: Demands): VerifiedCertificate {
    const { value } = named
    this.#checkDemands(value.statement, demands)
    const claim = this.#claim(named)
    if (claim !== null && !claim.verifier.verify(claim.signed.message, claim.signed.signature))
      throw wrongSignature()
    this.#remember(value)
    return describe(value)
  }

  /** What the key is said to have signed; null when members signed, which is then verified. */
  #claim({ networkId, value }: Named<AnyCertificate>): {
    readonly verifier: SignatureVerifier
    readonly signed: SignedMessage
  } | null {
    this.#checkNetwork(networkId)
    if ('signatures' in value) {
      verifyMembersCertificate(this.#ground, value)
      return null
    }
    const { keyId, statement, signature } = value
    const verifier = this.#keys.verifierAt(keyId, statement.logTimeMs)
    return {
      verifier,
      signed: { message: checkpointMessage(this.#ground.networkId, value, statement), signature },
    }
  }

  /** @param networkId null: the signature covers it, and the claim does not repeat it */
  #checkNetwork(networkId: string | null): void {
    if (networkId === null || networkId === this.networkId) return
    throw new LightClientError(
      'FOREIGN_NETWORK',
      `it is of the network ${networkId}, not of ${this.networkId}`,
    )
  }

  #checkDemands({ sequence, logTimeMs }: Statement, { nowMs, maxAgeMs, monotonic = false }: Demands): void {
    if (maxAgeMs !== undefined) {
      if (nowMs === undefined) throw new TypeError('an age is asked for without the time: nowMs is missing')
      const ageMs = nowMs - logTimeMs
      if (!(ageMs <= maxAgeMs))
        throw new LightClientError(
          'STALE',
          `it was true ${ageMs} ms ago, and at most ${maxAgeMs} ms are asked for`,
        )
      if (-ageMs > maxAgeMs)
        throw new LightClientError(
          'AHEAD_OF_CLOCK',
          `its log time is ${-ageMs} ms ahead of the clock it is held against`,
        )
    }
    if (monotonic && sequence < this.sequence)
      throw new LightClientError(
        'ROLLED_BACK',
        `it is of sequence ${sequence}, and ${this.sequence} was seen before`,
      )
  }

  #remember(certificate: AnyCertificate): void {
    const { statement } = certificate
    const newest = this.#newest
    if (newest?.sequence === statement.sequence && !isSame(newest, statement))
      throw new LightClientError(
        'CONTRADICTION',
        `two statements of sequence ${statement.sequence} are signed`,
      )
    // Log time never goes back. A key that is over cannot reach beyond what others have signed since by saying an old time.
    if (newest !== null && isOutOfOrder(newest, statement))
      throw new LightClientError(
        'CONTRADICTION',
        `sequence ${statement.sequence} is signed with a log time that does not fit that of sequence ${newest.sequence}`,
      )
    if (newest === null || statement.sequence > newest.sequence) this.#newest = statement
    if ('keyId' in certificate) this.#isDated = true
  }

  #verifyBatch(
    verifier: SignatureVerifier,
    batch: readonly { readonly index: number; readonly signed: SignedMessage }[],
  ): void {
    const signed = batch.map(one => one.signed)
    if (verifier.verifyAll(signed, this.#random)) return
    const [first] = batch
    if (batch.length === 1 && first !== undefined) throw wrongSignature(first.index)
    const middle = batch.length >> 1
    this.#verifyBatch(verifier, batch.slice(0, middle))
    this.#verifyBatch(verifier, batch.slice(middle))
  }
}

function describe(certificate: AnyCertificate): VerifiedCertificate {
  const { sequence, logTimeMs, historyDigest, stateRoot, membersHash } = certificate.statement
  const said = { sequence, logTimeMs, historyDigest, stateRoot, membersHash }
  if ('signatures' in certificate) return { by: 'members', ...said, keyId: null, randomness: null }
  const { keyId, signature } = certificate
  return { by: 'key', ...said, keyId: toHex(keyId), randomness: sha256(signature) }
}

/** In all that a signature covers. The members' epoch, which a shared key does not sign, does not count. */
function isSame(a: Statement, b: Statement): boolean {
  return (
    a.historyDigest === b.historyDigest &&
    a.stateRoot === b.stateRoot &&
    a.membersHash === b.membersHash &&
    a.logTimeMs === b.logTimeMs
  )
}

function isOutOfOrder(a: Statement, b: Statement): boolean {
  return a.sequence < b.sequence ? a.logTimeMs > b.logTimeMs : a.logTimeMs < b.logTimeMs
}

function located<T>(index: number, check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (error instanceof LightClientError) throw new LightClientError(error.code, error.message, { index })
    throw error
  }
}

const wrongSignature = (index?: number): LightClientError =>
  new LightClientError(
    'WRONG_SIGNATURE',
    'the network did not sign this certificate',
    index === undefined ? {} : { index },
  )

const platformRandom: RandomBytes = lengthBytes =>
  globalThis.crypto.getRandomValues(new Uint8Array(lengthBytes))
