/**
 * The JSON of what can be verified without trusting whoever gives it, as the API gives it and as `quorate verify` reads it. Bytes
 * that name something (keys, ids, digests) and signatures of shared keys are hexadecimal, others base64; times are milliseconds
 * since 1970.
 */
import type { CertificateJson } from './api-types.ts'

export type StatementJson = CertificateJson['statement']

/** One signature by the network's key over an executed sequence. */
export interface ThresholdCertificateJson {
  /** Absent means the same. */
  readonly purpose?: 'checkpoint'
  readonly networkId: string
  readonly keyId: string
  /** Of the shares that signed. */
  readonly epoch: number
  readonly statement: StatementJson
  /** 96 hexadecimal digits */
  readonly signature: string
}

/** By the network's key, or, where there is none yet, by a quorum of members each for itself. */
export type AnyCertificateJson = ThresholdCertificateJson | CertificateJson

export interface HandoverJson {
  readonly format: 'quorate-handover/1'
  readonly networkId: string
  readonly oldKeyId: string
  /** 192 hexadecimal digits */
  readonly newKey: string
  readonly epoch: number
  readonly notBeforeMs: number
  readonly oldNotAfterMs: number
  readonly oldSignature: string
  readonly newSignature: string
}

export interface ReceiptProofJson {
  readonly format: 'quorate-receipt/1'
  readonly networkId: string
  readonly receipt: {
    /** Of the transaction. */
    readonly id: string
    readonly sequence: number
    readonly position: number
    /** 0: done. */
    readonly code: number
    /** The application's answer, base64. */
    readonly data: string
  }
  /** Receipts of the sequence. */
  readonly count: number
  /** From the receipt to the root over them: digests. */
  readonly path: readonly string[]
  /** The chain of history before the sequence. */
  readonly historyBefore: string
  readonly proposalDigest: string
  readonly logTimeMs: number
  /** The sequences after it, up to the certified one. */
  readonly links: readonly {
    readonly proposalDigest: string
    readonly receiptsRoot: string
    readonly logTimeMs: number
  }[]
  readonly certificate: AnyCertificateJson
}

export interface StateProofJson {
  readonly format: 'quorate-state/1'
  readonly networkId: string
  readonly key: string
  /** base64, or null: there is none */
  readonly value: string | null
  /** The application's own proof, base64. */
  readonly proof: string
  readonly applicationRoot: string
  readonly systemRoot: string
  readonly certificate: AnyCertificateJson
}

/** That a key is the network's, for who has the genesis: its members vouch for the state that says so. */
export interface KeyProofJson {
  readonly format: 'quorate-key/1'
  readonly networkId: string
  readonly applicationRoot: string
  /** Of the transaction window, as the system root has them. */
  readonly floorMs: number
  readonly firstSequence: number
  /** The first part of the keys' encoding, base64. */
  readonly part: string
  /** SHA-256 of the other parts. */
  readonly otherHashes: readonly string[]
  readonly certificate: AnyCertificateJson
}

/** What `quorate verify` reads, alone or in a list. */
export type ProofJson = ReceiptProofJson | StateProofJson | KeyProofJson | HandoverJson | AnyCertificateJson
