import type { Application } from '../../src/application/contract.ts'
import createKeyValue, { encodeSet } from '../../src/application/key-value.ts'
import {
  certificateToJson,
  handoverToJson,
  receiptProofToJson,
  stateProofToJson,
} from '../../src/client/proof-json.ts'
import type {
  ReceiptProofJson,
  StateProofJson,
  ThresholdCertificateJson,
} from '../../src/client/proof-types.ts'
import { createIdentity } from '../../src/crypto/identity.ts'
import { type LocalKeys, runLocalCeremony } from '../../src/crypto/threshold/local-ceremony.ts'
import { nobleCurve } from '../../src/crypto/threshold/noble-curve.ts'
import { signMessage } from '../../src/crypto/threshold/secret.ts'
import { createSession } from '../../src/crypto/threshold/session.ts'
import { createSignatureCombiner } from '../../src/crypto/threshold/signature.ts'
import { present } from '../../src/lib/assert.ts'
import { toHex } from '../../src/lib/bytes.ts'
import {
  DEFAULT_PROTOCOL,
  type Genesis,
  membersHashOf,
  networkIdOf,
  orderedMembers,
  type ProtocolParameters,
} from '../../src/membership/genesis.ts'
import { type AnyCertificate, linkOf, proveReceipt, receiptLevelsOf } from '../../src/membership/proof.ts'
import { ReplicatedState } from '../../src/membership/replicated-state.ts'
import { type Segment, TIMESTAMP_AHEAD_MAX_MS } from '../../src/membership/window.ts'
import { type Certificate, replicaId, type Statement } from '../../src/pbft/types.ts'
import { createBatch, identify } from '../../src/wire/batch.ts'
import type { Scope } from '../../src/wire/scope.ts'
import {
  checkpointMessage,
  type Handover,
  handoverMessage,
  keyIdOf,
  statementBytes,
} from '../../src/wire/statement.ts'
import { seededBytes } from '../crypto/threshold/support.ts'
import { proposalOf } from '../runtime/parts.ts'
import { NOW_MS } from '../wire/fixtures.ts'

/**
 * A network of four in one process: its state executes key-value transactions, its members certify what came out, each for itself
 * and, by a ceremony among themselves, with one key.
 */
const SEQUENCE_MS = 10
const client = createIdentity(new Uint8Array(32).fill(42))

interface SharedKey {
  readonly epoch: number
  readonly keys: LocalKeys
}

export class CertifiedNetwork {
  readonly genesis: Genesis
  readonly networkId: Uint8Array
  readonly segments: Segment[] = []
  readonly certificates = new Map<
    number,
    { readonly key: AnyCertificate; readonly members: AnyCertificate }
  >()
  readonly #identities: readonly ReturnType<typeof createIdentity>[]
  readonly #scope: Scope
  readonly state: ReplicatedState
  readonly application: Application
  readonly #random: ReturnType<typeof seededBytes>
  #shared: SharedKey
  #nonce = 0

  constructor(
    name: string,
    options: { readonly application?: Application; readonly protocol?: Partial<ProtocolParameters> } = {},
  ) {
    this.application = options.application ?? createKeyValue({})
    this.#random = seededBytes(name)
    const identities = [1, 2, 3, 4].map(() => createIdentity(this.#random(32)))
    this.genesis = {
      format: 'quorate-genesis/1',
      name,
      createdMs: NOW_MS - 1_000,
      members: identities.map(({ publicKey }, i) => ({ name: `node-${i}`, publicKey: toHex(publicKey) })),
      application: { module: 'key-value', options: {} },
      protocol: { ...DEFAULT_PROTOCOL, ...options.protocol },
    }
    this.networkId = networkIdOf(this.genesis)
    const members = orderedMembers(this.genesis)
    this.#identities = members.map(({ publicKey }) =>
      present(
        identities.find(identity => toHex(identity.publicKey) === publicKey),
        'a member',
      ),
    )
    this.#scope = { networkId: this.networkId, epoch: 0, memberKeys: members.map(({ key }) => key) }
    this.state = new ReplicatedState(this.application, this.genesis, membersHashOf(members))
    this.#shared = this.#share(1)
  }

  get publicKey(): Uint8Array {
    return this.#shared.keys.sharing.publicKey
  }

  /** A ceremony takes a while, so it is held when the key is needed. */
  #share(epoch: number): SharedKey {
    let keys: LocalKeys | undefined
    const hold = () => this.#ceremony(epoch)
    return {
      epoch,
      get keys() {
        keys ??= hold()
        return keys
      },
    }
  }

  #ceremony(epoch: number): LocalKeys {
    const session = createSession({
      networkId: this.networkId,
      epoch,
      attempt: 0,
      startSequence: this.state.sequence,
      membersHash: membersHashOf(orderedMembers(this.genesis)),
      members: 4,
      threshold: 3,
      faultyMax: 1,
      old: null,
    })
    return runLocalCeremony(nobleCurve, session, new Map(), this.#random)
  }

  /** Executes one sequence that sets these, and certifies it. @returns the ids of the transactions */
  execute(entries: Readonly<Record<string, string | Uint8Array>>): readonly string[] {
    const next = this.state.sequence + 1
    const logTimeMs = NOW_MS + SEQUENCE_MS * next
    const transactions = Object.entries(entries).map(([key, value]) => {
      const unsigned = {
        client: client.publicKey,
        // As far ahead as may be, so that a small window does not take it for old.
        timestampMs: logTimeMs + TIMESTAMP_AHEAD_MAX_MS,
        nonce: this.#nonce++,
        operation: encodeSet(key, value),
        signature: new Uint8Array(64),
      }
      return { ...unsigned, signature: client.sign(identify(this.#scope, unsigned).signingBytes) }
    })
    const identified = transactions.map(transaction => identify(this.#scope, transaction))
    const batch = createBatch(this.#scope, replicaId(0), identified, bytes => this.#sign(0, bytes))
    const { segment } = this.state.execute(proposalOf(next, [batch], logTimeMs), [batch.transactions])
    this.segments.push(segment)
    const statement = this.state.statement()
    const { certify, shared } = { certify: this.certify.bind(this), shared: this.#shared }
    let byKey: AnyCertificate | undefined
    this.certificates.set(next, {
      get key() {
        byKey ??= certify(statement, shared)
        return byKey
      },
      members: this.certifyByMembers(statement),
    })
    return segment.receipts.map(({ id }) => id)
  }

  #sign(member: number, bytes: Uint8Array): Uint8Array {
    return present(this.#identities[member], 'a member').sign(bytes)
  }

  /** By three of four shares. */
  sign(message: Uint8Array, { keys } = this.#shared): Uint8Array {
    const partials = [4, 2, 1].map(index => ({
      index,
      signature: signMessage(present(keys.shares[index - 1], 'a share'), message),
    }))
    const { signature } = createSignatureCombiner(nobleCurve, keys.sharing).combine(
      message,
      partials,
      this.#random,
    )
    return present(signature, 'a signature')
  }

  certify(statement: Statement, shared = this.#shared): AnyCertificate {
    const name = { keyId: keyIdOf(shared.keys.sharing.publicKey), epoch: shared.epoch }
    const message = checkpointMessage(this.networkId, name, statement)
    return { ...name, statement, signature: this.sign(message, shared) }
  }

  certifyByMembers(statement: Statement, members: readonly number[] = [0, 1, 3]): Certificate {
    const bytes = statementBytes(this.#scope, statement)
    const signatures = members.map(member => ({
      replica: replicaId(member),
      signature: this.#sign(member, bytes),
    }))
    return { statement, signatures }
  }

  certificate(sequence: number, by: 'key' | 'members' = 'key'): AnyCertificate {
    return present(this.certificates.get(sequence), 'a certified sequence')[by]
  }

  certificateJson(sequence: number): ThresholdCertificateJson {
    return certificateToJson(this.networkId, this.certificate(sequence)) as ThresholdCertificateJson
  }

  /** @param certified the sequence of the certificate */
  receiptProof(id: string, certified: number, by: 'key' | 'members' = 'key'): ReceiptProofJson {
    const own = present(
      this.segments.find(segment => segment.receipts.some(receipt => receipt.id === id)),
      'the sequence of the transaction',
    )
    const receipt = present(
      own.receipts.find(one => one.id === id),
      'the receipt',
    )
    const before = this.segments[own.sequence - 2]?.historyDigest ?? this.state.window.historyBefore
    const links = this.segments.slice(own.sequence, certified)
    return receiptProofToJson(
      this.networkId,
      proveReceipt(receipt, own, receiptLevelsOf(own), before, links.map(linkOf)),
      this.certificate(certified, by),
    )
  }

  /** Of the present state, which the last sequence certified. */
  stateProof(key: string, by: 'key' | 'members' = 'key'): StateProofJson {
    const { query, applicationRoot, systemRoot } = this.state.view()
    const answer = present(query, 'a readable state')(key)
    if ('code' in answer) throw new Error(answer.message)
    const proof = { key, ...answer, applicationRoot, systemRoot }
    return stateProofToJson(this.networkId, proof, this.certificate(this.state.sequence, by))
  }

  /** From here on another key certifies. @param draws another number, another key */
  rotate(draws = 0): Handover {
    this.#random(32 * draws)
    const transitionMs = 1_000
    const old = this.#shared
    this.#shared = this.#share(old.epoch + 1)
    const notBeforeMs = this.state.logTimeMs
    const fields = {
      oldKeyId: keyIdOf(old.keys.sharing.publicKey),
      newKey: this.publicKey,
      newKeyId: keyIdOf(this.publicKey),
      epoch: this.#shared.epoch,
      notBeforeMs,
      oldNotAfterMs: notBeforeMs + transitionMs,
    }
    const message = handoverMessage(this.networkId, fields)
    return { ...fields, oldSignature: this.sign(message, old), newSignature: this.sign(message) }
  }

  handoverJson(handover: Handover) {
    return handoverToJson(this.networkId, handover)
  }
}
