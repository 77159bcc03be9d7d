/** Messages as a liar would make them: signed by whoever's key is at hand, or by nobody. */
import { randomBytes } from 'node:crypto'
import { encodeSet } from '../../src/application/key-value-operation.ts'
import type { TransactionSigner } from '../../src/client/signer.ts'
import { sha256 } from '../../src/crypto/hash.ts'
import { createNativeSigner } from '../../src/node/native-ed25519.ts'
import { replicaId, sequence } from '../../src/pbft/types.ts'
import type { Signer } from '../../src/runtime/ports.ts'
import { createBatch, identify } from '../../src/wire/batch.ts'
import { plain, proposalDigest } from '../../src/wire/convert.ts'
import { envelopeSigningBytes } from '../../src/wire/envelope.ts'
import { EnvelopeBody, SignedEnvelope, type WireMessage } from '../../src/wire/pb/messages.ts'
import type { Scope } from '../../src/wire/scope.ts'

export type Bytes = Uint8Array<ArrayBuffer>

export const random = (length: number): Bytes => Uint8Array.from(randomBytes(length))
export const NOBODY = createNativeSigner(new Uint8Array(32).fill(255))
/** The largest integer that a decoder lets pass. */
export const HIGHEST = Number.MAX_SAFE_INTEGER

export interface EnvelopeFields {
  readonly sender: number
  readonly messages: readonly WireMessage[]
  readonly epoch?: number
  readonly number?: number
  readonly attachments?: readonly Uint8Array[]
}

let lastNumber = 0

/** Above all that the true owner of a key has used: whoever comes too low is not heard. */
function nextNumber(): number {
  lastNumber = Math.max(lastNumber + 1, Date.now() * 1024)
  return lastNumber
}

/** @param signer whose signature it carries, rightly or not */
export function envelope(scope: Scope, signer: Signer, fields: EnvelopeFields): Bytes {
  const body = EnvelopeBody.encode({
    epoch: fields.epoch ?? scope.epoch,
    sender: fields.sender,
    number: fields.number ?? nextNumber(),
    messages: [...fields.messages],
  })
  const signature = signer.sign(envelopeSigningBytes(scope, body))
  return SignedEnvelope.encode({
    body: plain(body),
    signature: plain(signature),
    attachments: (fields.attachments ?? []).map(plain),
  })
}

/** The name by which other messages refer to an envelope. */
export function hashOf(bytes: Uint8Array): Bytes {
  return plain(sha256(SignedEnvelope.decode(bytes).body))
}

export const vote = (view: number, n: number, digest: Uint8Array = random(32)) => ({
  view,
  sequence: n,
  digest: plain(digest),
})

export interface StatusFields {
  readonly view?: number
  readonly viewActive?: boolean
  readonly sequence?: number
  readonly recovering?: boolean
}

export function status(fields: StatusFields = {}): WireMessage {
  const { view = 0, viewActive = true, sequence = 0, recovering = false } = fields
  return {
    status: {
      view,
      viewActive,
      stableSequence: sequence,
      executedSequence: sequence,
      votedSequence: sequence,
      recovering,
      question: recovering ? 1 : 0,
      answers: 0,
      departures: [],
    },
  }
}

export function prePrepare(
  view: number,
  n: number,
  batchDigests: readonly Uint8Array[] = [],
  logTimeMs = Date.now(),
): WireMessage {
  const proposal = { sequence: n, batchDigests: batchDigests.map(plain), logTimeMs, certify: false }
  return { prePrepare: { view, proposal } }
}

/** The digest by which votes name an empty proposal. */
export function emptyProposalDigest(scope: Scope, n: number, logTimeMs: number): Uint8Array {
  const content = { sequence: sequence(n), batchDigests: [], logTimeMs, certify: false }
  return Uint8Array.from(Buffer.from(proposalDigest(scope, content), 'hex'))
}

/** A batch of valid transactions, signed by `signer` as `author`. */
export function batch(
  scope: Scope,
  signer: Signer,
  author: number,
  client: TransactionSigner,
  options: { readonly count?: number; readonly valueBytes?: number; readonly wrongClient?: boolean } = {},
): Uint8Array {
  const { count = 1, valueBytes = 8, wrongClient = false } = options
  const value = new Uint8Array(valueBytes)
  const transactions = Array.from({ length: count }, (_, i) => {
    const transaction = client.sign(encodeSet(`hostile/${i % 50}`, value))
    const signature = wrongClient && i === count - 1 ? random(64) : transaction.signature
    return identify(scope, { ...transaction, signature })
  })
  return createBatch(scope, replicaId(author), transactions, bytes => signer.sign(bytes)).bytes
}

/** Every way of cutting or bending that finds a different edge. */
export function* mangled(bytes: Uint8Array, count: number): Generator<Uint8Array> {
  for (let i = 0; i < count; i++) {
    const copy = Uint8Array.from(bytes)
    const at = Math.floor((i * copy.length) / count)
    if (i % 2 === 0) yield copy.subarray(0, at)
    else {
      copy[at] = (copy[at] ?? 0) ^ (1 << (i % 8))
      yield copy
    }
  }
}

/** The same signed envelope in other bytes: a field that nobody knows is appended. Gossip takes it for new. */
export function disguised(bytes: Uint8Array, nonce: number): Uint8Array {
  // Field 15, varint.
  const tail = [0x78, (nonce & 127) | 128, ((nonce >> 7) & 127) | 128, (nonce >> 14) & 127]
  return Uint8Array.from([...bytes, ...tail])
}
