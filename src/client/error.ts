import type { ErrorJson } from './api-types.ts'

/**
 * Every failure of the SDK. `code` is the node's own code (TRANSACTION_UNKNOWN, OVERLOADED, …) or one of the client's:
 * UNREACHABLE (no connection), CONNECTION_LOST (it broke while answering), TIMED_OUT (no answer in time), BAD_ANSWER (not
 * the API of quorate), ABORTED (by the caller's signal), CLOSED (by the caller).
 */
export class QuorateClientError extends Error {
  override readonly name = 'QuorateClientError'
  readonly code: string
  /** HTTP status; undefined when no answer came. */
  readonly status: number | undefined
  /** The transaction that it is about. */
  readonly transactionId: string | undefined

  constructor(
    error: ErrorJson,
    details: { readonly status?: number; readonly transactionId?: string; readonly cause?: unknown } = {},
  ) {
    super(error.message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = error.code
    this.status = details.status
    this.transactionId = details.transactionId
  }
}
