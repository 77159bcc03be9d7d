import type { QueryAnswer } from '../application/contract.ts'
import { verifyKeyProof } from '../application/merkle-proof.ts'
import { fromHex, toHex, utf8 } from '../lib/bytes.ts'
import { membersHashOf } from '../membership/genesis.ts'
import { stateRootOf, systemRootOf } from '../membership/replicated-state.ts'
import { quorum } from '../pbft/quorum.ts'
import type { Certificate } from '../pbft/types.ts'
import type { Scope } from '../wire/scope.ts'
import { certificateClaims } from '../wire/statement.ts'
import { isStandInSignature } from './signatures.ts'

/** What a member answers a client, as the interface of a node has it; a client believes none of it for one member's word. */
export type TransactionReply =
  | { readonly type: 'refused'; readonly code: string }
  /** On this member's disk. */
  | { readonly type: 'accepted' }
  | { readonly type: 'executed'; readonly receipt: ReceiptReply }
  | { readonly type: 'unknown' }

export interface ReceiptReply {
  readonly sequence: number
  readonly position: number
  readonly code: number
  readonly data: Uint8Array
}

/** Receipts of one name are the same. */
export function nameOfReceipt({ sequence, position, code, data }: ReceiptReply): string {
  return `${sequence}.${position} code ${code} ${toHex(data)}`
}

/** The value of one key at one sequence. */
export interface StateReply {
  readonly answer: QueryAnswer
  /** 32 bytes */
  readonly applicationRoot: Uint8Array
  /** What the state root commits to besides the application, but for the log time, which the certificate tells. */
  readonly floorMs: number
  readonly firstSequence: number
  readonly keysRoot?: Uint8Array | undefined
  readonly sequence: number
  /** Null where this sequence is not certified. */
  readonly certificate: Certificate | null
}

/**
 * Does a quorum vouch for this value at this sequence? Everything that a client needs for the answer is in the reply, and in what it
 * knows of the members.
 */
export function isProved(scope: Scope, key: string, reply: StateReply): boolean {
  const { answer, applicationRoot, certificate, floorMs, firstSequence, keysRoot, sequence } = reply
  if (certificate === null || !isCertificate(scope, certificate)) return false
  const { statement } = certificate
  if (statement.sequence !== sequence) return false
  const systemRoot = systemRootOf({ logTimeMs: statement.logTimeMs, floorMs, firstSequence, keysRoot })
  if (stateRootOf(applicationRoot, systemRoot) !== statement.stateRoot) return false
  return verifyKeyProof(applicationRoot, utf8(key), answer.value, answer.proof)
}

/** A quorum of different members signed the statement, and it is one of this epoch. */
export function isCertificate(scope: Scope, certificate: Certificate): boolean {
  const { statement, signatures } = certificate
  const signers = new Set(signatures.map(({ replica }) => replica))
  if (signers.size < quorum(scope.memberKeys.length) || signers.size !== signatures.length) return false
  const members = membersHashOf(scope.memberKeys.map(key => ({ key })))
  if (statement.epoch !== scope.epoch || toHex(members) !== statement.membersHash) return false
  const claims = certificateClaims(scope, certificate)
  return claims?.every(isStandInSignature) ?? false
}

/** The bytes of a digest, for those who make up another one. */
export function flipped(hex: string): string {
  const bytes = fromHex(hex)
  bytes[0] = (bytes[0] ?? 0) ^ 1
  return toHex(bytes)
}
