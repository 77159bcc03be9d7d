import { encodeSet } from '../../application/key-value.ts'
import { type ReplicaId, replicaId, type Statement } from '../../pbft/types.ts'
import type { Signer } from '../../runtime/ports.ts'
import { createBatch, type IdentifiedTransaction, identify } from '../../wire/batch.ts'
import { encodeSignedEnvelope } from '../../wire/encode.ts'
import { envelopeSigningBytes } from '../../wire/envelope.ts'
import { encodePartial, type MemberPartial } from '../../wire/partial.ts'
import { EnvelopeBody, type WireMemberSignature } from '../../wire/pb/messages.ts'
import type { Scope } from '../../wire/scope.ts'
import { statementBytes } from '../../wire/statement.ts'
import { transactionSigningBytes } from '../../wire/transaction.ts'
import { createStandInSigner } from '../signatures.ts'

/**
 * Another network of the same members and clients with the same keys, as one for tests beside the real one. All of them are correct there,
 * and other things came about: whatever is asked for was truly said there, and is not true here.
 */
export interface Elsewhere {
  /** @returns what its sender signed */
  envelope(envelope: EnvelopeBody): Uint8Array
  /** @returns the signatures of all members */
  certify(statement: Statement): readonly WireMemberSignature[]
  /** @returns what its sender signed */
  partial(partial: MemberPartial): Uint8Array
  /** @returns what a client signed, under its name there */
  transaction(timestampMs: number, nonce: number): IdentifiedTransaction
  /** @returns what its author signed */
  batch(author: ReplicaId, transaction: IdentifiedTransaction): Uint8Array
}

/** @param here the network of this world @param signers of all its members */
export function createElsewhere(here: Scope, signers: readonly Signer[]): Elsewhere {
  const scope: Scope = { ...here, networkId: new Uint8Array(32).fill(0xe1) }
  const client = createStandInSigner('client', 0)
  const signAs =
    (member: number) =>
    (bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
      Uint8Array.from(signers[member]?.sign(bytes) ?? [])
  return {
    envelope(envelope) {
      const body = EnvelopeBody.encode(envelope)
      return encodeSignedEnvelope(body, signAs(envelope.sender)(envelopeSigningBytes(scope, body)), [])
    },
    certify(statement) {
      const bytes = statementBytes(scope, statement)
      return here.memberKeys.map((_, member) => ({
        replica: replicaId(member),
        signature: signAs(member)(bytes),
      }))
    },
    partial: partial => encodePartial(scope, partial, signAs(partial.sender)),
    transaction(timestampMs, nonce) {
      const operation = encodeSet('elsewhere', `${nonce}`)
      const unsigned = { client: client.publicKey, timestampMs, nonce, operation }
      const signature = client.sign(transactionSigningBytes(scope.networkId, unsigned))
      return identify(scope, { ...unsigned, signature })
    },
    batch: (author, transaction) => createBatch(scope, author, [transaction], signAs(author)).bytes,
  }
}
