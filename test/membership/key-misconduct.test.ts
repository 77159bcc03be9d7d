import { describe, expect, it } from 'vitest'
import { complain } from '../../src/crypto/threshold/complaint.ts'
import type { Complaint } from '../../src/crypto/threshold/package.ts'
import { parseRistrettoScalar } from '../../src/crypto/threshold/ristretto.ts'
import { present } from '../../src/lib/assert.ts'
import { REFUSALS_MAX } from '../../src/membership/key-state.ts'
import type { SystemOperation } from '../../src/membership/system-operation.ts'
import { type ReplicaId, replicaId } from '../../src/pbft/types.ts'
import { seededBytes } from '../crypto/threshold/support.ts'
import { KeyLog, rulesFor, TIMES } from './key-log.ts'

/** Members that lie in a ceremony, as the log judges them. Member 1 is the one that does. */
const MALLORY = 1
const rules = rulesFor(4)
const registered = new KeyLog(rules)
registered.pass(0)
registered.start('fresh')
registered.registerAll()

/** All but member 3 dealt, Mallory garbage for member 0. */
const garbled = registered.fork()
garbled.say(0, garbled.dealing(0))
const bad = garbled.dealing(MALLORY)
const ciphertexts = bad.dealing.ciphertexts.with(0, seededBytes('garbage')(48))
garbled.say(MALLORY, { type: 'deal', dealing: { ...bad.dealing, ciphertexts } })
garbled.say(2, garbled.dealing(2))

const dealt = registered.fork()
dealt.dealAll()

/** With right proofs, whether there is a cause or not. */
function complaintOf(log: KeyLog, accuser: number, dealer: number): Complaint {
  const { session, dealings, encryptionKeys } = log.running.ceremony
  const dealing = present(
    dealings.find(other => other.dealer === dealer + 1),
    'a dealing',
  )
  const encryptionKey = present(encryptionKeys.get(accuser + 1), 'a registration')
  const secret = present(
    parseRistrettoScalar(present(log.decryptionKeys.get(replicaId(accuser)), 'a key').slice()),
    'a key',
  )
  const accusation = { session, dealing, accuser: accuser + 1, encryptionKey }
  return complain(accusation, secret, dealing.ephemeral.multiply(secret), log.random)
}

const refusalsOf = (log: KeyLog, member: number) => log.running.refusals.get(replicaId(member)) ?? 0
const kept = (log: KeyLog) => log.running.entries.length

describe('a bad dealer', () => {
  it('is convicted by whom it wronged, and the others make the key', () => {
    const log = garbled.fork()
    const accusation = log.confirmation(0)
    expect(accusation.confirmation.shareProof).toBeNull()
    log.pass(100)
    expect(log.say(0, accusation)).toBe('done')
    expect(log.events).toEqual([{ type: 'fault', member: MALLORY, role: 'dealer', code: 'bad-share' }])
    expect(refusalsOf(log, 0)).toBe(0)
    expect([...log.running.ceremony.convicted]).toEqual([MALLORY + 1])
    expect(log.running.phaseSinceMs).toBe(log.at.logTimeMs)
    log.confirmAll()
    expect(log.running.isReady).toBe(true)
    expect(log.say(2, log.activation())).toBe('done')
  })

  it('is convicted until the activation, which then waits for new confirmations', () => {
    const log = garbled.fork()
    log.confirmAll([1, 2, 3].map(replicaId))
    log.pass(TIMES.graceMs)
    expect(log.running.isReady).toBe(true)
    log.say(0, log.confirmation(0))
    expect(log.running).toMatchObject({ isReady: false, notBeforeMs: null })
    expect(log.running.ceremony.confirmed.size).toBe(0)
  })

  it('whose like are too many ends the ceremony', () => {
    const log = registered.fork()
    for (const dealer of [0, 1, 2]) {
      const { dealing } = log.dealing(dealer)
      const garbage = dealing.ciphertexts.with(3, seededBytes('garbage')(48))
      log.say(dealer, { type: 'deal', dealing: { ...dealing, ciphertexts: garbage } })
    }
    expect(log.say(3, log.confirmation(3))).toBe('done')
    expect(log.state.ceremony).toBeNull()
    expect(log.state.nextAttempt).toBe(1)
    expect(log.events.at(-1)).toMatchObject({ type: 'failed', reason: 'too-few-dealers' })
  })
})

describe('a false accuser', () => {
  it('is not believed, and later not even heard', () => {
    const log = dealt.fork()
    const { confirmation } = log.confirmation(MALLORY)
    const complaints = [complaintOf(log, MALLORY, 0), complaintOf(log, MALLORY, 2)]
    const accuse = {
      type: 'confirm',
      confirmation: { ...confirmation, complaints, shareProof: null },
    } as const
    expect(log.say(MALLORY, accuse)).toBe('done')
    expect(log.events.at(-1)).toEqual({
      type: 'fault',
      member: MALLORY,
      role: 'receiver',
      code: 'false-complaint',
    })
    expect(refusalsOf(log, MALLORY)).toBe(1)
    const before = kept(log)
    expect(log.say(MALLORY, accuse)).toBe('nothing-said')
    expect(kept(log)).toBe(before)
    expect(log.running.ceremony.convicted.size).toBe(0)
    expect(log.say(MALLORY, { type: 'confirm', confirmation })).toBe('done')
    expect(log.running.ceremony.confirmed.has(MALLORY + 1)).toBe(true)
  })
})

describe('what is kept', () => {
  it('has no complaints in it that are passed over', () => {
    const log = dealt.fork()
    const { confirmation } = log.confirmation(MALLORY)
    const nobody = { ...complaintOf(log, MALLORY, 0), dealer: 99 }
    const complaints = Array.from({ length: 300 }, () => nobody)
    expect(log.say(MALLORY, { type: 'confirm', confirmation: { ...confirmation, complaints } })).toBe('done')
    const entry = log.running.entries.at(-1)
    expect(entry).toMatchObject({ type: 'said', operation: { confirmation: { complaints: [] } } })
  })

  it('is nothing that has no effect: what is said again, late, for another session, or without a ceremony', () => {
    const log = dealt.fork()
    const confirmation = log.confirmation(0)
    expect(log.say(0, confirmation)).toBe('done')
    const before = log.running
    expect(log.say(0, confirmation)).toBe('repeated')
    expect(log.say(3, registered.fork().registration(3))).toBe('late')
    const sessionId = new Uint8Array(32)
    const other = { ...confirmation.confirmation, sessionId }
    expect(log.say(2, { type: 'confirm', confirmation: other })).toBe('wrong-session')
    expect(log.running).toEqual(before)
    expect(new KeyLog(rules).say(0, confirmation)).toBe('no-ceremony')
  })
})

describe('lies in a ceremony', () => {
  /** Judged with pairings, and so with a cost. */
  const lie = (log: KeyLog, member: ReplicaId) => {
    const { confirmation } = dealt.fork().confirmation(member)
    const shareProof = present(dealt.fork().confirmation(3).confirmation.shareProof, 'a proof')
    return log.say(member, { type: 'confirm', confirmation: { ...confirmation, shareProof } })
  }

  it('are counted for each member; beyond a number it is not heard again, before any cryptography', () => {
    const log = dealt.fork()
    const mallory = replicaId(MALLORY)
    for (let i = 1; i <= REFUSALS_MAX; i++) {
      expect(lie(log, mallory)).toBe('wrong-share-proof')
      expect(refusalsOf(log, MALLORY)).toBe(i)
    }
    expect(lie(log, mallory)).toBe('not-heard')
    expect(log.say(MALLORY, log.confirmation(MALLORY))).toBe('not-heard')
    expect(log.say(0, log.confirmation(0))).toBe('done')
    const activation = { type: 'activate', certificate: new Uint8Array(48), newSignature: null } as const
    const { id: sessionId } = log.running.ceremony.session
    expect(log.say(MALLORY, { ...activation, sessionId })).toBe('not-heard')
    expect(log.running.refusals.size).toBe(1)
  })

  it('are more than the ACTIVATEs of an honest member that a primary can make late, one for each conviction', () => {
    const log = dealt.fork()
    log.confirmAll()
    const right = log.activation()
    const convicted = new Set(Array.from({ length: REFUSALS_MAX + 1 }, (_, i) => 100 + i))
    log.state = {
      ...log.state,
      ceremony: { ...log.running, ceremony: { ...log.running.ceremony, convicted } },
    }
    const late = {
      ...right,
      certificate: present(dealt.fork().confirmation(3).confirmation.shareProof, 'a proof'),
    }
    for (let i = 0; i < convicted.size; i++) expect(log.say(0, late)).toBe('wrong-certificate')
    const heard = log.fork()
    expect(heard.say(0, right)).toBe('done')
    expect(log.say(0, late)).toBe('wrong-certificate')
    expect(log.say(0, right)).toBe('not-heard')
    expect(refusalsOf(log, 0)).toBe(convicted.size + 1)
  })

  it('a dealing that is none is the dealer’s fault, and its last word', () => {
    const log = registered.fork()
    const { dealing } = log.dealing(MALLORY)
    const raised = { ...dealing, commitments: [...dealing.commitments, ...dealing.commitments.slice(-1)] }
    expect(log.say(MALLORY, { type: 'deal', dealing: raised })).toBe('wrong-degree')
    expect(log.events).toEqual([{ type: 'fault', member: MALLORY, role: 'dealer', code: 'wrong-degree' }])
    expect(log.say(MALLORY, { type: 'deal', dealing })).toBe('not-heard')
    expect(refusalsOf(log, MALLORY)).toBe(REFUSALS_MAX)
    log.dealAll([0, 2, 3].map(replicaId))
    expect(log.say(MALLORY, log.confirmation(MALLORY))).toBe('not-heard')
    log.confirmAll([0, 2, 3].map(replicaId))
    log.pass(TIMES.graceMs)
    expect(log.say(0, log.activation())).toBe('done')
  })

  it('so is a second dealing after one that counts, which goes on to count', () => {
    const log = registered.fork()
    log.say(MALLORY, { type: 'confirm', confirmation: dealt.fork().confirmation(MALLORY).confirmation })
    expect(refusalsOf(log, MALLORY)).toBe(0)
    const dealing = log.dealing(MALLORY)
    expect(log.say(MALLORY, dealing)).toBe('done')
    expect(log.say(MALLORY, dealing)).toBe('repeated')
    expect(refusalsOf(log, MALLORY)).toBe(0)
    expect(log.say(MALLORY, log.dealing(MALLORY))).toBe('equivocation')
    expect(log.say(MALLORY, dealing)).toBe('not-heard')
    expect(log.running.ceremony.dealings).toHaveLength(1)
  })

  it('are forgotten with the ceremony', () => {
    const log = dealt.fork()
    lie(log, replicaId(MALLORY))
    log.pass(10 * TIMES.deadlineMs)
    log.start('fresh')
    expect(log.running.refusals.size).toBe(0)
  })
})

describe('a dealer that deals garbage to itself in a rotation', () => {
  const log = new KeyLog(rules)
  log.run('fresh')
  for (const member of [0, 2]) log.start('rotate', member)
  log.pass(10)
  log.registerAll()
  const lie = log.dealing(MALLORY)
  const toItself = lie.dealing.ciphertexts.with(MALLORY, new Uint8Array(48))
  log.say(MALLORY, { type: 'deal', dealing: { ...lie.dealing, ciphertexts: toItself } })
  for (const member of [0, 2]) log.say(member, log.dealing(member))
  log.pass(10)
  log.confirmAll([0, 2, 3].map(replicaId))
  log.pass(TIMES.graceMs)
  const { notBeforeMs } = log.running
  const accusation: SystemOperation = {
    type: 'confirm',
    confirmation: {
      sessionId: log.running.ceremony.session.id,
      dealingsHash: present(log.running.ceremony.qualified, 'dealings').hash,
      complaints: [complaintOf(log, MALLORY, MALLORY)],
      shareProof: null,
    },
  }

  it('is heard with a complaint as long as the old key has signed nothing', () => {
    const other = log.fork()
    const activation = other.activation()
    expect(other.say(MALLORY, accusation)).toBe('done')
    expect(other.running.ceremony.convicted.has(MALLORY + 1)).toBe(true)
    expect(other.say(0, activation)).toBe('early')
    other.pass(10)
    other.confirmAll()
    other.pass(TIMES.graceMs)
    // What the new shares signed before was of another key, and is worth nothing.
    expect(other.say(0, activation)).toBe('wrong-handover')
    expect(other.say(2, other.activation())).toBe('done')
    expect(other.say(2, other.handover())).toBe('done')
    expect(other.state.handovers).toHaveLength(1)
  })

  it('is not heard any more when it signs its hand-over: there would be two', () => {
    const other = log.fork()
    expect(other.say(0, other.activation())).toBe('done')
    const fixed = other.running
    expect(other.say(MALLORY, accusation)).toBe('late')
    expect(other.say(MALLORY, { ...lie })).toBe('late')
    expect(other.running).toBe(fixed)
    expect(other.say(2, other.handover())).toBe('done')
    expect(other.state.handovers).toMatchObject([{ notBeforeMs }])
  })
})
