import type { Sizes } from '../lib/sizes.ts'
import { decodeCount, decodeThresholdCertificate, encodeThresholdCertificate } from '../wire/convert.ts'
import { CertificateRequest, WireThresholdCertificate } from '../wire/pb/messages.ts'
import { decodeOr, isRejection } from '../wire/rejection.ts'
import type { ThresholdCertificate } from '../wire/statement.ts'
import { below, diskNames, numberIn, under } from './disk-names.ts'
import type { StorageError, Store } from './ports.ts'
import { damaged } from './records.ts'

/**
 * Certificates by the network's key, on disk, each of them checked before it came here; and which sequences have one. Written without
 * a sync: what is lost is made again, or asked for. They go with the history that they certify; the latest stays.
 */
const PAGE = 512
/** Certificates that are kept, however long the history is; the oldest go. */
const CERTIFICATES_MAX = 65_536

/** Certificates that are here. */
export interface KnownCertificates {
  readonly latest: ThresholdCertificate | null
  /** The first at or above a sequence. */
  covering(sequence: number): ThresholdCertificate | null
}

export const NO_CERTIFICATES: KnownCertificates = { latest: null, covering: () => null }

export class Certificates implements KnownCertificates {
  readonly #store: Store
  readonly #onFailure: (error: StorageError) => void
  /** Ascending. */
  #sequences: number[] = []
  #latest: ThresholdCertificate | null = null

  constructor(store: Store, onFailure: (error: StorageError) => void) {
    this.#store = store
    this.#onFailure = onFailure
  }

  /** @throws StorageError */
  async load(): Promise<void> {
    const all = under('certificate/')
    for (let gte = all.gte; ; ) {
      const found = await this.#page({ gte, lt: all.lt })
      for (const [key] of found) this.#sequences.push(numberIn(key))
      const last = found.at(-1)
      if (last === undefined || found.length < PAGE) break
      gte = `${last[0]} `
    }
    const latest = this.#sequences.at(-1)
    if (latest !== undefined) this.#latest = this.#read(latest)
  }

  #page(range: { readonly gte: string; readonly lt: string }) {
    return new Promise<readonly (readonly [string, Uint8Array])[]>((resolve, reject) =>
      this.#store.range({ ...range, limit: PAGE }, (error, found) =>
        error === null ? resolve(found) : reject(error),
      ),
    )
  }

  sizes(): Sizes {
    return { kept: this.#sequences.length }
  }

  get latest(): ThresholdCertificate | null {
    return this.#latest
  }

  /** The sequence of the latest; 0: there is none. */
  get latestSequence(): number {
    return this.#sequences.at(-1) ?? 0
  }

  /** The first at or above a sequence. */
  covering(sequence: number): ThresholdCertificate | null {
    const found = this.#sequences[lowerBound(this.#sequences, sequence)]
    if (found === undefined) return null
    return found === this.latestSequence ? this.#latest : this.#read(found)
  }

  /** @param certificate checked, and later than all before */
  add(certificate: ThresholdCertificate): void {
    const { sequence } = certificate.statement
    this.#sequences.push(sequence)
    this.#latest = certificate
    const value = WireThresholdCertificate.encode(encodeThresholdCertificate(certificate))
    this.#store.write(
      [{ type: 'put', key: diskNames.certificate(sequence), value }],
      { sync: false },
      this.#written,
    )
    const oldest = this.#sequences[this.#sequences.length - CERTIFICATES_MAX]
    if (oldest !== undefined) this.prune(oldest)
  }

  /** Of history below this sequence nothing is kept. */
  prune(sequence: number): void {
    const kept = Math.min(lowerBound(this.#sequences, sequence), this.#sequences.length - 1)
    if (kept <= 0) return
    this.#sequences = this.#sequences.slice(kept)
    this.#store.clear(below('certificate/', this.#sequences[0] ?? sequence), this.#written)
  }

  /** Answers a request of a peer; null: malformed, or we have none. */
  serve(bytes: Uint8Array): Uint8Array | null {
    const request = decodeOr('request-malformed', () => CertificateRequest.decode(bytes))
    if (isRejection(request)) return null
    const sequence = decodeCount(request.sequence)
    if (sequence === null) return null
    const found = sequence === 0 ? this.#latest : this.covering(sequence)
    return found === null ? null : WireThresholdCertificate.encode(encodeThresholdCertificate(found))
  }

  #read(sequence: number): ThresholdCertificate {
    const value = this.#store.get(diskNames.certificate(sequence))
    const certificate = value === undefined ? null : decodeAnswer(value)
    if (certificate === null) throw damaged(`the certificate ${sequence}`)
    return certificate
  }

  readonly #written = (error: StorageError | null): void => {
    if (error !== null) this.#onFailure(error)
  }
}

/** @returns null when it is malformed; the signature is not checked */
export function decodeAnswer(bytes: Uint8Array): ThresholdCertificate | null {
  const wire = decodeOr('certificate-malformed', () => WireThresholdCertificate.decode(bytes))
  return isRejection(wire) ? null : decodeThresholdCertificate(wire)
}

/** The place of the first that is not below `value`; the length when all are. */
function lowerBound(ascending: readonly number[], value: number): number {
  let [low, high] = [0, ascending.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ascending[middle] ?? value) < value) low = middle + 1
    else high = middle
  }
  return low
}
