import type { Proposal, Verified } from '../pbft/types.ts'
import { LOG_TIME_SKEW_MAX_MS } from '../wire/limits.ts'
import { isRejection, type Rejection } from '../wire/rejection.ts'
import type { Scope } from '../wire/scope.ts'
import {
  type ClaimedEnvelope,
  createEnvelopeReader,
  type EnvelopeReader,
  type ReadEnvelope,
} from '../wire/verify.ts'

/**
 * The production reader, asked once for each envelope instead of once for each member that it reaches: in one process all of them
 * are handed the same array. What was read is thrown away with the array.
 */
export interface SharedReader extends EnvelopeReader {
  /** What it says, whatever time it is for whoever asks. */
  said(bytes: Uint8Array): ReadEnvelope | Rejection
}

export function createSharedReader(scope: Scope): SharedReader {
  const reader = createEnvelopeReader(scope)
  const begun = new WeakMap<Uint8Array, ClaimedEnvelope | Rejection>()
  const read = new WeakMap<ClaimedEnvelope['begun'], { said: ReadEnvelope | Rejection; nowMs: number }>()
  const shared: SharedReader = {
    begin(bytes) {
      let claimed = begun.get(bytes)
      if (claimed === undefined) {
        claimed = reader.begin(bytes)
        begun.set(bytes, claimed)
      }
      return claimed
    },
    read(claimed, nowMs) {
      const known = read.get(claimed.begun)
      if (known !== undefined && isSameAt(known.said, known.nowMs, nowMs)) return known.said
      const said = reader.read(claimed, nowMs)
      read.set(claimed.begun, { said, nowMs })
      return said
    },
    said(bytes) {
      const claimed = shared.begin(bytes)
      if (isRejection(claimed)) return claimed
      return read.get(claimed.begun)?.said ?? shared.read(claimed, 0)
    },
  }
  return shared
}

/** Members differ in one thing that they read: whether a proposal's time is near to their own. */
function isSameAt(said: ReadEnvelope | Rejection, knownMs: number, nowMs: number): boolean {
  if (knownMs === nowMs || isRejection(said)) return true
  const isTimely = ({ logTimeMs }: Proposal, atMs: number): boolean =>
    Math.abs(logTimeMs - atMs) <= LOG_TIME_SKEW_MAX_MS
  return said.messages.every(({ message }: Verified) => {
    if (message.type !== 'pre-prepare') return true
    return isTimely(message.proposal, knownMs) === isTimely(message.proposal, nowMs)
  })
}
