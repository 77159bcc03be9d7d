import { isAcceptablePublicKey, verifySignature } from '../crypto/identity.ts'
import { fromHex, toHex } from '../lib/bytes.ts'
import { type Genesis, membersHashOf, networkIdOf, orderedMembers } from '../membership/genesis.ts'
import { quorum } from '../pbft/quorum.ts'
import type { Certificate } from '../pbft/types.ts'
import { certificateClaims } from '../wire/statement.ts'
import { LightClientError } from './light-client-error.ts'

/**
 * What a light client believes before it is shown anything, and must have from somewhere that it trusts: which network, and its key
 * or its members. Everything else follows.
 */
export type TrustAnchor =
  | {
      /** 32 bytes */
      readonly networkId: Uint8Array
      /** The network's key: 96 bytes. */
      readonly publicKey: Uint8Array
    }
  | {
      /** The genesis file as JSON. Its members vouch for what they executed, each for itself, by a quorum of signatures. */
      readonly genesis: unknown
      /** The network's key, if it is known as well: 96 bytes. */
      readonly publicKey?: Uint8Array
    }

/** The members of a genesis, as signers. */
export interface Members {
  /** Ed25519, by replica id. */
  readonly keys: readonly Uint8Array[]
  readonly membersHash: string
  /** How many of them must have signed. */
  readonly quorum: number
}

export interface Ground {
  /** 32 bytes */
  readonly networkId: Uint8Array
  readonly publicKey: Uint8Array | null
  /** null: the anchor is a key, and says nothing of members. */
  readonly members: Members | null
  /** The application that the genesis names. */
  readonly application: string | null
}

const MEMBERS_MAX = 1_024

/** @throws LightClientError BAD_ANCHOR */
export function readAnchor(anchor: TrustAnchor): Ground {
  const publicKey = anchor.publicKey ?? null
  if (publicKey !== null && publicKey.length !== 96) throw badAnchor('its key is not 96 bytes')
  if ('genesis' in anchor) return { ...readGenesis(anchor.genesis), publicKey }
  if (anchor.networkId.length !== 32) throw badAnchor('its network id is not 32 bytes')
  return { networkId: anchor.networkId, publicKey, members: null, application: null }
}

/** Only what is used is looked at: the file comes from whom the caller trusts, and every byte of it is in the network id. */
function readGenesis(json: unknown): Omit<Ground, 'publicKey'> {
  const genesis = json as Genesis
  if (typeof json !== 'object' || json === null || genesis.format !== 'quorate-genesis/1')
    throw badAnchor('it is not a genesis file of quorate')
  const { members } = genesis
  if (!Array.isArray(members) || members.length === 0 || members.length > MEMBERS_MAX)
    throw badAnchor('its genesis has no members')
  for (const member of members as readonly unknown[]) {
    const key = (member as { publicKey?: unknown } | null)?.publicKey
    if (typeof key !== 'string' || !/^[0-9a-f]{64}$/.test(key) || !isAcceptablePublicKey(fromHex(key)))
      throw badAnchor('a member of its genesis has no public key')
  }
  const ordered = orderedMembers(genesis)
  const application: unknown = (genesis.application as { module?: unknown } | undefined)?.module
  return {
    networkId: networkIdOf(genesis),
    members: {
      keys: ordered.map(({ key }) => key),
      membersHash: toHex(membersHashOf(ordered)),
      quorum: quorum(ordered.length),
    },
    application: typeof application === 'string' ? application : null,
  }
}

/** @throws LightClientError WRONG_MEMBERS, WRONG_SIGNATURE */
export function verifyMembersCertificate({ networkId, members }: Ground, certificate: Certificate): void {
  const { statement, signatures } = certificate
  if (members === null)
    throw new LightClientError(
      'WRONG_MEMBERS',
      'members signed it each for itself, and only a genesis says who they are',
    )
  if (statement.epoch !== 0 || statement.membersHash !== members.membersHash)
    throw new LightClientError('WRONG_MEMBERS', 'it is signed by other members than those of the genesis')
  const signers = new Set(signatures.map(({ replica }) => replica))
  if (signers.size !== signatures.length || signers.size < members.quorum)
    throw new LightClientError(
      'WRONG_MEMBERS',
      `it is signed by ${signers.size} members, and ${members.quorum} are needed`,
    )
  const claims = certificateClaims({ networkId, epoch: 0, memberKeys: members.keys }, certificate)
  if (claims === null)
    throw new LightClientError('WRONG_MEMBERS', 'it is signed by somebody who is no member')
  for (const { publicKey, bytes, signature } of claims) {
    if (!verifySignature(publicKey, bytes, signature))
      throw new LightClientError('WRONG_SIGNATURE', 'a member did not sign this')
  }
}

const badAnchor = (what: string): LightClientError =>
  new LightClientError('BAD_ANCHOR', `the anchor cannot be used: ${what}`)
