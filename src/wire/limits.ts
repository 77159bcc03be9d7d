/** Every bound on what a peer may send, in one place. A message beyond one is refused before it is parsed any further. */

/** One envelope with its attachments, on the topic `consensus`: a NEW-VIEW of many members is the largest. */
export const ENVELOPE_BYTES_MAX = 1_500_000
/** Signed messages that one envelope may bring along. */
export const ATTACHMENTS_MAX = 2_048
/** Messages in one envelope: a full window of votes of two kinds, and a few others. */
export const ENVELOPE_MESSAGES_MAX = 2_048
export const PROPOSAL_BATCHES_MAX = 256
/** Added to a genesis' batch size: encoding around the transactions. */
export const BATCH_OVERHEAD_BYTES = 4_096
/** Fields around an operation in a batch. */
export const TRANSACTION_OVERHEAD_BYTES = 160
/** How far a primary's clock may be from ours. */
export const LOG_TIME_SKEW_MAX_MS = 10_000

/** Digests asked for in one request, bodies in one answer. */
export const BATCH_REQUEST_DIGESTS_MAX = 16
/** Entries in one answer, and their bytes; the first entry is always given. */
export const ENTRIES_ANSWER_MAX = 256
export const ENTRIES_ANSWER_BYTES_MAX = 2_000_000
/** Transactions that an observer hands on in one request. */
export const TRANSACTIONS_REQUEST_MAX = 1_000
