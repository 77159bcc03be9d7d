import { activationMessage } from '../../../crypto/threshold/dealings.ts'
import type { PublicCurve } from '../../../crypto/threshold/public-curve.ts'
import type { RandomBytes } from '../../../crypto/threshold/scalar.ts'
import { signMessage } from '../../../crypto/threshold/secret.ts'
import type { PartialSignature } from '../../../crypto/threshold/signature.ts'
import { assert, present } from '../../../lib/assert.ts'
import { toHex } from '../../../lib/bytes.ts'
import {
  DEFAULT_THRESHOLD,
  type Genesis,
  membersHashOf,
  networkIdOf,
  orderedMembers,
} from '../../../membership/genesis.ts'
import type { Moment } from '../../../membership/key-change.ts'
import { KeyLedger } from '../../../membership/key-ledger.ts'
import type { KeyState } from '../../../membership/key-state.ts'
import type { SystemOperation } from '../../../membership/system-operation.ts'
import { type SystemCode, systemResult } from '../../../membership/system-result.ts'
import { createNativeSignatureChecker, createNativeSigner } from '../../../node/native-ed25519.ts'
import { type ReplicaId, replicaId } from '../../../pbft/types.ts'
import { clientClaim } from '../../../runtime/batch-checks.ts'
import { CeremonyPart } from '../../../runtime/ceremony-part.ts'
import { Custody } from '../../../runtime/custody.ts'
import type { SignatureClaim, Signer } from '../../../runtime/ports.ts'
import { createSystemTransaction } from '../../../runtime/system-transactions.ts'
import { SealedVault } from '../../../sim/sealed-vault.ts'
import { createBatch, decodeBatch, identify } from '../../../wire/batch.ts'
import { isRejection } from '../../../wire/rejection.ts'
import type { Scope } from '../../../wire/scope.ts'
import { createGenesis } from '../create-genesis.ts'

/**
 * A log in this process, and the members that write their keys into it: what a network does about its keys without what brings it
 * there. Members make what they say as in a replica, as signed system transactions, each in a batch of its own; ledgers take batches as bytes.
 * There is no agreement, no gossip and no disk.
 */
export interface CeremonyLog {
  readonly writers: readonly LogWriter[]
  /** Each executes the log for itself. */
  readonly ledgers: readonly LogLedger[]
}

const CREATED_MS = 1_700_000_000_000

/** @param ledgers at least one; how many members execute the log */
export function createCeremonyLog(
  members: number,
  ledgers: number,
  curve: PublicCurve,
  random: RandomBytes,
): CeremonyLog {
  const signers = Array.from({ length: members }, () => createNativeSigner(random(32)))
  const genesis = createGenesis(
    signers.map(({ publicKey }, i) => ({ name: `member-${i}`, publicKey: toHex(publicKey) })),
    {
      name: 'ceremony',
      createdMs: CREATED_MS,
      application: { module: 'key-value', options: {} },
      admissionEffort: 1,
      threshold: DEFAULT_THRESHOLD,
    },
  )
  const keys = orderedMembers(genesis).map(({ key }) => key)
  const scope: Scope = { networkId: networkIdOf(genesis), epoch: 0, memberKeys: keys }
  const signerOf = new Map(signers.map(signer => [toHex(signer.publicKey), signer]))
  return {
    writers: keys.map((key, i) => {
      const signer = present(signerOf.get(toHex(key)), 'a signer of each member')
      return new LogWriter(replicaId(i), { scope, signer, curve, random })
    }),
    ledgers: Array.from({ length: ledgers }, () => new LogLedger(genesis, scope, curve)),
  }
}

interface WriterComponents {
  readonly scope: Scope
  readonly signer: Signer
  readonly curve: PublicCurve
  readonly random: RandomBytes
}

/** One member's own part. */
export class LogWriter {
  readonly #self: ReplicaId
  readonly #components: WriterComponents
  readonly #custody: Custody
  readonly #part: CeremonyPart
  #onKept = () => {}

  constructor(self: ReplicaId, components: WriterComponents) {
    this.#self = self
    this.#components = components
    const vault = new SealedVault({ writeMs: () => 0 }, { after: (_delayMs, run) => queueMicrotask(run) })
    this.#custody = new Custody(self + 1, vault, error => {
      throw error
    })
    const { curve, random } = components
    this.#part = new CeremonyPart(self + 1, {
      curve,
      random,
      custody: this.#custody,
      onKept: () => this.#onKept(),
    })
  }

  /** What it has to say in this state, when its secrets are kept. */
  async next(keys: KeyState): Promise<SystemOperation> {
    const kept = new Promise<void>(resolve => {
      this.#onKept = resolve
    })
    this.#part.follow(keys)
    const saying = this.#part.next(keys)
    if (saying !== null) return saying.operation()
    await kept
    return present(this.#part.next(keys), 'something to say').operation()
  }

  /** Its part of the signature that ends the ceremony. */
  sign(keys: KeyState): PartialSignature {
    const { session, qualified } = readyIn(keys)
    const share = present(this.#custody.share(session.epoch, qualified.sharing), 'a new share')
    const signature = signMessage(share, activationMessage(session, qualified))
    share.fill(0)
    return { index: this.#self + 1, signature }
  }

  /** What ends the ceremony. @param partials as many as sign */
  activation(keys: KeyState, partials: readonly PartialSignature[]): SystemOperation {
    const { session, qualified } = readyIn(keys)
    const message = activationMessage(session, qualified)
    const { signature } = qualified.combiner.combine(message, partials, this.#components.random)
    const certificate = present(signature, 'a certificate')
    return { type: 'activate', sessionId: session.id, certificate, newSignature: null }
  }

  /** @returns the bytes of a batch with nothing else in it */
  write(operation: SystemOperation, nowMs: number): Uint8Array {
    const { scope, signer } = this.#components
    const clock = { nowMs: () => nowMs }
    const transaction = createSystemTransaction(operation, { ...this.#components, clock })
    return createBatch(scope, this.#self, [identify(scope, transaction)], bytes => signer.sign(bytes)).bytes
  }
}

function readyIn({ ceremony }: KeyState) {
  assert(ceremony?.isReady === true, 'new shares may sign')
  const { session, qualified } = ceremony.ceremony
  return { session, qualified: present(qualified, 'dealings that count') }
}

/** The keys as one member finds them in the log. */
class LogLedger {
  readonly #genesis: Genesis
  readonly #scope: Scope
  readonly #ledger: KeyLedger
  readonly #checker = createNativeSignatureChecker()

  constructor(genesis: Genesis, scope: Scope, curve: PublicCurve) {
    this.#genesis = genesis
    this.#scope = scope
    this.#ledger = new KeyLedger(genesis, membersHashOf(orderedMembers(genesis)), curve)
  }

  get keys(): KeyState {
    return this.#ledger.state
  }

  /** 32 bytes */
  get root(): Uint8Array {
    return this.#ledger.root
  }

  /** Before the first sequence. */
  get createdMs(): number {
    return this.#genesis.createdMs
  }

  /** What a member computes from a batch's coming to its execution, as a sequence of its own. @param expected what comes of it */
  async execute(bytes: Uint8Array, at: Moment, expected: SystemCode): Promise<void> {
    const batch = decodeBatch(this.#scope, this.#genesis.protocol, bytes)
    assert(!isRejection(batch), 'a batch of our own')
    for (const { transaction } of batch.transactions)
      assert(this.#ledger.refusal(transaction) === null, 'a transaction that a batch may carry')
    const publicKey = present(this.#scope.memberKeys[batch.author], 'a member')
    const author = { publicKey, bytes: batch.signedBytes, signature: batch.signature }
    const areValid = await this.#check([author, ...batch.transactions.map(clientClaim)])
    assert(areValid, 'signatures of our own')
    this.#ledger.passTime(at, [])
    for (const { transaction } of batch.transactions) {
      const { code } = this.#ledger.execute(transaction, at, [])
      assert(code === systemResult(expected).code, `what a member of our own says comes to ${code}`)
    }
  }

  #check(claims: readonly SignatureClaim[]): Promise<boolean> {
    return new Promise(resolve => this.#checker.check(claims, valid => resolve(valid.every(Boolean))))
  }
}
