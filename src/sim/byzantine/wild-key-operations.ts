import type { Ceremony } from '../../crypto/threshold/ceremony.ts'
import { register } from '../../crypto/threshold/member.ts'
import type { KeyState } from '../../membership/key-state.ts'
import { encodeSystemOperation, type SystemOperation } from '../../membership/system-operation.ts'
import type { Signer } from '../../runtime/ports.ts'
import type { ReplicaRuntime } from '../../runtime/replica-runtime.ts'
import { createBatch, identify } from '../../wire/batch.ts'
import { transactionSigningBytes } from '../../wire/transaction.ts'
import type { Behaviour, Lair, OutgoingMessage } from './behaviour.ts'

/** Bursts last so many time-outs, and so do the rests between them. */
const BURST_TIMEOUTS = 4

/**
 * Orders whatever can be ordered about the network's keys, whether it is due or not: ceremonies, other registrations, complaints without a proof,
 * activations that nobody signed, the end of keys. Aims at the rules of the log, which all members apply alike: one member alone
 * may begin a ceremony now and then, and ends none.
 */
export function createWildKeyOperations(lair: Lair): Behaviour {
  const { prng, self } = lair
  let runtime: ReplicaRuntime | null = null
  const junk = (length: number): Uint8Array => Uint8Array.from({ length }, () => prng.between(0, 255))

  function anything({ active, ceremony, nextEpoch }: KeyState): SystemOperation {
    const about = ceremony === null || prng.chance(0.3) ? null : inCeremony(ceremony.ceremony)
    if (about !== null) return about
    switch (prng.between(0, 4)) {
      case 0:
        return { type: 'advance' }
      case 1:
        return { type: 'erased', epoch: prng.between(1, nextEpoch) }
      case 2:
        return { type: 'revoke', keyId: active?.keyId ?? junk(32) }
      default:
        return { type: 'start', kind: prng.pick(['fresh', 'refresh', 'rotate']), epoch: nextEpoch }
    }
  }

  function inCeremony({ session, dealings, qualified }: Ceremony): SystemOperation {
    const { id: sessionId } = session
    const dealingsHash = qualified?.hash ?? junk(32)
    switch (prng.between(0, 5)) {
      case 0:
        return { type: 'register', registration: register(session, self + 1, junk).registration }
      case 1: {
        const complaints = dealings.map(({ dealer }) => ({ dealer, sharedPoint: junk(32), proof: junk(64) }))
        return { type: 'confirm', confirmation: { sessionId, dealingsHash, complaints, shareProof: null } }
      }
      case 2:
        return {
          type: 'confirm',
          confirmation: { sessionId, dealingsHash, complaints: [], shareProof: junk(48) },
        }
      case 3:
        return { type: 'hand-over', sessionId, oldSignature: junk(48) }
      default:
        return {
          type: 'activate',
          sessionId,
          certificate: junk(48),
          newSignature: prng.chance(0.5) ? junk(48) : null,
        }
    }
  }

  function order(keys: KeyState): OutgoingMessage {
    const operation = anything(keys)
    lair.did(operation.type)
    return orderFrom(lair, operation)
  }

  /** A log that never rests is never in order. */
  const isRest = (): boolean =>
    Math.floor(lair.nowMs() / (BURST_TIMEOUTS * lair.viewChangeTimeoutMs)) % 2 === 1

  return {
    begin(begun) {
      runtime = begun
    },
    tick: () => (runtime !== null && !isRest() && prng.chance(0.3) ? [order(runtime.keys)] : []),
  }
}

/** What is ordered of the network's keys, as a batch of the member. @param client who signs the order: the member, if nobody else */
export function orderFrom(
  { prng, scope, self, others, signer, nowMs }: Lair,
  operation: SystemOperation,
  client: Signer = signer,
): OutgoingMessage {
  const unsigned = {
    client: client.publicKey,
    timestampMs: Math.floor(nowMs()),
    nonce: prng.between(0, 1e9),
    operation: encodeSystemOperation(operation),
    kind: 'system',
  } as const
  const signature = client.sign(transactionSigningBytes(scope.networkId, unsigned))
  const transaction = identify(scope, { ...unsigned, signature })
  const batch = createBatch(scope, self, [transaction], bytes => signer.sign(bytes))
  return { topic: 'batch', to: others, bytes: batch.bytes }
}
