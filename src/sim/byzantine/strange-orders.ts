import type { KeyState } from '../../membership/key-state.ts'
import type { SystemOperation } from '../../membership/system-operation.ts'
import type { ReplicaRuntime } from '../../runtime/replica-runtime.ts'
import { createStandInSigner } from '../signatures.ts'
import type { Behaviour, Lair } from './behaviour.ts'
import { orderFrom } from './wild-key-operations.ts'

/** Of what it says: what it brings beside it. */
const SHARE = 0.3

/**
 * Brings orders about the network's keys that are signed as they must be, by a key of nobody in the network: confirmations that are false,
 * and votes for another key or for the end of this one. Aims at whose word counts about keys: that of members.
 */
export function createStrangeOrders(lair: Lair): Behaviour {
  const { prng } = lair
  const stranger = createStandInSigner('stranger', 0)
  let runtime: ReplicaRuntime | null = null
  const junk = (length: number): Uint8Array => Uint8Array.from({ length }, () => prng.between(0, 255))

  function strange({ active, ceremony: running, nextEpoch }: KeyState): SystemOperation | null {
    const { session, qualified = null } = running?.ceremony ?? {}
    if (session !== undefined && qualified !== null) {
      const said = { sessionId: session.id, dealingsHash: qualified.hash, complaints: [] }
      return { type: 'confirm', confirmation: { ...said, shareProof: junk(48) } }
    }
    if (active === null) return null
    return prng.chance(0.5)
      ? { type: 'revoke', keyId: active.keyId }
      : { type: 'start', kind: 'rotate', epoch: nextEpoch }
  }

  return {
    begin(begun) {
      runtime = begun
    },
    publish(outgoing) {
      const operation = runtime === null || !prng.chance(SHARE) ? null : strange(runtime.keys)
      if (operation === null) return [outgoing]
      lair.did(operation.type)
      return [outgoing, orderFrom(lair, operation, stranger)]
    },
  }
}
