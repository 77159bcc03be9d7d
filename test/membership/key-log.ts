import { activationMessage } from '../../src/crypto/threshold/dealings.ts'
import { confirm, deal, register, signActivation } from '../../src/crypto/threshold/member.ts'
import { nobleCurve } from '../../src/crypto/threshold/noble-curve.ts'
import type { RandomBytes } from '../../src/crypto/threshold/scalar.ts'
import { signMessage } from '../../src/crypto/threshold/secret.ts'
import { createSignatureCombiner, type PublicSharing } from '../../src/crypto/threshold/signature.ts'
import { present } from '../../src/lib/assert.ts'
import type { ThresholdParameters } from '../../src/membership/genesis.ts'
import { pendingHandover } from '../../src/membership/key-activation.ts'
import type { KeyRules, Moment } from '../../src/membership/key-change.ts'
import { applyOperation, passTime } from '../../src/membership/key-rules.ts'
import {
  EMPTY_KEY_STATE,
  type KeyEventDetails,
  type KeyState,
  type RunningCeremony,
} from '../../src/membership/key-state.ts'
import type { CeremonyKind, SystemOperation } from '../../src/membership/system-operation.ts'
import type { SystemCode } from '../../src/membership/system-result.ts'
import { faultyMax, quorum } from '../../src/pbft/quorum.ts'
import { type ReplicaId, replicaId } from '../../src/pbft/types.ts'
import { handoverMessage } from '../../src/wire/statement.ts'
import { seededBytes } from '../crypto/threshold/support.ts'

export const TIMES: ThresholdParameters = {
  transitionMs: 100_000,
  refreshMs: 5_000_000,
  deadlineMs: 1_000,
  graceMs: 6_000,
}
export const START_MS = 1_700_000_000_000

export function rulesFor(members: number, times: ThresholdParameters = TIMES): KeyRules {
  return {
    networkId: new Uint8Array(32).fill(7),
    membersHash: new Uint8Array(32).fill(8),
    members,
    faultyMax: faultyMax(members),
    quorum: quorum(members),
    times,
    checkpointInterval: 8,
    logWindow: 16,
    curve: nobleCurve,
  }
}

/**
 * A log of what members say about keys, and the members, whose secrets the test knows. States are values: a log can be taken up again
 * where another one was.
 */
export class KeyLog {
  readonly rules: KeyRules
  state: KeyState
  at: Moment
  readonly events: KeyEventDetails[] = []
  readonly random: RandomBytes
  readonly decryptionKeys: Map<ReplicaId, Uint8Array>
  /** By epoch, then by member. */
  readonly shares: Map<number, Map<ReplicaId, Uint8Array>>

  constructor(rules: KeyRules, before?: KeyLog) {
    this.rules = rules
    this.state = before?.state ?? EMPTY_KEY_STATE
    this.at = before?.at ?? { sequence: 0, logTimeMs: START_MS }
    this.random = before?.random ?? seededBytes('key log')
    this.decryptionKeys = new Map(before?.decryptionKeys)
    this.shares = new Map([...(before?.shares ?? [])].map(([epoch, held]) => [epoch, new Map(held)]))
  }

  /** The same members in the same state, in another course of things. */
  fork(): KeyLog {
    return new KeyLog(this.rules, this)
  }

  get members(): readonly ReplicaId[] {
    return Array.from({ length: this.rules.members }, (_, i) => replicaId(i))
  }

  get running(): RunningCeremony {
    return present(this.state.ceremony, 'a ceremony')
  }

  /** The next sequences begin, the last of them so much later. */
  pass(elapsedMs: number, sequences = 1): void {
    for (let i = 1; i <= sequences; i++) {
      const logTimeMs = this.at.logTimeMs + (i === sequences ? elapsedMs : 0)
      this.at = { sequence: this.at.sequence + 1, logTimeMs }
      const { state, events } = passTime(this.rules, this.state, this.at)
      this.state = state
      this.events.push(...events)
    }
  }

  say(member: number, operation: SystemOperation): SystemCode {
    const { state, code, events } = applyOperation(
      this.rules,
      this.state,
      this.at,
      replicaId(member),
      operation,
    )
    this.state = state
    this.events.push(...events)
    return code
  }

  start(kind: CeremonyKind, member = 0, epoch = this.state.nextEpoch): SystemCode {
    return this.say(member, { type: 'start', kind, epoch })
  }

  registration(member: number): SystemOperation {
    const { registration, decryptionKey } = register(this.running.ceremony.session, member + 1, this.random)
    this.decryptionKeys.set(replicaId(member), decryptionKey)
    return { type: 'register', registration }
  }

  dealing(member: number): Extract<SystemOperation, { type: 'deal' }> {
    const { ceremony, kind } = this.running
    const epoch = this.state.active?.epoch ?? 0
    const old = kind === 'refresh' ? (this.shares.get(epoch)?.get(replicaId(member)) ?? null) : null
    return { type: 'deal', dealing: deal(nobleCurve, ceremony, member + 1, old, this.random) }
  }

  confirmation(member: number): Extract<SystemOperation, { type: 'confirm' }> {
    const { ceremony } = this.running
    const key = present(this.decryptionKeys.get(replicaId(member)), 'a decryption key')
    const { confirmation, share } = confirm(nobleCurve, ceremony, member + 1, key.slice(), this.random)
    const { epoch } = ceremony.session
    const held = this.shares.get(epoch) ?? new Map<ReplicaId, Uint8Array>()
    if (share !== null) held.set(replicaId(member), share)
    this.shares.set(epoch, held)
    return { type: 'confirm', confirmation }
  }

  activation(): Extract<SystemOperation, { type: 'activate' }> {
    const { ceremony } = this.running
    const qualified = present(ceremony.qualified, 'dealings that count')
    const { epoch, id } = ceremony.session
    const partials = this.#signedBy(epoch, share => signActivation(ceremony, share))
    const message = activationMessage(ceremony.session, qualified)
    const { signature } = qualified.combiner.combine(message, partials, this.random)
    const certificate = present(signature, 'a certificate')
    const handover = this.#handoverMessage()
    const newSignature = handover && this.#sign(epoch, qualified.sharing, handover)
    return { type: 'activate', sessionId: id, certificate, newSignature }
  }

  /** By the old key: once the log has fixed the new one, nobody honest signs it before. */
  handover(): Extract<SystemOperation, { type: 'hand-over' }> {
    const { epoch, sharing } = present(this.state.active, 'the old key')
    const message = present(this.#handoverMessage(), 'a hand-over')
    const { id: sessionId } = this.running.ceremony.session
    return { type: 'hand-over', sessionId, oldSignature: this.#sign(epoch, sharing, message) }
  }

  #handoverMessage(): Uint8Array | null {
    const pending = pendingHandover(this.rules.times, this.state)
    return pending && handoverMessage(this.rules.networkId, pending)
  }

  #sign(epoch: number, sharing: PublicSharing, message: Uint8Array): Uint8Array {
    const partials = this.#signedBy(epoch, share => signMessage(share, message))
    const { signature } = createSignatureCombiner(nobleCurve, sharing).combine(message, partials, this.random)
    return present(signature, 'a signature')
  }

  #signedBy(epoch: number, sign: (share: Uint8Array) => Uint8Array) {
    return [...(this.shares.get(epoch) ?? [])].map(([member, share]) => ({
      index: member + 1,
      signature: sign(share),
    }))
  }

  registerAll(members = this.members): void {
    for (const member of members) this.say(member, this.registration(member))
  }

  /** Made by each in the same state, as members that do not wait for each other. */
  dealAll(members = this.members): void {
    const dealings = members.map(member => [member, this.dealing(member)] as const)
    for (const [member, dealing] of dealings) this.say(member, dealing)
  }

  confirmAll(members = this.members): void {
    for (const member of members) this.say(member, this.confirmation(member))
  }

  /** From the start to the new key, with everybody, a sequence for each step. */
  run(kind: CeremonyKind): void {
    for (const member of this.members) if (this.state.ceremony === null) this.start(kind, member)
    for (const round of [() => this.registerAll(), () => this.dealAll(), () => this.confirmAll()]) {
      this.pass(10)
      round()
    }
    this.pass(10)
    this.say(0, this.activation())
    if (kind !== 'rotate') return
    this.pass(10)
    this.say(0, this.handover())
  }
}
