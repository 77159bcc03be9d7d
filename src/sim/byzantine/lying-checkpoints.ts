import { digest, sequence } from '../../pbft/types.ts'
import { decodeStatement, encodeStatement, plain } from '../../wire/convert.ts'
import type { WireMessage } from '../../wire/pb/messages.ts'
import { statementBytes } from '../../wire/statement.ts'
import type { Behaviour, Lair } from './behaviour.ts'
import { splitAudience } from './forgery.ts'

/**
 * Says in CHECKPOINTs, properly signed, that another state came out, or that it is far ahead. Aims at stable checkpoints, which take
 * q equal statements, and at seeing that others are ahead, which takes f+1.
 */
export function createLyingCheckpoints(lair: Lair): Behaviour {
  const { prng, scope, signer } = lair

  function lie(message: WireMessage): WireMessage {
    const truth = decodeStatement(message.checkpoint?.statement)
    if (truth === null) return message
    lair.did('another checkpoint')
    const statement = prng.chance(0.5)
      ? { ...truth, stateRoot: digest('ab'.repeat(32)) }
      : { ...truth, sequence: sequence(truth.sequence + prng.pick([1, 8, 1_000_000])) }
    const signature = plain(signer.sign(statementBytes(scope, statement)))
    return { checkpoint: { statement: encodeStatement(statement), signature } }
  }

  return {
    publish: outgoing =>
      splitAudience(
        lair,
        outgoing,
        () => prng.chance(0.7),
        message => [lie(message)],
      ),
  }
}
