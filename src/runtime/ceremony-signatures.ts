import { sha256 } from '../crypto/hash.ts'
import { activationMessage } from '../crypto/threshold/dealings.ts'
import type { PublicSharing } from '../crypto/threshold/signature.ts'
import { present } from '../lib/assert.ts'
import { equalBytes, toHex } from '../lib/bytes.ts'
import type { Logger } from '../lib/logger.ts'
import type { ThresholdParameters } from '../membership/genesis.ts'
import { pendingHandover } from '../membership/key-activation.ts'
import type { KeyState, RunningCeremony } from '../membership/key-state.ts'
import type { SystemOperation } from '../membership/system-operation.ts'
import type { MemberPartial, OwnPartial, PartialPurpose } from '../wire/partial.ts'
import type { Scope } from '../wire/scope.ts'
import { handoverMessage } from '../wire/statement.ts'
import type { Custody } from './custody.ts'
import { type JointMessage, JointSignature } from './joint-signature.ts'
import type { PartialGuard } from './partial-guard.ts'
import type { PartialPool } from './partials.ts'
import type { Clock, ThresholdWorker } from './ports.ts'

/**
 * What members sign together at the end of a ceremony: the activation, by the new shares; and when the key is a new one, its hand-over, by the
 * new shares first, and by the old ones when the log has fixed it. Parts of others are gathered as soon as it is known what will be
 * signed, ours are made when the log says that these shares may sign. Whoever has enough of each can end the ceremony.
 *
 * A dealer that is convicted late changes the new shares and with them what they sign, so each such message is a slot of its own. For the old
 * shares there is one slot in a ceremony: they sign one hand-over.
 */
export interface CeremonySignaturesComponents {
  readonly scope: Scope
  readonly times: ThresholdParameters
  readonly clock: Pick<Clock, 'nowMs'>
  readonly logger: Logger
  readonly custody: Custody
  readonly pool: PartialPool
  readonly guard: PartialGuard
  readonly worker: ThresholdWorker
  publish(partial: OwnPartial): void
  addOwn(partial: OwnPartial): void
  isStopped(): boolean
  /** All signatures may be there. */
  onSignature(): void
}

const SAY_AGAIN_MS = 250
const SAY_AGAIN_MAX_MS = 1_000

type Role = 'activation' | 'old' | 'new'

interface Asked {
  readonly role: Role
  readonly slot: string
  readonly joint: JointSignature
  againMs: number
  pauseMs: number
}

export class CeremonySignatures {
  readonly #components: CeremonySignaturesComponents
  #asked: readonly Asked[] = []

  constructor(components: CeremonySignaturesComponents) {
    this.#components = components
  }

  get size(): number {
    return this.#asked.length
  }

  /** What the log now asks for; what it asks for no more is forgotten. */
  follow(keys: KeyState): void {
    this.#asked = this.#wanted(keys).map(([role, slot, message]) => {
      const known = this.#asked.find(asked => asked.role === role && isSame(asked.joint.message, message))
      return known ?? { role, slot, joint: this.#create(slot, message), againMs: 0, pauseMs: SAY_AGAIN_MS }
    })
  }

  isAwaited(partial: MemberPartial): boolean {
    return this.#asked.some(({ joint }) => isSame(joint.message, partial))
  }

  /** Combines what can be. */
  onPartial(): void {
    for (const { joint } of this.#asked) joint.combine(() => this.#components.onSignature())
  }

  /** The new shares may sign, and ours is one of them: says our parts, again and again while they may be needed. */
  say(nowMs: number): void {
    for (const asked of this.#asked) {
      const { joint } = asked
      if (joint.signature !== null) continue
      if (!joint.isSigned) joint.sign(() => this.onPartial())
      else if (nowMs >= asked.againMs) {
        if (asked.againMs > 0) joint.sayAgain()
        asked.againMs = nowMs + asked.pauseMs
        asked.pauseMs = Math.min(2 * asked.pauseMs, SAY_AGAIN_MAX_MS)
      }
    }
    this.onPartial()
  }

  /** What ends the ceremony, or brings it to its last step; null while a signature is missing. */
  ending({ ceremony, kind, newSignature: fixed }: RunningCeremony): SystemOperation | null {
    const of = (role: Role) => this.#asked.find(asked => asked.role === role)?.joint.signature ?? null
    const [certificate, newSignature, oldSignature] = [of('activation'), of('new'), of('old')]
    const { id: sessionId } = ceremony.session
    if (fixed !== null) return oldSignature && { type: 'hand-over', sessionId, oldSignature }
    if (certificate === null || (kind === 'rotate' && newSignature === null)) return null
    return { type: 'activate', sessionId, certificate, newSignature }
  }

  #wanted(keys: KeyState): readonly (readonly [Role, string, JointMessage])[] {
    const { ceremony: running, active } = keys
    const qualified = running?.ceremony.qualified ?? null
    if (running === null || qualified === null || running.ceremony.phase !== 'confirming') return []
    const { session } = running.ceremony
    const { sharing } = qualified
    const pending = pendingHandover(this.#components.times, keys)
    const handover = pending && handoverMessage(this.#components.scope.networkId, pending)
    if (running.newSignature !== null) {
      const old = present(active, 'the key that hands over')
      const message = present(handover, 'a hand-over')
      const slot = `handover/${old.epoch}/${toHex(session.id)}`
      return [['old', slot, messageOf('handover', old.epoch, old.sharing, message)]]
    }
    const activation = messageOf('activate', session.epoch, sharing, activationMessage(session, qualified))
    const wanted: (readonly [Role, string, JointMessage])[] = [
      ['activation', `activate/${toHex(session.id)}/${toHex(qualified.hash)}`, activation],
    ]
    if (handover !== null) {
      // Not by what the dealings add up to: two that cancel each other out can be convicted, and the time that is signed is another one.
      const slot = `handover/${session.epoch}/${toHex(qualified.hash)}`
      wanted.push(['new', slot, messageOf('handover', session.epoch, sharing, handover)])
    }
    return wanted
  }

  #create(slot: string, message: JointMessage): JointSignature {
    const { clock, worker, pool, custody, guard, logger, publish, addOwn, isStopped } = this.#components
    const { purpose, epoch, subject, sharing } = message
    return new JointSignature(message, {
      clock,
      worker,
      pool,
      share: () => custody.share(epoch, sharing),
      permit: permitted => guard.sign(slot, subject, permitted),
      publish,
      addOwn,
      isStopped,
      onCulprits: indices =>
        logger.warn(
          { purpose, epoch, members: indices.map(index => index - 1) },
          'partial signatures were wrong',
        ),
    })
  }
}

function messageOf(
  purpose: PartialPurpose,
  epoch: number,
  sharing: PublicSharing,
  message: Uint8Array,
): JointMessage {
  return { purpose, epoch, sequence: 0, subject: sha256(message), message, sharing }
}

function isSame(
  a: Pick<MemberPartial, 'purpose' | 'epoch' | 'subject'>,
  b: Pick<MemberPartial, 'purpose' | 'epoch' | 'subject'>,
): boolean {
  return a.purpose === b.purpose && a.epoch === b.epoch && equalBytes(a.subject, b.subject)
}
