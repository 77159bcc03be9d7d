import { digest, type Statement, sequence } from '../../pbft/types.ts'
import { decodeThresholdCertificate, encodeThresholdCertificate } from '../../wire/convert.ts'
import { WireThresholdCertificate } from '../../wire/pb/messages.ts'
import type { ThresholdCertificate } from '../../wire/statement.ts'
import { flipped } from '../replies.ts'
import type { Behaviour, Lair } from './behaviour.ts'
import { flippedAt } from './twisted-vault.ts'

type Lie = (certificate: ThresholdCertificate) => ThresholdCertificate

const about =
  (change: (statement: Statement) => Partial<Statement>): Lie =>
  certificate => ({
    ...certificate,
    statement: { ...certificate.statement, ...change(certificate.statement) },
  })

const LIES: Readonly<Record<string, Lie>> = {
  'another history': about(({ historyDigest }) => ({ historyDigest: digest(flipped(historyDigest)) })),
  'another state': about(({ stateRoot }) => ({ stateRoot: digest(flipped(stateRoot)) })),
  'a later sequence': about(({ sequence: at }) => ({ sequence: sequence(at + 1) })),
  'other members': about(({ epoch }) => ({ epoch: epoch + 1 })),
  'another epoch': certificate => ({ ...certificate, epoch: certificate.epoch + 1 }),
  'another key': certificate => ({ ...certificate, keyId: flippedAt(certificate.keyId, 0) }),
  'another signature': certificate => ({ ...certificate, signature: flippedAt(certificate.signature, 40) }),
}

/**
 * Answers with certificates that say something else, that are old, or that are none. Aims at whoever lacks one: what it is given counts when it holds
 * under the key that its own log names.
 */
export function createLyingCertificates(lair: Lair): Behaviour {
  const { prng } = lair
  let first: Uint8Array | null = null

  function lie(answer: Uint8Array): Uint8Array {
    const certificate = decodeThresholdCertificate(WireThresholdCertificate.decode(answer))
    if (certificate === null) return answer
    const what = prng.pick(Object.keys(LIES))
    lair.did(what)
    return WireThresholdCertificate.encode(
      encodeThresholdCertificate(LIES[what]?.(certificate) ?? certificate),
    )
  }

  return {
    answer(protocol, _, answer) {
      if (protocol !== 'certificate' || prng.chance(0.1)) return answer
      if (prng.chance(0.2)) {
        lair.did('no answer ever')
        return undefined
      }
      if (answer === null || prng.chance(0.1)) {
        lair.did('junk')
        return new Uint8Array(prng.pick([0, 1, 500, 70_000])).fill(prng.between(0, 255))
      }
      first ??= answer
      if (prng.chance(0.8)) return lie(answer)
      lair.did('an old one')
      return first
    },
  }
}
