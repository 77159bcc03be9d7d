import { equalBytes, toHex } from '../../lib/bytes.ts'
import { openPartial } from '../../wire/partial.ts'
import { isRejection } from '../../wire/rejection.ts'
import type { ThresholdCertificate } from '../../wire/statement.ts'
import type { Checker, CheckerContext } from './checker.ts'

/**
 * What must hold of the network's key: one certificate for one sequence, whoever made it, and of what was executed; no share of a correct
 * member signs two checkpoints of one sequence; and no correct member is at fault in a ceremony, however often it fell down in it.
 */
export function createKeys({ scope, isFaulty, violation }: CheckerContext): Checker {
  const certificates = new Map<number, ThresholdCertificate>()
  const executed = new Map<number, string>()
  const signed = new Map<string, string>()
  return {
    onExecuted(_member, { outcome: { segment } }) {
      executed.set(segment.sequence, segment.historyDigest)
    },
    onCertificate(member, certificate) {
      const { statement, signature } = certificate
      const at = statement.sequence
      const known = certificates.get(at)
      if (known === undefined) certificates.set(at, certificate)
      else if (known.epoch !== certificate.epoch || !equalBytes(known.signature, signature))
        violation(`member ${member} has another certificate of ${at}`)
      const history = executed.get(at)
      if (history !== undefined && history !== statement.historyDigest)
        violation(`member ${member} has a certificate of ${at} that was not executed so`)
    },
    onPartial(member, bytes) {
      const opened = openPartial(scope, bytes)
      if (isRejection(opened)) return violation(`member ${member} said what nobody can read: ${opened.code}`)
      const { purpose, epoch, sequence, subject } = opened.partial
      if (purpose !== 'checkpoint') return
      const slot = `${member}/${epoch}/${sequence}`
      const before = signed.get(slot) ?? toHex(subject)
      signed.set(slot, before)
      if (before !== toHex(subject)) violation(`member ${member} signed two checkpoints of ${sequence}`)
    },
    onKeyEvent(_member, event) {
      if (event.type === 'fault' && !isFaulty(event.member))
        violation(`member ${event.member} is at fault in a ceremony at ${event.sequence}: ${event.code}`)
    },
  }
}
