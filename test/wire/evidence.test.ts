import { describe, expect, it } from 'vitest'
import { verifySignature } from '../../src/crypto/identity.ts'
import { Forensics } from '../../src/pbft/forensics.ts'
import { type Certificate, sequence, type Verified, view } from '../../src/pbft/types.ts'
import { type Evidence, encodeEvidence, judge } from '../../src/wire/evidence.ts'
import type { Scope } from '../../src/wire/scope.ts'
import { said, scope } from './fixtures.ts'
import { certificateOf, digestOf, newViewDraft, sampleStatement } from './samples.ts'

/** Proofs with real signatures, and what is no proof. */
const LOG_WINDOW = 1_000
const vote = (type: 'prepare' | 'commit', v: number, byte: number) =>
  ({ type, view: view(v), sequence: sequence(301), digest: digestOf(byte) }) as const
const leaving = { type: 'view-change', view: view(6), stable: null, prepared: [] } as const

function evidenceOf(messages: readonly Verified[], certificates: readonly Certificate[] = []) {
  const forensics = new Forensics({ epoch: scope.epoch, n: scope.memberKeys.length, logWindow: LOG_WINDOW })
  for (const message of messages) forensics.add(message)
  for (const certificate of certificates) forensics.addCertificate(certificate)
  return forensics.charges.map(encodeEvidence)
}

function convinces(evidence: Evidence, keys: Scope = scope): boolean {
  const claims = judge(keys, LOG_WINDOW, evidence)
  return claims?.every(one => verifySignature(one.publicKey, one.bytes, one.signature)) ?? false
}

const cases: readonly [string, readonly Verified[], readonly Certificate[]][] = [
  ['two-votes', [said(1, vote('prepare', 4, 1)), said(1, vote('commit', 4, 2))], []],
  ['forgotten-commit', [said(1, vote('commit', 4, 1)), said(1, leaving)], []],
  ['invalid-new-view', [said(1, { ...newViewDraft(), proposals: [] })], []],
  [
    'two-checkpoints',
    [],
    [certificateOf(sampleStatement, [1]), certificateOf({ ...sampleStatement, logTimeMs: 7 }, [1])],
  ],
]

describe('evidence', () => {
  it.each(cases)('of %s convinces by the signatures of the accused', (fault, messages, certificates) => {
    const [evidence, ...others] = evidenceOf(messages, certificates)
    expect(others).toEqual([])
    expect(evidence).toMatchObject({ fault, replica: 1 })
    expect(convinces(evidence as Evidence)).toBe(true)
  })

  it.each(cases)('of %s convinces nobody who knows other keys', (_fault, messages, certificates) => {
    const [evidence] = evidenceOf(messages, certificates)
    const memberKeys = scope.memberKeys.map((_key, i) => scope.memberKeys[(i + 1) % 4] as Uint8Array)
    expect(convinces(evidence as Evidence, { ...scope, memberKeys })).toBe(false)
  })

  it('of one fault is none of another', () => {
    for (const [fault] of cases) {
      for (const [other, messages, certificates] of cases) {
        const [evidence] = evidenceOf(messages, certificates)
        const renamed = { ...(evidence as Evidence), fault: fault as Evidence['fault'] }
        expect(convinces(renamed), `${other} as ${fault}`).toBe(fault === other)
      }
    }
  })

  it('is not made by leaving out what a NEW-VIEW names', () => {
    const honest = said(1, newViewDraft())
    const stripped = { ...honest, proof: { ...honest.proof, attachments: [] } }
    const claimed = encodeEvidence({ fault: 'invalid-new-view', replica: honest.sender, proof: [stripped] })
    expect(convinces(claimed)).toBe(false)
  })
})
