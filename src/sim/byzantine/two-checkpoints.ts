import { digest, type Statement, sequence } from '../../pbft/types.ts'
import { decodeStatement, encodeStatement, plain } from '../../wire/convert.ts'
import type { WireMessage } from '../../wire/pb/messages.ts'
import { statementBytes } from '../../wire/statement.ts'
import type { Behaviour, Lair } from './behaviour.ts'
import { messagesIn, rewrite, say } from './forgery.ts'

const COPIES_MAX = 20

/**
 * Tells each member another outcome of one sequence, differing in one field at a time, first the lie and then the truth or the other
 * way round; signs for sequences that it never executed; and signs what others say it executed, at once. Aims at how CHECKPOINTs are
 * counted: one of each member, all fields equal, and nothing else makes a checkpoint stable.
 */
export function createTwoCheckpoints(lair: Lair): Behaviour {
  const { prng, scope, signer, others } = lair
  const heard: Statement[] = []

  function sign(statement: Statement): WireMessage {
    const signature = plain(signer.sign(statementBytes(scope, statement)))
    return { checkpoint: { statement: encodeStatement(statement), signature } }
  }

  function other(truth: Statement): Statement {
    const lie = digest(prng.pick(['01', '02', '03']).repeat(32))
    const kinds: Readonly<Record<string, Statement>> = {
      'another history': { ...truth, historyDigest: lie },
      'another state': { ...truth, stateRoot: lie },
      'other members': { ...truth, membersHash: lie },
      'another time': { ...truth, logTimeMs: truth.logTimeMs + 1 },
    }
    const what = prng.pick(Object.keys(kinds))
    lair.did(what)
    return kinds[what] ?? truth
  }

  function doubled(message: WireMessage): readonly WireMessage[] {
    const truth = decodeStatement(message.checkpoint?.statement)
    if (truth === null) return [message]
    const lie = sign(other(truth))
    return prng.pick([[lie], [lie, message], [message, lie]])
  }

  return {
    publish(outgoing) {
      if (outgoing.topic !== 'consensus') return [outgoing]
      if (messagesIn(outgoing.bytes).every(({ checkpoint }) => checkpoint === undefined)) return [outgoing]
      return outgoing.to.map(to => ({
        ...outgoing,
        to: [to],
        bytes: rewrite(lair, outgoing.bytes, doubled),
      }))
    },
    hear(topic, bytes) {
      if (topic !== 'consensus' || heard.length >= COPIES_MAX) return
      for (const { checkpoint } of messagesIn(bytes)) {
        const statement = decodeStatement(checkpoint?.statement)
        if (statement !== null) heard.push(statement)
      }
    },
    tick() {
      if (heard.length === 0 || prng.chance(0.5)) return []
      const copied = heard.splice(0, heard.length).map(sign)
      const latest = decodeStatement(copied.at(-1)?.checkpoint?.statement)
      lair.did('what others executed')
      if (latest !== null && prng.chance(0.5)) {
        const ahead = sequence(latest.sequence + prng.between(1, 20))
        copied.push(sign({ ...latest, sequence: ahead }))
        lair.did('what nobody executed')
      }
      return [{ topic: 'consensus', to: others, bytes: say(lair, copied) }]
    },
  }
}
