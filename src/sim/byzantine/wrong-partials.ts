import type { ReplicaRuntime } from '../../runtime/replica-runtime.ts'
import { encodePartial, type PartialPurpose } from '../../wire/partial.ts'
import type { Behaviour, Lair, OutgoingMessage } from './behaviour.ts'
import { flippedAt } from './twisted-vault.ts'

const PURPOSES: readonly PartialPurpose[] = ['checkpoint', 'handover', 'activate']

/**
 * Signs something else than what is signed, or nothing, combines nothing, and says parts about checkpoints of long ago and far ahead.
 * Aims at signatures that members make together: whose part was wrong is left out, and the others are enough.
 */
export function createWrongPartials(lair: Lair): Behaviour {
  const { prng, scope, self, others, signer } = lair
  let runtime: ReplicaRuntime | null = null
  const junk = (length: number): Uint8Array => Uint8Array.from({ length }, () => prng.between(0, 255))

  function madeUp({ state, keys }: ReplicaRuntime): OutgoingMessage {
    const epoch = Math.max(0, (keys.active?.epoch ?? 0) + prng.between(-1, 1))
    const sequence = Math.max(0, state.sequence + prng.pick([-20, -1, 0, 1, 5, 200]))
    const purpose = prng.pick(PURPOSES)
    lair.did(`a part of a ${purpose} that is made up`)
    const partial = {
      sender: self,
      number: lair.nowMs() * 1_024 + prng.between(0, 1_023),
      purpose,
      subject: junk(32),
      sequence,
      epoch,
      signature: junk(48),
    }
    const bytes = encodePartial(scope, partial, signed => signer.sign(signed))
    return { topic: 'certificate', to: others, bytes }
  }

  return {
    begin(begun) {
      runtime = begun
    },
    tick: () => (runtime !== null && prng.chance(0.3) ? [madeUp(runtime)] : []),
    twist(ports) {
      const { worker } = ports
      return {
        ...ports,
        worker: {
          ...worker,
          sign(share, message, ...answers) {
            const what = prng.pick(['the truth', 'nothing', 'another message', 'another message'])
            lair.did(`signed ${what}`)
            if (what === 'nothing') return
            const signed = what === 'the truth' ? message : flippedAt(message, 0)
            worker.sign(share, signed, ...answers)
          },
          combine(...args) {
            if (prng.chance(0.5)) worker.combine(...args)
            else lair.did('combined nothing')
          },
        },
      }
    },
  }
}
