import type { Application, Refusal, TransactionId } from '../application/contract.ts'
import {
  type AnyCertificate,
  activeKeyOf,
  type KeyProof,
  proveKey,
  type ReceiptProof,
} from '../membership/proof.ts'
import type { ReplicatedState } from '../membership/replicated-state.ts'
import type { Store } from '../runtime/ports.ts'
import { type CertificateSource, type CertifiedRead, CertifiedReads } from './certified-reads.ts'
import { ReceiptProver } from './receipt-prover.ts'

/**
 * What the node shows to somebody who does not trust it: receipts and reads, each with a certificate and the way from one to the other.
 */
export interface CertifiedReceipt {
  readonly proof: ReceiptProof
  readonly certificate: AnyCertificate
}

export interface CertifiedKey {
  readonly proof: KeyProof
  readonly certificate: AnyCertificate
}

/** Who shall vouch: the network's key, or its members, each for itself. */
export type Voucher = 'key' | 'members'

export interface NodeProofs {
  /** 32 bytes */
  readonly networkId: Uint8Array
  /** @param by null: the key, where there is one */
  receipt(id: TransactionId, by: Voucher | null): CertifiedReceipt | Refusal
  /** A value as it was at the last certified sequence. @param by null: the key, where there is one */
  state(key: string, by: Voucher | null): CertifiedRead | Refusal
  /** That the network's key is its key: the members vouch. */
  key(): CertifiedKey | Refusal
}

export interface ProofsComponents {
  /** 32 bytes */
  readonly networkId: Uint8Array
  readonly application: Pick<Application, 'query'>
  readonly state: ReplicatedState
  readonly store: Store
  readonly sources: Readonly<Record<Voucher, CertificateSource>>
}

const UNKNOWN: Refusal = {
  code: 'TRANSACTION_UNKNOWN',
  message: 'This node has not executed the transaction, or its receipt is no longer in history here.',
}
const NOT_CERTIFIED: Refusal = {
  code: 'NOT_CERTIFIED',
  message: 'It is executed, and nothing is certified since; ask again in a moment.',
}

const NO_KEY: Refusal = {
  code: 'NO_SHARED_KEY',
  message: 'The members of this network have no key together, or none yet.',
}

export class Proofs implements NodeProofs {
  readonly networkId: Uint8Array
  readonly #components: ProofsComponents
  readonly #prover: ReceiptProver
  readonly #reads: Readonly<Record<Voucher, CertifiedReads>>
  /** False: the application keeps no former state readable. */
  #keepsViews = true

  constructor(components: ProofsComponents) {
    const { networkId, application, state, sources } = components
    this.networkId = networkId
    this.#components = components
    this.#prover = new ReceiptProver(components)
    this.#reads = {
      key: new CertifiedReads({ application, state, source: sources.key }),
      members: new CertifiedReads({ application, state, source: sources.members }),
    }
  }

  /** A sequence was executed at which members make a checkpoint. */
  onCheckpoint(): void {
    if (!this.#keepsViews) return
    const view = this.#components.state.view()
    if (view.query === undefined) this.#keepsViews = false
    else for (const by of this.#inUse()) this.#reads[by].onCheckpoint(view)
  }

  onInstalled(): void {
    this.#reads.key.onInstalled()
    this.#reads.members.onInstalled()
  }

  receipt(id: TransactionId, by: Voucher | null): CertifiedReceipt | Refusal {
    const at = this.#prover.sequenceOf(id)
    if (at === null) return UNKNOWN
    const certificate = this.#components.sources[by ?? this.#voucher()].covering(at)
    if (certificate === null) return NOT_CERTIFIED
    const { sequence } = certificate.statement
    // One may be here before what it certifies is executed.
    if (sequence > this.#components.state.sequence) return NOT_CERTIFIED
    const proof = this.#prover.prove(id, at, sequence)
    return 'code' in proof ? proof : { proof, certificate }
  }

  state(key: string, by: Voucher | null): CertifiedRead | Refusal {
    return this.#reads[by ?? this.#voucher()].read(key)
  }

  key(): CertifiedKey | Refusal {
    const certified = this.#reads.members.view()
    if ('code' in certified) return certified
    const { view, certificate } = certified
    const { floorMs, firstSequence, keyParts } = view.system
    if (keyParts === null) return NO_KEY
    const proof = proveKey({ applicationRoot: view.applicationRoot, floorMs, firstSequence }, keyParts)
    return activeKeyOf(proof) === null ? NO_KEY : { proof, certificate }
  }

  #voucher(): Voucher {
    return this.#components.sources.key.latest() === null ? 'members' : 'key'
  }

  /** Views for certificates that will not come would only be kept for nothing. */
  #inUse(): readonly Voucher[] {
    return this.#components.state.keys.active === null ? ['members'] : ['key', 'members']
  }
}
