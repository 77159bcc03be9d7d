import { assert } from '../../lib/assert.ts'
import { concatBytes, u32, u64, utf8 } from '../../lib/bytes.ts'
import { sha256 } from '../hash.ts'
import type { PublicSharing } from './signature.ts'

/**
 * One attempt at a shared key: who deals, who receives, and how many will be needed. All that is said in it is bound to its id,
 * which no other attempt has, in this network or in another.
 *
 * A fresh key is dealt by the members that receive it. A key that stays is dealt again by those who hold shares of it ("old"),
 * to the same members or to others.
 */
export interface Session {
  /** 32 bytes */
  readonly id: Uint8Array
  /** Receivers: 1 … members. */
  readonly members: number
  /** Shares that will be needed to sign. */
  readonly threshold: number
  /** Members that may lie or be silent; of the others there are enough to sign. */
  readonly faultyMax: number
  readonly epoch: number
  readonly membersHash: Uint8Array
  /** The sharing that is dealt again; null: the key is fresh. Dealers are 1 … old.publicShares.length. */
  readonly old: PublicSharing | null
}

export interface SessionTerms {
  /** 32 bytes */
  readonly networkId: Uint8Array
  /** Of the shares that are made. */
  readonly epoch: number
  /** From 0; every failure counts it up. */
  readonly attempt: number
  /** Where in the log the session starts. */
  readonly startSequence: number
  /** Coordinates follow the order of the members that this hash is of: the log gives them, nobody chooses his own. 32 bytes */
  readonly membersHash: Uint8Array
  readonly members: number
  readonly threshold: number
  readonly faultyMax: number
  readonly old: { readonly sharing: PublicSharing; readonly membersHash: Uint8Array } | null
}

const TAG = utf8('QUORATE/dkg/v1')
const NOTHING = new Uint8Array(32)
const FRESH = Uint8Array.of(0)
const RESHARE = Uint8Array.of(1)
/** One dealing carries a commitment for each share that is needed and a ciphertext for each member: 18 KB at this size. */
export const MEMBERS_MAX = 128

export function createSession(terms: SessionTerms): Session {
  const { members, threshold, faultyMax, epoch, membersHash, old } = terms
  assert(members >= 1 && members <= MEMBERS_MAX, `${members} members are not from 1 to ${MEMBERS_MAX}`)
  assert(faultyMax >= 0 && threshold > faultyMax, 'the faulty members could sign without anybody else')
  assert(threshold <= members - faultyMax, 'the honest members could not sign without a faulty one')
  const id = sha256(
    concatBytes(
      TAG,
      terms.networkId,
      old === null ? FRESH : RESHARE,
      u64(epoch),
      u32(terms.attempt),
      u32(old?.sharing.threshold ?? 0),
      u32(threshold),
      old?.membersHash ?? NOTHING,
      membersHash,
      old === null ? NOTHING : polynomialHash(old.sharing),
      u64(terms.startSequence),
    ),
  )
  return { id, members, threshold, faultyMax, epoch, membersHash, old: old?.sharing ?? null }
}

export function dealersOf(session: Session): number {
  return session.old?.publicShares.length ?? session.members
}

/** @returns 32 bytes that name the public polynomial */
export function polynomialHash(sharing: PublicSharing): Uint8Array {
  return sha256(concatBytes(...sharing.commitments))
}

/** What a proof of one member is bound to: session id and coordinate, 36 bytes. */
export function memberContext(session: Session, index: number): Uint8Array {
  return concatBytes(session.id, u32(index))
}

/** What is between a dealer and a receiver is bound to: session id and both coordinates, 40 bytes. */
export function pairContext(session: Session, dealer: number, receiver: number): Uint8Array {
  return concatBytes(session.id, u32(dealer), u32(receiver))
}
