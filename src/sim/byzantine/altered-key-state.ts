import { sha256 } from '../../crypto/hash.ts'
import { drawPolynomial, drawScalar, evaluatePolynomial } from '../../crypto/threshold/scalar.ts'
import { publicKeyOf } from '../../crypto/threshold/secret.ts'
import type { PublicSharing } from '../../crypto/threshold/signature.ts'
import { BoundedMap } from '../../lib/bounded-map.ts'
import { encodeKeyState } from '../../membership/key-encoding.ts'
import { keyPartsOf } from '../../membership/key-parts.ts'
import { EMPTY_KEY_STATE, type KeyState, type SharedKey } from '../../membership/key-state.ts'
import { quorum } from '../../pbft/quorum.ts'
import type { ReplicaRuntime } from '../../runtime/replica-runtime.ts'
import { SNAPSHOT_PARTS } from '../../runtime/service.ts'
import { plain } from '../../wire/convert.ts'
import { SnapshotManifest, SnapshotRequest } from '../../wire/pb/messages.ts'
import { decodeOr, isRejection } from '../../wire/rejection.ts'
import { keyIdOf } from '../../wire/statement.ts'
import { createRandomBytes } from '../keyring.ts'
import type { Behaviour, Lair } from './behaviour.ts'

/** Snapshots of which it remembers what it told. */
const TOLD_MAX = 16
const FITTING_SHARE = 0.5
const LATER_MS = 1_000_000

type Lie = (keys: KeyState) => KeyState | null

/**
 * Hands out snapshots with another state of the network's keys: a key of its own, none, another epoch, votes and hand-overs that nobody
 * ordered, a ceremony in which less was said. It is always the encoding of a state, and often the manifest names these very parts. Aims
 * at whoever comes back by a snapshot: a state of keys has to be the one under the certified root.
 */
export function createAlteredKeyState(lair: Lair): Behaviour {
  const { prng } = lair
  const lies = createLies(lair)
  const told = new BoundedMap<number, readonly Uint8Array[]>(TOLD_MAX)
  let runtime: ReplicaRuntime | null = null

  /** Of one snapshot always the same, so that all who are told of it are told one thing. */
  function partsAt(sequence: number, { keys }: ReplicaRuntime): readonly Uint8Array[] {
    const known = told.get(sequence)
    if (known !== undefined) return known
    const possible = Object.entries(lies).flatMap(([name, lie]) => {
      const altered = lie(keys)
      return altered === null ? [] : [[name, altered] as const]
    })
    const [name, altered] = prng.pick(possible)
    lair.did(name)
    const parts = keyPartsOf(encodeKeyState(altered))
    told.set(sequence, parts)
    return parts
  }

  function altered(request: Uint8Array, answer: Uint8Array, liar: ReplicaRuntime): Uint8Array {
    const { sequence, part, index } = SnapshotRequest.decode(request)
    if (part === SNAPSHOT_PARTS.keys) return partsAt(sequence, liar)[index] ?? answer
    if (part !== SNAPSHOT_PARTS.manifest || !prng.chance(FITTING_SHARE)) return answer
    lair.did('a manifest that fits')
    const keyParts = partsAt(sequence, liar).map(one => plain(sha256(one)))
    return SnapshotManifest.encode({ ...SnapshotManifest.decode(answer), keyParts })
  }

  return {
    begin(begun) {
      runtime = begun
    },
    answer(protocol, request, answer) {
      const liar = runtime
      if (protocol !== 'snapshot' || answer === null || liar === null) return answer
      const lie = decodeOr('answer-malformed', () => altered(request, answer, liar))
      return isRejection(lie) ? answer : lie
    },
  }
}

function createLies(lair: Lair): Readonly<Record<string, Lie>> {
  const { self, others, prng } = lair
  const members = [self, ...others]
  const everybody = (keys: KeyState): ReadonlyMap<(typeof members)[number], number> =>
    new Map(members.map(member => [member, keys.active?.activatedMs ?? 0]))
  let sharing: PublicSharing | null = null

  function own(keys: KeyState): SharedKey {
    sharing ??= ownSharing(lair)
    const { epoch, activatedSequence, activatedMs } = keys.active ?? {
      epoch: keys.nextEpoch,
      activatedSequence: 1,
      activatedMs: lair.nowMs(),
    }
    return { keyId: keyIdOf(sharing.publicKey), epoch, sharing, activatedSequence, activatedMs }
  }

  return {
    'a key of its own': keys => ({ ...keys, active: own(keys), nextEpoch: Math.max(2, keys.nextEpoch) }),
    'no key': keys => (keys.active === null ? null : EMPTY_KEY_STATE),
    'another epoch': ({ active, ...keys }) =>
      active === null
        ? null
        : { ...keys, active: { ...active, epoch: active.epoch + 1 }, nextEpoch: keys.nextEpoch + 1 },
    'an end that comes later': keys => {
      const { retiring } = keys
      const longer = retiring.map(key => ({ ...key, retiresMs: key.retiresMs + LATER_MS }))
      return retiring.length === 0 ? null : { ...keys, retiring: longer }
    },
    'votes of everybody': keys => ({ ...keys, rotationVotes: everybody(keys) }),
    'erased by everybody': keys => ({
      ...keys,
      erased: new Map([[Math.max(1, keys.nextEpoch - 1), new Set(members)]]),
    }),
    'a hand-over of its own': keys => {
      const { active } = keys
      if (active === null) return null
      const { keyId, sharing: newSharing, epoch } = own(keys)
      const signature = Uint8Array.from({ length: 48 }, () => prng.between(0, 255))
      const newKey = { newKey: newSharing.publicKey, newKeyId: keyId, epoch: epoch + 1 }
      const times = { notBeforeMs: active.activatedMs, oldNotAfterMs: active.activatedMs + LATER_MS }
      const signatures = { oldSignature: signature, newSignature: signature }
      const handover = { oldKeyId: active.keyId, ...newKey, ...times, ...signatures }
      return { ...keys, handovers: [...keys.handovers, handover] }
    },
    'a ceremony in which less was said': keys => {
      const { ceremony } = keys
      if (ceremony === null || ceremony.entries.length === 0) return null
      return { ...keys, ceremony: { ...ceremony, entries: ceremony.entries.slice(0, -1) } }
    },
  }
}

/** A whole sharing whose secret the liar knows. */
function ownSharing({ others, prng }: Lair): PublicSharing {
  const random = createRandomBytes(prng)
  const members = others.length + 1
  const threshold = quorum(members)
  const secret = drawScalar(random)
  const polynomial = drawPolynomial(secret, threshold, random)
  const commitments = polynomial.map(publicKeyOf)
  const publicShares = Array.from({ length: members }, (_, i) =>
    publicKeyOf(evaluatePolynomial(polynomial, i + 1)),
  )
  return { threshold, commitments, publicKey: publicKeyOf(secret), publicShares }
}
