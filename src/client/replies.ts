/** Answers of the API as values: bytes instead of base64. */
import type { Result, TransactionId } from '../application/contract.ts'
import type { CertificateJson, StateJson, TransactionStatusJson } from './api-types.ts'
import { fromBase64 } from './base64.ts'
import { QuorateClientError } from './error.ts'

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

/** @throws QuorateClientError BAD_ANSWER */
export function replyOf(json: TransactionStatusJson): TransactionReply {
  const { id, state } = json
  if (typeof id !== 'string') throw badAnswer()
  if (state === 'expired') return { state, id }
  if (state === 'accepted')
    return { state, id, timedOut: json.timedOut === true, message: json.message ?? null }
  if (state !== 'committed') throw badAnswer()
  const { sequence, position, logTimeMs, result } = json
  return {
    state,
    id,
    sequence,
    position,
    logTimeMs,
    result: { code: result.code, data: bytesOf(result.data) },
  }
}

/** @throws QuorateClientError BAD_ANSWER */
export function stateReplyOf(json: StateJson): StateReply {
  const { key, value, proof, sequence, applicationRoot, certificate } = json
  return {
    key,
    value: value === null ? null : bytesOf(value),
    proof: bytesOf(proof),
    sequence,
    applicationRoot,
    certificate,
  }
}

function bytesOf(text: string): Uint8Array {
  const bytes = typeof text === 'string' ? fromBase64(text) : undefined
  if (bytes === undefined) throw badAnswer()
  return bytes
}

export function badAnswer(cause?: unknown): QuorateClientError {
  return new QuorateClientError(
    { code: 'BAD_ANSWER', message: 'The answer is not one of the API of quorate.' },
    { cause },
  )
}
