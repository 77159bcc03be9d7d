/** Answers of the API as values: bytes instead of base64. */
import type { Result, TransactionId } from '../application/contract.ts'
import { badAnswer } from './answers.ts'
import type { CertificateJson, StateJson, TransactionStatusJson } from './api-types.ts'
import { fromBase64 } from './base64.ts'

export type TransactionReply =
  /** On disk at the node. `timedOut`: the commit was waited for, in vain so far; `message` says why. */
  | {
      readonly state: 'accepted'
      readonly id: TransactionId
      readonly timedOut: boolean
      readonly message: string | null
    }
  | {
      readonly state: 'committed'
      readonly id: TransactionId
      readonly sequence: number
      readonly position: number
      readonly logTimeMs: number
      readonly result: Result
    }
  /** It will never be executed; submit a new one. */
  | { readonly state: 'expired'; readonly id: TransactionId }

/** A value of the state. The proof leads to `applicationRoot`; nothing is verified yet. */
export interface StateReply {
  readonly key: string
  readonly value: Uint8Array | null
  readonly proof: Uint8Array
  readonly sequence: number
  readonly applicationRoot: string
  readonly certificate: CertificateJson | null
}

/** @param json as its shape says @throws QuorateClientError BAD_ANSWER */
export function replyOf(json: TransactionStatusJson): TransactionReply {
  const { id, state } = json
  if (state === 'expired') return { state, id }
  if (state === 'accepted')
    return { state, id, timedOut: json.timedOut === true, message: json.message ?? null }
  const { sequence, position, logTimeMs, result } = json
  const data = bytesOf(result.data, 'result.data')
  return { state, id, sequence, position, logTimeMs, result: { code: result.code, data } }
}

/** @param json as its shape says @throws QuorateClientError BAD_ANSWER */
export function stateReplyOf(json: StateJson): StateReply {
  const { key, value, proof, sequence, applicationRoot, certificate } = json
  return {
    key,
    value: value === null ? null : bytesOf(value, 'value'),
    proof: bytesOf(proof, 'proof'),
    sequence,
    applicationRoot,
    certificate,
  }
}

function bytesOf(text: string, name: string): Uint8Array {
  const bytes = fromBase64(text)
  if (bytes === undefined) throw badAnswer(`answer.${name} is not padded base64`)
  return bytes
}
