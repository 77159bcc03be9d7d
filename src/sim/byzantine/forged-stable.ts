import { digest, sequence } from '../../pbft/types.ts'
import { decodeStatement, encodeStatement, plain } from '../../wire/convert.ts'
import type { WireCertificate, WireMemberSignature, WireMessage, WireStatus } from '../../wire/pb/messages.ts'
import { statementBytes } from '../../wire/statement.ts'
import type { Behaviour, Lair } from './behaviour.ts'
import { changeAll, envelopeIn, say } from './forgery.ts'

const SIGNATURES_MAX = 200

/**
 * Shows certificates of stable checkpoints that never were: true signatures under another statement, its own signature in every
 * place, too few, one signer twice, old ones as new. Aims at what a certificate is believed for, unlike any claim: it moves windows,
 * starts state transfer, and ends amnesia.
 */
export function createForgedStable(lair: Lair): Behaviour {
  const { prng, scope, signer, self, others } = lair
  const known: WireCertificate[] = []
  const signatures: WireMemberSignature[] = []
  let status: WireStatus | undefined

  function note(message: WireMessage, sender: number): void {
    const { checkpoint } = message
    const shown = message.status?.stable ?? message.viewChange?.stable
    if (shown !== undefined) known.push(shown)
    if (checkpoint?.statement !== undefined) {
      signatures.push({ replica: sender, signature: checkpoint.signature })
      known.push({ statement: checkpoint.statement, signatures: signatures.slice(-others.length) })
    }
    known.splice(0, known.length - 50)
    signatures.splice(0, signatures.length - SIGNATURES_MAX)
  }

  function otherStatement(certificate: WireCertificate): WireCertificate['statement'] {
    const truth = decodeStatement(certificate.statement)
    if (truth === null) return certificate.statement
    const ahead = sequence(truth.sequence + prng.pick([1, 4, 16, 1_000_000]))
    return encodeStatement(
      prng.pick([
        { ...truth, sequence: ahead },
        { ...truth, stateRoot: digest('ef'.repeat(32)) },
        { ...truth, historyDigest: digest('ef'.repeat(32)), sequence: ahead },
      ]),
    )
  }

  function forged(certificate: WireCertificate): WireCertificate {
    const all = certificate.signatures.toSorted((a, b) => a.replica - b.replica)
    const statement = otherStatement(certificate)
    const decoded = decodeStatement(statement)
    const signature =
      decoded === null ? new Uint8Array(64) : plain(signer.sign(statementBytes(scope, decoded)))
    const everybody = Array.from({ length: others.length + 1 }, (_, replica) => ({ replica, signature }))
    const kinds: Readonly<Record<string, WireCertificate>> = {
      'true signatures, another statement': { statement, signatures: all },
      'our signature in every place': { statement, signatures: everybody },
      'our signature alone': { statement, signatures: [{ replica: self, signature }] },
      'one signer in every place': {
        statement,
        signatures: everybody.map(one => ({ ...one, replica: self })),
      },
      'too few': { ...certificate, signatures: all.slice(0, 1) },
      'no signature': { statement, signatures: [] },
    }
    const what = prng.pick(Object.keys(kinds))
    lair.did(what)
    return kinds[what] ?? certificate
  }

  function change(message: WireMessage): WireMessage {
    note(message, self)
    status = message.status ?? status
    const { viewChange } = message
    if (known.length === 0 || prng.chance(0.4)) return message
    if (message.status !== undefined)
      return { status: { ...message.status, stable: forged(prng.pick(known)) } }
    return viewChange === undefined
      ? message
      : { viewChange: { ...viewChange, stable: forged(prng.pick(known)) } }
  }

  return {
    publish: outgoing => changeAll(lair, outgoing, message => [change(message)]),
    hear(topic, bytes) {
      if (topic !== 'consensus') return
      const { sender, messages } = envelopeIn(bytes)
      for (const message of messages) note(message, sender)
    },
    tick() {
      if (known.length === 0 || status === undefined || prng.chance(0.6)) return []
      const stable = forged(prng.pick(known))
      const stableSequence = stable.statement?.sequence ?? 0
      const claim = { ...status, stable, stableSequence, executedSequence: stableSequence }
      return [{ topic: 'consensus', to: others, bytes: say(lair, [{ status: claim }]) }]
    },
  }
}
