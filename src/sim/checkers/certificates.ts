import { equalBytes } from '../../lib/bytes.ts'
import { quorum } from '../../pbft/quorum.ts'
import type { Certificate, CommittedEntry, ReplicaId, Statement } from '../../pbft/types.ts'
import { isCertificate } from '../replies.ts'
import type { Checker, CheckerContext } from './checker.ts'
import { saidIn } from './said.ts'

const nameOf = ({ historyDigest, stateRoot, logTimeMs }: Statement): string =>
  `${historyDigest}${stateRoot} at ${logTimeMs}`

/**
 * Certificates of one sequence say the same, and each consists of a quorum's signatures, every one by a member that said just that in
 * a CHECKPOINT; what is executed carries a quorum's COMMITs for it.
 */
export function createCertificates({ options, scope, reader, isFaulty, violation }: CheckerContext): Checker {
  const certified = new Map<number, string>()
  const seen = new WeakSet<Certificate>()
  /** Signatures that hold, by signer and what is signed. */
  const valid = new Map<string, Uint8Array>()
  /** By member and sequence. */
  const said = new Map<string, string>()

  function look(holder: ReplicaId, certificate: Certificate | null): void {
    if (certificate === null || seen.has(certificate)) return
    seen.add(certificate)
    const { sequence } = certificate.statement
    const name = nameOf(certificate.statement)
    const known = certified.get(sequence)
    if (known !== undefined && known !== name) violation(`two certificates for ${sequence} differ`)
    certified.set(sequence, name)
    if (!isValid(certificate, `${sequence} ${name}`))
      violation(`member ${holder} holds a certificate for ${sequence} that does not hold`)
    for (const { replica } of certificate.signatures) compareWithSaid(holder, replica, sequence, name)
  }

  function isValid(certificate: Certificate, name: string): boolean {
    const { signatures } = certificate
    const isKnown = signatures.every(({ replica, signature }) => {
      const known = valid.get(`${replica} ${name}`)
      return known !== undefined && equalBytes(known, signature)
    })
    const signers = new Set(signatures.map(({ replica }) => replica))
    if (isKnown && signers.size === signatures.length && signers.size >= quorum(options.n)) return true
    if (!isCertificate(scope, certificate)) return false
    for (const { replica, signature } of signatures) valid.set(`${replica} ${name}`, signature)
    return true
  }

  function compareWithSaid(holder: ReplicaId, signer: ReplicaId, sequence: number, name: string): void {
    if (isFaulty(signer)) return
    const slot = `${signer}/${sequence}`
    // Signed, written and counted by itself after a crash: nobody else has heard it.
    if (holder === signer && !said.has(slot)) said.set(slot, name)
    if (said.get(slot) !== name)
      violation(`a certificate for ${sequence} has a signature of ${signer}, which never said so`)
  }

  function lookAtCommits({ proposal, commits }: CommittedEntry): void {
    const { sequence, digest } = proposal
    const [first] = commits
    const isOfProposal = commits.every(
      ({ message }) =>
        message.sequence === sequence && message.digest === digest && message.view === first?.message.view,
    )
    const senders = new Set(commits.map(({ sender }) => sender))
    if (!isOfProposal || senders.size < quorum(options.n))
      violation(`what was executed at ${sequence} lacks a quorum's COMMITs`)
  }

  return {
    onPublished(member, bytes) {
      const opened = saidIn(reader, bytes)
      if (typeof opened === 'string') return
      // What was signed and written just before a crash is said afterwards, as something that was said before.
      for (const { sender, message } of [...opened.attached, ...opened.messages])
        if (message.type === 'checkpoint')
          said.set(`${sender}/${message.statement.sequence}`, nameOf(message.statement))
      // Whoever counted its own signature after a crash may show the certificate before anything else.
      for (const { message } of opened.messages)
        if (message.type === 'status' || message.type === 'view-change') look(member, message.stable)
    },
    onLook: (member, runtime) => look(member, runtime.stable),
    onInstalled: look,
    onExecuted(member, { entry, outcome }) {
      const { sequence, historyDigest } = outcome.segment
      const known = certified.get(sequence)
      if (known !== undefined && !known.startsWith(historyDigest))
        violation(`member ${member} executed something else at ${sequence} than what is certified`)
      lookAtCommits(entry)
    },
  }
}
