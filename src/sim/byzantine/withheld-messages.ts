import type { ReplicaId } from '../../pbft/types.ts'
import { SignedEnvelope, type WireMessage } from '../../wire/pb/messages.ts'
import type { Behaviour, Lair, OutgoingMessage } from './behaviour.ts'
import { messagesIn, rewrite } from './forgery.ts'

const TYPES = [
  'prePrepare',
  'prepare',
  'commit',
  'checkpoint',
  'viewChange',
  'newView',
  'status',
] as const satisfies readonly (keyof WireMessage)[]

/**
 * Says each kind of thing to some members and never to the others: votes to these, NEW-VIEWs to those, bodies to nobody. Aims at what
 * must not depend on hearing a member directly: messages sent again through others, state transfer, and the f+1 rule.
 */
export function createWithheldMessages(lair: Lair): Behaviour {
  const { prng, others } = lair
  const withheld = new Map(
    others.map(other => [
      other,
      new Set<string>([...TYPES, 'batch', 'relay'].filter(() => prng.chance(0.4))),
    ]),
  )
  const isKeptFrom = (to: ReplicaId, type: string): boolean => withheld.get(to)?.has(type) ?? false

  function toOne(to: ReplicaId, bytes: Uint8Array): OutgoingMessage[] {
    const left = rewrite(lair, bytes, message =>
      TYPES.some(type => message[type] !== undefined && isKeptFrom(to, type)) ? [] : [message],
    )
    if (left !== bytes) lair.did('a part of an envelope')
    const { attachments } = SignedEnvelope.decode(left)
    const isEmpty = messagesIn(left).length === 0
    if (isEmpty && (attachments.length === 0 || isKeptFrom(to, 'relay'))) return []
    return [{ topic: 'consensus', to: [to], bytes: left }]
  }

  return {
    publish(outgoing) {
      if (outgoing.topic === 'consensus') return outgoing.to.flatMap(to => toOne(to, outgoing.bytes))
      lair.did('a body to some')
      return [{ ...outgoing, to: outgoing.to.filter(to => !isKeptFrom(to, 'batch')) }]
    },
  }
}
