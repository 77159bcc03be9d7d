import type { Forensics } from '../pbft/forensics.ts'
import { decodeCertificate } from '../wire/convert.ts'
import { SnapshotManifest, StoredView, WireCertificate, WireEntry } from '../wire/pb/messages.ts'
import { decodeOr, isRejection } from '../wire/rejection.ts'
import type { Scope } from '../wire/scope.ts'
import { createEnvelopeReader, type EnvelopeReader } from '../wire/verify.ts'
import { diskNames, numberIn } from './disk-names.ts'
import { decodeEntry, decodePrepared } from './records.ts'

/**
 * What the database of a replica tells of who broke the protocol: what it signed and was shown, commit certificates, certificates, the
 * NEW-VIEWs by which it entered its last views. A disk is trusted as its owner is; whoever searches a stranger's lets `judge` have the last
 * word on what it finds. What cannot be read is passed over.
 */
export class DiskSearch {
  readonly #scope: Scope
  readonly #forensics: Forensics
  readonly #reader: EnvelopeReader

  constructor(scope: Scope, forensics: Forensics) {
    this.#scope = scope
    this.#forensics = forensics
    this.#reader = createEnvelopeReader(scope)
  }

  /** One entry of the database; those that say nothing cost nothing. */
  take(key: string, value: Uint8Array): void {
    const [first = '', second = ''] = key.split('/')
    const kind = first === 'consensus' || first === 'conflict' ? `${first}/${second}` : first
    switch (kind) {
      case 'consensus/own':
      case 'consensus/accepted':
      case 'conflict/envelope':
        return this.#envelope(value)
      case 'consensus/prepared':
        return this.#prepared(key, value)
      case diskNames.view:
      case 'consensus/new-view':
        return this.#newView(value)
      case diskNames.stable:
      case 'conflict/certificate':
        return this.#certificate(decodeOr('certificate', () => WireCertificate.decode(value)))
      case 'manifest': {
        const manifest = decodeOr('manifest', () => SnapshotManifest.decode(value))
        return this.#certificate(isRejection(manifest) ? undefined : manifest.certificate)
      }
      case 'entry':
      case 'conflict/entry':
        return this.#entry(value)
    }
  }

  #envelope(bytes: Uint8Array): void {
    const claimed = this.#reader.begin(bytes)
    const read = isRejection(claimed) ? claimed : this.#reader.read(claimed, 0)
    if (!isRejection(read)) for (const message of read.messages) this.#forensics.add(message)
  }

  #newView(bytes: Uint8Array): void {
    const stored = decodeOr('view', () => StoredView.decode(bytes))
    if (!isRejection(stored) && stored.newView !== undefined) this.#envelope(stored.newView)
  }

  #prepared(key: string, bytes: Uint8Array): void {
    const certificate = decodeOr('prepared', () => decodePrepared(this.#scope, numberIn(key), bytes))
    if (!isRejection(certificate)) this.#forensics.addPrepared(certificate)
  }

  #certificate(
    wire: ReturnType<typeof WireCertificate.decode> | { readonly rejected: true } | undefined,
  ): void {
    if (wire === undefined || 'rejected' in wire) return
    const certificate = decodeCertificate(this.#scope, wire)
    if (certificate !== null) this.#forensics.addCertificate(certificate)
  }

  #entry(bytes: Uint8Array): void {
    const wire = decodeOr('entry', () => WireEntry.decode(bytes))
    const decoded = isRejection(wire) ? null : decodeEntry(this.#scope, wire)
    for (const commit of decoded?.entry.commits ?? []) this.#forensics.add(commit)
  }
}
