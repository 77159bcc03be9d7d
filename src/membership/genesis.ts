import { sha256 } from '../crypto/hash.ts'
import { compareBytes, concatBytes, fromHex, utf8 } from '../lib/bytes.ts'

/**
 * What all members of a network agree on before it starts. The network id is the SHA-256 of its canonical form, and every
 * signed statement names it, so that two networks can never be confused.
 */
export interface Genesis {
  readonly format: 'quorate-genesis/1'
  readonly name: string
  /** Milliseconds since 1970; log time starts here. */
  readonly createdMs: number
  readonly members: readonly GenesisMember[]
  readonly application: { readonly module: string; readonly options: unknown }
  readonly protocol: ProtocolParameters
  /** Without it the members make no key together. */
  readonly threshold?: ThresholdParameters
}

export interface GenesisMember {
  readonly name: string
  /** Ed25519, 64 lowercase hexadecimal digits. */
  readonly publicKey: string
}

/** Numbers that every replica must share, because results or verdicts depend on them. */
export interface ProtocolParameters {
  /** K */
  readonly checkpointInterval: number
  /** L, at least 2K */
  readonly logWindow: number
  /** Age in log time after which a transaction is refused, and up to which its reply is kept. */
  readonly transactionWindowMs: number
  /** Receipts kept for replies at most; beyond, the window shortens. */
  readonly transactionWindowMax: number
  readonly operationBytesMax: number
  readonly batchBytesMax: number
  readonly batchTransactionsMax: number
  /** Expected scrypt evaluations that a peer must spend to be heard. */
  readonly admissionEffort: number
}

export const DEFAULT_PROTOCOL: ProtocolParameters = {
  checkpointInterval: 128,
  logWindow: 256,
  transactionWindowMs: 600_000,
  transactionWindowMax: 1_000_000,
  operationBytesMax: 65_536,
  batchBytesMax: 524_288,
  batchTransactionsMax: 2_000,
  admissionEffort: 16,
}

/** How the members' shared key comes to be and changes. Milliseconds of log time. */
export interface ThresholdParameters {
  /** How long a key, or a sharing of it, is still served after the next one counts. */
  readonly transitionMs: number
  /** Age at which the shares of a key are dealt again. */
  readonly refreshMs: number
  /**
   * How long a phase of a ceremony waits for all before enough of them will do; after ten times as long the ceremony has failed. More than
   * twice as long as a primary's clock may be off, or a faulty one that was behind goes ahead and ends the phase at will; and what is more
   * has to do for some changes of the view, or it leaves out members that it does not hear.
   */
  readonly deadlineMs: number
  /** How long members that have not confirmed their shares may still complain. */
  readonly graceMs: number
}

export const DEFAULT_THRESHOLD: ThresholdParameters = {
  transitionMs: 86_400_000,
  refreshMs: 2_592_000_000,
  deadlineMs: 60_000,
  graceMs: 60_000,
}

/** JSON with sorted keys and no white space: one text for one value. Numbers in a genesis are safe integers. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`
}

/** @returns 32 bytes */
export function networkIdOf(genesis: Genesis): Uint8Array {
  return sha256(utf8(`QUORATE/genesis/v1${canonicalJson(genesis)}`))
}

/**
 * The members in the order that gives each its replica id: by SHA-256 of beacon and key, so that nobody can choose a key
 * for its place. The beacon of epoch 0 is the network id.
 */
export function orderedMembers(genesis: Genesis): readonly (GenesisMember & { readonly key: Uint8Array })[] {
  const beacon = networkIdOf(genesis)
  const placed = genesis.members.map(member => {
    const key = fromHex(member.publicKey)
    return { ...member, key, place: sha256(concatBytes(beacon, key)) }
  })
  placed.sort((a, b) => compareBytes(a.place, b.place))
  return placed.map(({ name, publicKey, key }) => ({ name, publicKey, key }))
}

/** Binds a statement to the members that may certify it. @returns 32 bytes */
export function membersHashOf(members: readonly { readonly key: Uint8Array }[]): Uint8Array {
  return sha256(concatBytes(utf8('QUORATE/members/v1'), ...members.map(member => member.key)))
}
