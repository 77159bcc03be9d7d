import { LOG_TIME_SKEW_MAX_MS } from '../../wire/limits.ts'
import type { WireMessage } from '../../wire/pb/messages.ts'
import type { Behaviour, Lair } from './behaviour.ts'
import { changeAll } from './forgery.ts'
import { Substitutes } from './substitutes.ts'

/**
 * As primary, gives its proposals a time that is as wrong as will pass, or more: to and fro, far ahead so that transactions expire,
 * at the beginning, at the end of time. Aims at the rule that backups take no untimely proposal, and that log time never goes back.
 */
export function createWrongLogTime(lair: Lair): Behaviour {
  const { prng } = lair
  const substitutes = new Substitutes(lair.scope)

  function wrong(truth: number): number {
    const edge = LOG_TIME_SKEW_MAX_MS
    const kinds = {
      ahead: truth + edge - 1_000,
      behind: truth - edge + 1_000,
      'too far ahead': truth + 2 * edge,
      'too far behind': truth - 2 * edge,
      'at the beginning': 0,
      'at the end': Number.MAX_SAFE_INTEGER,
    }
    const [what, logTimeMs] = prng.pick(
      Object.entries(kinds).flatMap((kind, i) => (i < 2 ? [kind, kind] : [kind])),
    )
    lair.did(what)
    return logTimeMs
  }

  function change(message: WireMessage): WireMessage {
    const proposal = message.prePrepare?.proposal
    if (message.prePrepare === undefined || proposal === undefined) return substitutes.turn(message)
    if (prng.chance(0.3)) return message
    return substitutes.propose(message.prePrepare, { ...proposal, logTimeMs: wrong(proposal.logTimeMs) })
  }

  return { publish: outgoing => changeAll(lair, outgoing, message => [change(message)]) }
}
