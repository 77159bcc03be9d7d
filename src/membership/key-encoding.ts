import { createCeremony } from '../crypto/threshold/ceremony.ts'
import { G2_BYTES } from '../crypto/threshold/public-curve.ts'
import type { PublicSharing } from '../crypto/threshold/signature.ts'
import { assert, present } from '../lib/assert.ts'
import { compareBytes, concatBytes, fromHex, toHex, u32, u64 } from '../lib/bytes.ts'
import { type ReplicaId, replicaId } from '../pbft/types.ts'
import { type Handover, keyIdOf } from '../wire/statement.ts'
import { closePhase, sessionOf, stepOf } from './key-ceremony.ts'
import type { KeyRules } from './key-change.ts'
import { KEYS_VERSION } from './key-parts.ts'
import type {
  CeremonyEntry,
  KeyState,
  RetiredKey,
  RetiringKey,
  RunningCeremony,
  SharedKey,
  Votes,
} from './key-state.ts'
import { decodeSystemOperation, encodeSystemOperation } from './system-operation.ts'

/**
 * The one encoding of the keys' state: fixed fields in order, integers big-endian, lists with their length, members ascending. What the
 * state root commits to, and what a snapshot carries. A ceremony is encoded as what was said in it, and read by saying it again.
 */
const KINDS = ['fresh', 'refresh', 'rotate'] as const
const SIGNATURE_BYTES = 48
/** Stands for a member in the entry of a phase that a deadline closed. */
const NOBODY = 0xffff_ffff

type Parts = Uint8Array[]

export function encodeKeyState(state: KeyState): Uint8Array {
  const parts: Parts = [u32(KEYS_VERSION)]
  list(parts, state.active === null ? [] : [state.active], key => parts.push(...sharedKey(key)))
  list(parts, state.retiring, key => {
    const { lastSequence, retiresMs, retiresSequence } = key
    parts.push(...sharedKey(key), u64(lastSequence), u64(retiresMs), u64(retiresSequence))
  })
  list(parts, state.retired, key => {
    parts.push(...sharedKey(key), u64(key.lastSequence), u32(key.isRevoked ? 1 : 0))
  })
  parts.push(u64(state.nextEpoch), u32(state.nextAttempt))
  list(parts, state.handovers, handover => parts.push(...handoverParts(handover)))
  votesParts(parts, state.rotationVotes)
  const revokeVotes = [...state.revokeVotes].map(([name, voters]) => [fromHex(name), voters] as const)
  revokeVotes.sort(([a], [b]) => compareBytes(a, b))
  list(parts, revokeVotes, ([keyId, voters]) => {
    parts.push(keyId)
    votesParts(parts, voters)
  })
  list(parts, state.lastStartMs === null ? [] : [state.lastStartMs], ms => parts.push(u64(ms)))
  list(parts, byMember(state.erased), ([epoch, members]) => {
    parts.push(u64(epoch))
    list(parts, ascending(members), member => parts.push(u32(member)))
  })
  list(parts, state.ceremony === null ? [] : [state.ceremony], running => ceremonyParts(parts, running))
  return concatBytes(...parts)
}

function list<T>(parts: Parts, items: readonly T[], encode: (item: T) => void): void {
  parts.push(u32(items.length))
  for (const item of items) encode(item)
}

function byMember<V>(map: ReadonlyMap<number, V>): readonly (readonly [number, V])[] {
  return [...map].sort(([a], [b]) => a - b)
}

function ascending(members: ReadonlySet<number>): readonly number[] {
  return [...members].sort((a, b) => a - b)
}

function votesParts(parts: Parts, votes: Votes): void {
  list(parts, byMember(votes), ([member, askedMs]) => parts.push(u32(member), u64(askedMs)))
}

function sharedKey({ epoch, sharing, activatedSequence, activatedMs }: SharedKey): Parts {
  const { commitments, publicShares } = sharing
  const counts = [u32(commitments.length), u32(publicShares.length)]
  return [u64(epoch), u64(activatedSequence), u64(activatedMs), ...counts, ...commitments, ...publicShares]
}

function handoverParts(handover: Handover): Parts {
  const { oldKeyId, newKey, epoch, notBeforeMs, oldNotAfterMs, oldSignature, newSignature } = handover
  return [oldKeyId, newKey, u64(epoch), u64(notBeforeMs), u64(oldNotAfterMs), oldSignature, newSignature]
}

function ceremonyParts(parts: Parts, running: RunningCeremony): void {
  const { kind, attempt, startSequence, startMs, phaseSinceMs, notBeforeMs, newSignature } = running
  parts.push(u32(KINDS.indexOf(kind)), u32(attempt), u64(startSequence), u64(startMs), u64(phaseSinceMs))
  list(parts, notBeforeMs === null ? [] : [notBeforeMs], ms => parts.push(u64(ms)))
  list(parts, newSignature === null ? [] : [newSignature], signature => parts.push(signature))
  list(parts, byMember(running.refusals), ([member, count]) => parts.push(u32(member), u32(count)))
  list(parts, running.entries, entry => {
    if (entry.type === 'closed') parts.push(u32(NOBODY))
    else {
      const operation = encodeSystemOperation(entry.operation)
      parts.push(u32(entry.member), u32(operation.length), operation)
    }
  })
}

/** @param bytes that a certificate covers, or our own disk gave @returns null for anything but the encoding of a state */
export function decodeKeyState(rules: KeyRules, bytes: Uint8Array): KeyState | null {
  const reader = createReader(bytes)
  if (reader.u32() !== KEYS_VERSION) return null
  const active = reader.list(() => readSharedKey(reader))[0] ?? null
  const retiring = reader.list((): RetiringKey => {
    const key = readSharedKey(reader)
    return { ...key, lastSequence: reader.u64(), retiresMs: reader.u64(), retiresSequence: reader.u64() }
  })
  const retired = reader.list((): RetiredKey => {
    const key = readSharedKey(reader)
    return { ...key, lastSequence: reader.u64(), isRevoked: reader.u32() === 1 }
  })
  const nextEpoch = reader.u64()
  const nextAttempt = reader.u32()
  const handovers = reader.list(() => readHandover(reader))
  const readVotes = () => new Map(reader.list(() => [reader.member(), reader.u64()] as const))
  const readMembers = () => new Set(reader.list(reader.member))
  const rotationVotes = readVotes()
  const revokeVotes = new Map(reader.list(() => [toHex(reader.take(32)), readVotes()] as const))
  const lastStartMs = reader.list(reader.u64)[0] ?? null
  const erased = new Map(reader.list(() => [reader.u64(), readMembers()] as const))
  const old = active?.sharing ?? null
  const ceremony = reader.list(() => readCeremony(rules, reader, nextEpoch, old))[0] ?? null
  if (!reader.isExhausted()) return null
  const keys = { active, retiring, retired, nextEpoch, nextAttempt, handovers }
  return { ...keys, rotationVotes, revokeVotes, lastStartMs, erased, ceremony }
}

function readSharedKey(reader: Reader): SharedKey {
  const epoch = reader.u64()
  const activatedSequence = reader.u64()
  const activatedMs = reader.u64()
  const threshold = reader.count(G2_BYTES)
  const members = reader.count(G2_BYTES)
  const commitments = Array.from({ length: threshold }, () => reader.take(G2_BYTES))
  const publicShares = Array.from({ length: members }, () => reader.take(G2_BYTES))
  const publicKey = commitments[0] ?? new Uint8Array(G2_BYTES)
  const sharing: PublicSharing = { threshold, commitments, publicKey, publicShares }
  return { keyId: keyIdOf(publicKey), epoch, sharing, activatedSequence, activatedMs }
}

function readHandover(reader: Reader): Handover {
  const oldKeyId = reader.take(32)
  const newKey = reader.take(G2_BYTES)
  const times = { epoch: reader.u64(), notBeforeMs: reader.u64(), oldNotAfterMs: reader.u64() }
  const signatures = {
    oldSignature: reader.take(SIGNATURE_BYTES),
    newSignature: reader.take(SIGNATURE_BYTES),
  }
  return { oldKeyId, newKey, newKeyId: keyIdOf(newKey), ...times, ...signatures }
}

function readCeremony(
  rules: KeyRules,
  reader: Reader,
  epoch: number,
  active: PublicSharing | null,
): RunningCeremony {
  const kind = KINDS[reader.u32()] ?? 'fresh'
  const attempt = reader.u32()
  const startSequence = reader.u64()
  const startMs = reader.u64()
  const phaseSinceMs = reader.u64()
  const notBeforeMs = reader.list(reader.u64)[0] ?? null
  const newSignature = reader.list(() => reader.take(SIGNATURE_BYTES))[0] ?? null
  const refusals = new Map(reader.list(() => [reader.member(), reader.u32()] as const))
  const entries = reader.list(() => readEntry(reader))
  const session = sessionOf(rules, {
    epoch,
    attempt,
    startSequence,
    old: kind === 'refresh' ? present(active, 'the key that is dealt again') : null,
  })
  const ceremony = entries.reduce(
    (before, entry) =>
      entry.type === 'closed'
        ? closePhase(rules.curve, before)
        : stepOf(rules.curve, before, entry.member, entry.operation).ceremony,
    createCeremony(session),
  )
  const isReady = notBeforeMs !== null
  const times = { startSequence, startMs, phaseSinceMs, notBeforeMs }
  return { ceremony, kind, attempt, ...times, isReady, newSignature, refusals, entries }
}

function readEntry(reader: Reader): CeremonyEntry {
  const member = reader.u32()
  if (member === NOBODY) return { type: 'closed' }
  const operation = decodeSystemOperation(reader.take(reader.count(1)))
  const isSaid = operation?.type === 'register' || operation?.type === 'deal' || operation?.type === 'confirm'
  assert(isSaid, 'a ceremony consists of what was said in it')
  return { type: 'said', member: replicaId(member), operation }
}

interface Reader {
  take(length: number): Uint8Array
  u32(this: void): number
  u64(this: void): number
  member(this: void): ReplicaId
  /** Of things that have so many bytes each, and must be there. */
  count(bytesEach: number): number
  list<T>(item: () => T): readonly T[]
  isExhausted(): boolean
}

/** Past the end it goes on with zeros, and is never exhausted any more. */
function createReader(bytes: Uint8Array): Reader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let offset = 0
  function take(length: number): Uint8Array {
    const taken = bytes.slice(offset, offset + length)
    offset += length
    return taken.length === length ? taken : new Uint8Array(length)
  }
  const number = (length: number): number => {
    const at = offset
    offset += length
    if (offset > bytes.length) return 0
    return length === 4 ? view.getUint32(at) : view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4)
  }
  const count = (bytesEach: number): number => {
    const announced = number(4)
    if (offset + announced * bytesEach <= bytes.length) return announced
    offset = Number.POSITIVE_INFINITY
    return 0
  }
  return {
    take,
    u32: () => number(4),
    u64: () => number(8),
    member: () => replicaId(number(4)),
    count,
    list: item => Array.from({ length: count(4) }, item),
    isExhausted: () => offset === bytes.length,
  }
}
