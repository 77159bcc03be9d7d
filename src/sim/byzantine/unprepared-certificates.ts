import { fromHex } from '../../lib/bytes.ts'
import { decodeProposal, plain } from '../../wire/convert.ts'
import type { WirePrepared, WireViewChange } from '../../wire/pb/messages.ts'
import { type Forged, signedOf } from './archive.ts'
import type { Behaviour, Lair, OutgoingMessage } from './behaviour.ts'
import { attachmentsIn, messagesIn, say } from './forgery.ts'

/**
 * Begins none of its views, and hands on no NEW-VIEW. Each time the others have left such a view, it shows in its VIEW-CHANGE that it
 * proposed something else there for all that was prepared before. It did, and nobody prepared it. Aims at the PREPAREs that a
 * certificate needs: everything else about these is in order, and they are of a later view than what was committed.
 */
export function createUnpreparedCertificates(lair: Lair): Behaviour {
  const { self, others, scope } = lair
  const n = others.length + 1

  function unprepared(view: number, sequence: number): Forged {
    const proposal = { sequence, batchDigests: [], logTimeMs: Math.floor(lair.nowMs()), certify: false }
    const digest = plain(fromHex(decodeProposal(scope, proposal)?.digest ?? ''))
    const { hash, bytes } = signedOf(scope, say(lair, [{ prePrepare: { view, proposal } }]))
    return { prepared: { view, sequence, digest, prePrepare: hash, prepares: [] }, attachments: [bytes] }
  }

  function forgedFrom(viewChange: WireViewChange, attached: readonly Uint8Array[]): Uint8Array | null {
    // The latest view of ours below the one that all want.
    const view = viewChange.view - 1 - ((viewChange.view - 1 - self + n) % n)
    const isBefore = (prepared: WirePrepared): boolean => prepared.view < view
    if (!viewChange.prepared.some(isBefore)) return null
    const attachments = [...attached]
    const prepared = viewChange.prepared.map(one => {
      if (!isBefore(one)) return one
      const forged = unprepared(view, one.sequence)
      attachments.push(...forged.attachments)
      return forged.prepared
    })
    lair.did('what nobody prepared')
    return say(lair, [{ viewChange: { ...viewChange, prepared } }], attachments)
  }

  /** It says it, or hands on that it said it. */
  function beginsView(bytes: Uint8Array, attached: readonly Uint8Array[]): boolean {
    const messages = messagesIn(bytes)
    const said = messages.length > 0 ? messages : attached.flatMap(messagesIn)
    return said.some(({ newView }) => newView !== undefined)
  }

  return {
    publish(outgoing): readonly OutgoingMessage[] {
      if (outgoing.topic !== 'consensus') return [outgoing]
      const attached = attachmentsIn(outgoing.bytes)
      const { viewChange } = messagesIn(outgoing.bytes)[0] ?? {}
      if (beginsView(outgoing.bytes, attached)) {
        lair.did('a NEW-VIEW kept back')
        return []
      }
      if (viewChange === undefined) return [outgoing]
      const forged = forgedFrom(viewChange, attached)
      return [forged === null ? outgoing : { ...outgoing, bytes: forged }]
    },
  }
}
