import type { Verified } from '../../pbft/types.ts'
import { isRejection } from '../../wire/rejection.ts'
import type { SharedReader } from '../common-reader.ts'

/** What an envelope says, in two parts: what its sender says now, and what it carries of what members said before. */
export interface Said {
  readonly hash: string
  readonly sender: number
  readonly messages: readonly Verified[]
  readonly attached: readonly Verified[]
}

/** @returns why it cannot be read, where it cannot */
export function saidIn(reader: SharedReader, bytes: Uint8Array): Said | string {
  const claimed = reader.begin(bytes)
  if (isRejection(claimed)) return claimed.code
  const said = reader.said(bytes)
  if (isRejection(said)) return said.code
  const { hash } = said
  return {
    hash,
    sender: claimed.sender,
    messages: said.messages.filter(({ proof }) => proof.hash === hash),
    attached: said.messages.filter(({ proof }) => proof.hash !== hash),
  }
}
