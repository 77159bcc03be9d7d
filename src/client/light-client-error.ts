/**
 * Why a light client does not believe what it was shown. Whoever showed it lied, is behind, or belongs to another network; the code
 * says which, the message says it in a sentence.
 */
export type LightClientErrorCode =
  /** What the client was made with is no anchor: neither a network id with a key, nor a genesis. */
  | 'BAD_ANCHOR'
  /** Not of the form that the API gives. */
  | 'MALFORMED'
  /** Of another network than the anchor's. */
  | 'FOREIGN_NETWORK'
  /** Signed for something else than an executed sequence. */
  | 'WRONG_PURPOSE'
  /** By a key that the anchor does not lead to; a hand-over may be missing. */
  | 'UNKNOWN_KEY'
  /** The signature is not one of that key over these words. */
  | 'WRONG_SIGNATURE'
  /** By too few of the genesis' members, or by others; or there is no genesis to know them by. */
  | 'WRONG_MEMBERS'
  /** From before the key counted, or after it was to count. */
  | 'OUT_OF_WINDOW'
  /** Two hand-overs by one key, or two statements of one sequence: more members lie than the network bears. */
  | 'CONTRADICTION'
  /** Older than the caller lets pass. */
  | 'STALE'
  /** From further in the future than the caller lets pass. */
  | 'AHEAD_OF_CLOCK'
  /** From before what this client has seen already. */
  | 'ROLLED_BACK'
  /** A true proof, of another transaction or key than was asked for. */
  | 'OTHER_SUBJECT'
  /** The receipt is not in the certified history: this was not executed, or not with this result. */
  | 'NOT_IN_HISTORY'
  /** The value is not what the certified state has. */
  | 'NOT_IN_STATE'
  /** Nobody told the client how the application proves its answers. */
  | 'NO_VERIFIER'

export class LightClientError extends Error {
  override readonly name = 'LightClientError'
  readonly code: LightClientErrorCode
  /** Of several things that were shown at once, which; from 0. */
  readonly index: number | undefined

  constructor(code: LightClientErrorCode, message: string, details: { readonly index?: number } = {}) {
    super(message)
    this.code = code
    this.index = details.index
  }
}
