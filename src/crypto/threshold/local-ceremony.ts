import { assert, present } from '../../lib/assert.ts'
import {
  applyActivation,
  applyConfirmation,
  applyDealing,
  applyRegistration,
  type Ceremony,
  closeDealing,
  createCeremony,
  type Step,
} from './ceremony.ts'
import { activationMessage } from './dealings.ts'
import { confirm, deal, register, signActivation } from './member.ts'
import type { PublicCurve } from './public-curve.ts'
import type { RandomBytes } from './scalar.ts'
import { dealersOf, type Session } from './session.ts'
import type { PublicSharing } from './signature.ts'

/**
 * A whole ceremony in one process, by the same steps as between nodes: for applications that hold all shares at first and hand them
 * out, and to see how the steps fit together. Nobody lies here, so a fault is our own.
 */
export interface LocalKeys {
  readonly sharing: PublicSharing
  /** 32 bytes each, secret, of member 1 first. */
  readonly shares: readonly Uint8Array[]
}

/** @param oldShares of a key that stays, by coordinate, as many as its threshold; empty for a fresh key */
export function runLocalCeremony(
  curve: PublicCurve,
  session: Session,
  oldShares: ReadonlyMap<number, Uint8Array>,
  random: RandomBytes,
): LocalKeys {
  const members = upTo(session.members)
  let ceremony: Ceremony = createCeremony(session)
  const apply = (step: Step) => {
    const [fault] = step.faults
    assert(fault === undefined, `a member of our own is at fault: ${fault?.code}`)
    ceremony = step.ceremony
  }
  const decryptionKeys = members.map(member => {
    const { registration, decryptionKey } = register(session, member, random)
    apply(applyRegistration(ceremony, member, registration))
    return decryptionKey
  })
  const dealers = session.old === null ? upTo(dealersOf(session)) : [...oldShares.keys()]
  const closed = ceremony
  for (const dealer of dealers) {
    const dealing = deal(curve, closed, dealer, oldShares.get(dealer) ?? null, random)
    if (ceremony.phase === 'dealing') apply(applyDealing(curve, ceremony, dealer, dealing))
  }
  ceremony = closeDealing(curve, ceremony)
  const shares = members.map((member, i) => {
    const decryptionKey = present(decryptionKeys[i], 'a decryption key')
    const { confirmation, share } = confirm(curve, ceremony, member, decryptionKey, random)
    apply(applyConfirmation(curve, ceremony, member, confirmation))
    decryptionKey.fill(0)
    return present(share, 'a share')
  })
  const qualified = present(ceremony.qualified, 'dealings that count')
  const partials = shares.map((share, i) => ({ index: i + 1, signature: signActivation(ceremony, share) }))
  const { signature } = qualified.combiner.combine(activationMessage(session, qualified), partials, random)
  apply(applyActivation(ceremony, 1, present(signature, 'a certificate')))
  return { sharing: qualified.sharing, shares }
}

const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i + 1)
