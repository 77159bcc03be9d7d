import { quorum } from '../../pbft/quorum.ts'
import type { Certificate } from '../../pbft/types.ts'
import type { Checker, CheckerContext } from './checker.ts'

/** Certificates of one sequence say the same, come from a quorum, and say what correct members executed. */
export function createCertificates({ options, violation }: CheckerContext): Checker {
  const certified = new Map<number, string>()
  const seen = new WeakSet<Certificate>()

  function look(certificate: Certificate | null): void {
    if (certificate === null || seen.has(certificate)) return
    seen.add(certificate)
    const { sequence, historyDigest, stateRoot } = certificate.statement
    const name = `${historyDigest}${stateRoot}`
    const known = certified.get(sequence)
    if (known !== undefined && known !== name) violation(`two certificates for ${sequence} differ`)
    certified.set(sequence, name)
    if (certificate.signatures.length < quorum(options.n))
      violation(`the certificate for ${sequence} lacks a quorum`)
  }

  return {
    onLook: (_member, runtime) => look(runtime.stable),
    onInstalled: (_member, certificate) => look(certificate),
    onExecuted(member, { outcome }) {
      const { sequence, historyDigest } = outcome.segment
      const known = certified.get(sequence)
      if (known !== undefined && !known.startsWith(historyDigest))
        violation(`member ${member} executed something else at ${sequence} than what is certified`)
    },
  }
}
