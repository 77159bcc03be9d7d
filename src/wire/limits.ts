import { faultyMax, quorum } from '../pbft/quorum.ts'

/** Every bound on what a peer may send, in one place. A message beyond one is refused before it is parsed any further. */

/** One envelope with its attachments, on the topic `consensus`: a NEW-VIEW of many members is the largest. */
export const ENVELOPE_BYTES_MAX = 3_000_000
/**
 * The body of an envelope that holds a PRE-PREPARE, PREPARE or COMMIT. Certificates carry such envelopes whole, so this times the
 * log window is what a liar can add to a VIEW-CHANGE, and it must fit.
 */
export const VOTES_BODY_BYTES_MAX = 4_096
/** Signed messages that one envelope may bring along. */
export const ATTACHMENTS_MAX = 2_048
/** Messages in one envelope: a full window of votes of two kinds, and a few others. */
export const ENVELOPE_MESSAGES_MAX = 2_048
/** One proposal fits into the body of an envelope of votes. */
export const PROPOSAL_BATCHES_MAX = 96
/** Prepared certificates in one VIEW-CHANGE, and proposals in one NEW-VIEW: no log window is larger. */
export const VIEW_CHANGE_SLOTS_MAX = 1_024
/** Added to a genesis' batch size: encoding around the transactions. */
export const BATCH_OVERHEAD_BYTES = 4_096
/** Fields around an operation in a batch. */
export const TRANSACTION_OVERHEAD_BYTES = 160
/** An operation of a system transaction, whatever a genesis allows clients: a dealing among the most members has 14,600 bytes. */
export const SYSTEM_OPERATION_BYTES_MAX = 32_768
/** One member's part of a signature by the network's key, on the topic `certificate`. */
export const PARTIAL_BYTES_MAX = 512
/** How far a primary's clock may be from ours. */
export const LOG_TIME_SKEW_MAX_MS = 10_000

/** Digests asked for in one request, bodies in one answer. */
export const BATCH_REQUEST_DIGESTS_MAX = 16
/** Entries in one answer, and their bytes; the first entry is always given. */
export const ENTRIES_ANSWER_MAX = 256
export const ENTRIES_ANSWER_BYTES_MAX = 2_000_000
/** Transactions that an observer hands on in one request. */
export const TRANSACTIONS_REQUEST_MAX = 1_000

/** Of the envelope of a NEW-VIEW, what its proofs may take; the rest is for VIEW-CHANGEs, certificates and encoding. */
const PROOFS_BYTES_MAX = ENVELOPE_BYTES_MAX - 200_000
/** An envelope of votes as a correct member writes it when it has no more to say. */
const VOTE_BYTES = 300

/**
 * The largest log window for n members: in the worst case a NEW-VIEW proves every sequence of the window, by a proposal and q-1
 * prepares in envelopes of their own, and the faulty members have stuffed theirs.
 */
export function logWindowMax(n: number): number {
  const stuffed = (faultyMax(n) + 1) * (VOTES_BODY_BYTES_MAX + VOTE_BYTES)
  return Math.floor(PROOFS_BYTES_MAX / (stuffed + quorum(n) * VOTE_BYTES))
}
