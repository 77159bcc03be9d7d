import { toHex } from '../../lib/bytes.ts'
import type { Proof, ReplicaId } from '../../pbft/types.ts'
import { describe, voteSlot } from '../../runtime/sign-guard.ts'
import { EnvelopeDecoder } from '../../wire/decode.ts'
import { type Envelope, openEnvelope } from '../../wire/envelope.ts'
import { isRejection } from '../../wire/rejection.ts'
import type { Scope } from '../../wire/scope.ts'
import { statementBytes } from '../../wire/statement.ts'
import { isStandInSignature } from '../signatures.ts'
import type { Checker, CheckerContext } from './checker.ts'

/**
 * Nobody correct is accused, and no correct member gives up. Whoever is accused is accused with a proof: two envelopes that it signed,
 * with two different statements in one slot.
 */
export function createAccusations({ scope, isFaulty, violation }: CheckerContext): Checker {
  return {
    onSuspect(member, suspected, evidence) {
      if (!isFaulty(suspected)) violation(`member ${member} accuses ${suspected}, which is correct`)
      if (evidence !== undefined && !isProof(scope, suspected, evidence))
        violation(`member ${member} accuses ${suspected} without a proof`)
    },
    onFailure(member, error) {
      violation(
        `member ${member} stopped itself: ${error.message} ${(error.stack ?? '').split('\n')[2]?.trim() ?? ''}`,
      )
    },
  }
}

/** One envelope may say both. */
function isProof(scope: Scope, suspected: ReplicaId, evidence: readonly [Proof, Proof]): boolean {
  const bySlot = new Map<string, string>()
  return evidence
    .flatMap(proof => statementsIn(scope, suspected, proof))
    .some(({ slot, statement }) => {
      const other = bySlot.get(slot)
      bySlot.set(slot, statement)
      return other !== undefined && other !== statement
    })
}

interface SlotStatement {
  readonly slot: string
  readonly statement: string
}

/** What one signed envelope of a member says; nothing when it is not one. */
function statementsIn(scope: Scope, sender: ReplicaId, proof: Proof): readonly SlotStatement[] {
  const envelopes = envelopesIn(scope, proof)
  const [main] = envelopes
  if (main === undefined || main.sender !== sender) return []
  const { senderKey, signedBytes, signature } = main
  if (!isStandInSignature({ publicKey: senderKey, bytes: signedBytes, signature })) return []
  const messages = new EnvelopeDecoder(scope, 0, envelopes).messages(main) ?? []
  return messages.flatMap(({ message }) => {
    const described = describe(message, main.hash)
    if (described === null) return []
    const slot = described.slot.name
    // All that is signed counts, what follows from the history too.
    if (message.type === 'checkpoint')
      return [{ slot, statement: toHex(statementBytes(scope, message.statement)) }]
    const own = { slot, statement: described.statement }
    if (message.type !== 'new-view') return [own]
    const proposed = message.proposals.map(({ sequence, digest }) => ({
      slot: voteSlot('pre-prepare', message.view, sequence).name,
      statement: digest,
    }))
    return [own, ...proposed]
  })
}

/** The envelope itself first, then what it names. */
function envelopesIn(scope: Scope, { bytes, attachments }: Proof): readonly Envelope[] {
  const opened = openEnvelope(scope, bytes)
  if (isRejection(opened)) return []
  return [opened.main, ...attachments.flatMap(attached => envelopesIn(scope, attached))]
}
