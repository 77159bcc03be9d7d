import type { KeyState } from '../../membership/key-state.ts'
import type { SystemOperation } from '../../membership/system-operation.ts'
import type { ReplicaRuntime } from '../../runtime/replica-runtime.ts'
import type { Behaviour, Lair } from './behaviour.ts'
import { orderFrom } from './wild-key-operations.ts'

/** Of what it says: what it orders beside it. */
const SHARE = 0.5

/**
 * Orders the end of every ceremony with signatures that nobody made, all the time, before the new shares can have signed. Aims at what
 * counts: shares and keys that have signed for it.
 */
export function createFalseEndings(lair: Lair): Behaviour {
  const { prng } = lair
  let runtime: ReplicaRuntime | null = null
  const junk = (length: number): Uint8Array => Uint8Array.from({ length }, () => prng.between(0, 255))

  function ending({ ceremony: running }: KeyState): SystemOperation | null {
    if (running?.ceremony.phase !== 'confirming') return null
    const { id: sessionId } = running.ceremony.session
    return running.kind === 'rotate'
      ? { type: 'hand-over', sessionId, oldSignature: junk(48) }
      : { type: 'activate', sessionId, certificate: junk(48), newSignature: null }
  }

  return {
    begin(begun) {
      runtime = begun
    },
    publish(outgoing) {
      const operation = runtime === null || !prng.chance(SHARE) ? null : ending(runtime.keys)
      if (operation === null) return [outgoing]
      lair.did(operation.type)
      return [outgoing, orderFrom(lair, operation)]
    },
  }
}
