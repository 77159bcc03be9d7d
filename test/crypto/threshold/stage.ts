import {
  applyActivation,
  applyConfirmation,
  applyDealing,
  applyRegistration,
  type Ceremony,
  closeDealing,
  closeRegistration,
  createCeremony,
  type Fault,
  type Step,
} from '../../../src/crypto/threshold/ceremony.ts'
import { activationMessage } from '../../../src/crypto/threshold/dealings.ts'
import { confirm, deal, register, signActivation } from '../../../src/crypto/threshold/member.ts'
import { nobleCurve } from '../../../src/crypto/threshold/noble-curve.ts'
import type { Dealing } from '../../../src/crypto/threshold/package.ts'
import type { PublicCurve } from '../../../src/crypto/threshold/public-curve.ts'
import type { RandomBytes } from '../../../src/crypto/threshold/scalar.ts'
import type { Session, SessionTerms } from '../../../src/crypto/threshold/session.ts'
import { present } from '../../../src/lib/assert.ts'
import type { SharedKey } from './support.ts'

/** Four members, of whom three sign and one may lie. */
export function termsOf(changes: Partial<SessionTerms> = {}): SessionTerms {
  return {
    networkId: new Uint8Array(32).fill(1),
    epoch: 0,
    attempt: 0,
    startSequence: 10,
    membersHash: new Uint8Array(32).fill(2),
    members: 4,
    threshold: 3,
    faultyMax: 1,
    old: null,
    ...changes,
  }
}

/** Another session in which a shared key gets new shares. */
export function reshareTerms(old: SharedKey, changes: Partial<SessionTerms> = {}): SessionTerms {
  const terms = termsOf({ epoch: 1, startSequence: 90, ...changes })
  return { ...terms, old: { sharing: old.sharing, membersHash: new Uint8Array(32).fill(2) } }
}

export const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i + 1)

/** One ceremony with its members, whose secrets the test knows. Every entry is one that all replicas read. */
export class Stage {
  readonly session: Session
  readonly random: RandomBytes
  ceremony: Ceremony
  readonly decryptionKeys = new Map<number, Uint8Array>()
  readonly shares = new Map<number, Uint8Array>()
  readonly faults: Fault[] = []
  readonly #curve: PublicCurve

  constructor(session: Session, random: RandomBytes, curve: PublicCurve = nobleCurve) {
    this.session = session
    this.random = random
    this.#curve = curve
    this.ceremony = createCeremony(this.session)
  }

  /** The same up to here, and on its own from here on. */
  fork(random: RandomBytes): Stage {
    const fork = new Stage(this.session, random, this.#curve)
    fork.ceremony = this.ceremony
    for (const [member, key] of this.decryptionKeys) fork.decryptionKeys.set(member, key)
    return fork
  }

  /** @returns the faults that this entry shows */
  take({ ceremony, faults }: Step): readonly Fault[] {
    this.ceremony = ceremony
    this.faults.push(...faults)
    return faults
  }

  registerAll(members: readonly number[] = upTo(this.session.members)): this {
    for (const member of members) {
      const { registration, decryptionKey } = register(this.session, member, this.random)
      this.decryptionKeys.set(member, decryptionKey)
      this.take(applyRegistration(this.ceremony, member, registration))
    }
    this.ceremony = closeRegistration(this.ceremony)
    return this
  }

  deal(dealer: number, oldShare: Uint8Array | null = null): Dealing {
    return deal(this.#curve, this.ceremony, dealer, oldShare, this.random)
  }

  applyDealing(dealer: number, dealing: Dealing): readonly Fault[] {
    return this.take(applyDealing(this.#curve, this.ceremony, dealer, dealing))
  }

  /** @param oldShares of a reshare, of member 1 first */
  dealAll(dealers: readonly number[], oldShares: readonly Uint8Array[] = []): this {
    for (const dealer of dealers) this.applyDealing(dealer, this.deal(dealer, oldShares[dealer - 1] ?? null))
    this.ceremony = closeDealing(this.#curve, this.ceremony)
    return this
  }

  confirm(member: number): readonly Fault[] {
    const key = present(this.decryptionKeys.get(member), 'a registered member')
    const { confirmation, share } = confirm(this.#curve, this.ceremony, member, key, this.random)
    if (share !== null) this.shares.set(member, share)
    return this.take(applyConfirmation(this.#curve, this.ceremony, member, confirmation))
  }

  confirmAll(members: readonly number[] = upTo(this.session.members)): this {
    for (const member of members) this.confirm(member)
    return this
  }

  /** The signature that some new shares make of the activation; null when it is none. */
  certificate(members: readonly number[]): Uint8Array | null {
    const qualified = present(this.ceremony.qualified, 'dealings that count')
    const partials = members.map(index => ({
      index,
      signature: signActivation(this.ceremony, present(this.shares.get(index), 'a share')),
    }))
    return qualified.combiner.combine(activationMessage(this.session, qualified), partials, this.random)
      .signature
  }

  activate(members: readonly number[]): readonly Fault[] {
    return this.take(
      applyActivation(this.ceremony, members[0] ?? 1, this.certificate(members) ?? new Uint8Array(48)),
    )
  }

  /** What came out, as one who knows all shares sees it. */
  sharedKey(): SharedKey {
    const { sharing } = present(this.ceremony.qualified, 'dealings that count')
    return {
      sharing,
      shares: upTo(this.session.members).map(member => this.shares.get(member) ?? new Uint8Array(32)),
    }
  }
}
