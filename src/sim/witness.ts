import type { ReplicaId } from '../pbft/types.ts'
import type { RequestProtocol, SignatureChecker, Signer, Topic } from '../runtime/ports.ts'

/** Sees what goes on in a world and changes nothing: for whoever reads or counts it. A world without one is the same world. */
export interface Witness {
  onLetter?(letter: Letter): void
  /** Something else that a reader should know: a crash, a cut link. Null: it befalls no single member. */
  onEvent?(member: ReplicaId | null, text: string): void
  onSigned?(member: ReplicaId): void
  /** @param signatures that the member has checked now */
  onChecked?(member: ReplicaId, signatures: number): void
}

/** One message on its way to one member. */
export interface Letter {
  readonly from: ReplicaId
  readonly to: ReplicaId
  /** Gossip of a topic; a request; or the answer to one, whose bytes are null when it refuses. */
  readonly kind: Topic | { readonly request: RequestProtocol } | { readonly answer: RequestProtocol }
  readonly bytes: Uint8Array | null
  /** How long it will be on its way; null: it is lost. Links that are cut meanwhile lose it all the same. */
  readonly delayMs: number | null
}

export function witnessChecks(
  member: ReplicaId,
  checker: SignatureChecker,
  witness: Witness | undefined,
): SignatureChecker {
  if (witness?.onChecked === undefined) return checker
  return {
    check: (claims, done) => {
      witness.onChecked?.(member, claims.length)
      checker.check(claims, done)
    },
  }
}

export function witnessSignatures(member: ReplicaId, signer: Signer, witness: Witness | undefined): Signer {
  if (witness?.onSigned === undefined) return signer
  return {
    publicKey: signer.publicKey,
    sign: bytes => {
      witness.onSigned?.(member)
      return signer.sign(bytes)
    },
  }
}
