import { utf8 } from '../../lib/bytes.ts'
import type { Certificate } from '../../pbft/types.ts'
import { statementBytes } from '../../wire/statement.ts'
import { flipped, type ReceiptReply, type StateReply, type TransactionReply } from '../replies.ts'
import type { Behaviour, Lair } from './behaviour.ts'

/**
 * Lies to clients: outcomes of what was never executed, other outcomes, other values, certificates that it made up. Aims at clients that
 * believe fewer than f+1 members or a proof that they did not check. All who behave so make up the same outcome of a transaction, so
 * that f of them stand together.
 */
export function createLyingReplies(lair: Lair): Behaviour {
  const { prng } = lair

  function wrongState(truth: StateReply): StateReply {
    const { answer, certificate } = truth
    const other = { ...truth, answer: { ...answer, value: utf8('made up') } }
    switch (prng.between(0, 6)) {
      case 0:
        return other
      case 1:
        return { ...truth, answer: { ...answer, value: null } }
      case 2:
        return { ...truth, sequence: truth.sequence + 1 }
      case 3:
        return { ...other, answer: { ...other.answer, proof: answer.proof.slice(0, -1) } }
      case 4:
        return { ...truth, applicationRoot: truth.applicationRoot.map(byte => byte ^ 1) }
      case 5:
        return { ...other, certificate: certificate === null ? null : alone(lair, certificate) }
      default:
        return { ...other, certificate: certificate === null ? null : shortened(certificate) }
    }
  }

  return {
    tell(id, truth) {
      if (prng.chance(0.3)) return truth
      if (prng.chance(0.1)) return null
      lair.did('told a client another outcome')
      return prng.chance(0.8) ? { type: 'executed', receipt: madeUp(id, truth) } : otherAnswer(truth)
    },
    show(_key, truth) {
      if (prng.chance(0.3)) return truth
      lair.did('showed a client another value')
      return wrongState(truth)
    },
  }
}

function otherAnswer(truth: TransactionReply): TransactionReply {
  return truth.type === 'refused' ? { type: 'accepted' } : { type: 'refused', code: 'EXPIRED' }
}

/** Follows from the id alone where nothing is executed yet. */
function madeUp(id: string, truth: TransactionReply): ReceiptReply {
  const digit = Number.parseInt(id.slice(0, 2), 16)
  if (truth.type !== 'executed')
    return { sequence: 1 + digit, position: 0, code: digit % 3, data: Uint8Array.of(digit & 1) }
  const { receipt } = truth
  switch (digit % 3) {
    case 0:
      return { ...receipt, sequence: receipt.sequence + 1 }
    case 1:
      return { ...receipt, code: receipt.code === 0 ? 2 : 0 }
    default:
      return { ...receipt, data: receipt.data.map(byte => byte ^ 1) }
  }
}

/** Another statement, signed by this member in the name of all. */
function alone({ scope, signer }: Lair, { statement, signatures }: Certificate): Certificate {
  const other = { ...statement, stateRoot: flipped(statement.stateRoot) as typeof statement.stateRoot }
  const signature = signer.sign(statementBytes(scope, other))
  return { statement: other, signatures: signatures.map(({ replica }) => ({ replica, signature })) }
}

function shortened({ statement, signatures }: Certificate): Certificate {
  return { statement, signatures: signatures.slice(1) }
}
