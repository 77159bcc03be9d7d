/** What people are told of the network's shared key: lines of status, and a line for each step of its life. */
import type { CeremonySummaryJson, SharedKeySummaryJson, ThreadTroubleJson } from '../../client/api-types.ts'
import type { CertificateEventJson, KeyEventJson } from '../../client/key-types.ts'

/** @param nameOf of a member, by index */
export function sharedKeyLines(
  { publicKey, keyId, epoch, certifiedSequence, ceremony, trouble }: SharedKeySummaryJson,
  nameOf: (index: number) => string,
): string[] {
  const lines: string[] = []
  if (publicKey === null) lines.push('shared key   none yet')
  else {
    lines.push(`shared key   ${publicKey}`)
    lines.push(`             key ${keyId?.slice(0, 16)}, shares of epoch ${epoch}`)
  }
  if (certifiedSequence > 0) lines.push(`certificate  sequence ${certifiedSequence}, by the shared key`)
  if (ceremony !== null) lines.push(`ceremony     ${ceremonyText(ceremony, nameOf)}`)
  if (trouble !== null) lines.push(`signatures   ${troubleText(trouble)}`)
  return lines
}

function troubleText({ message, times, lastMs, isWorking }: ThreadTroubleJson): string {
  const when = `${times === 1 ? 'once' : `${times} times`}, last at ${new Date(lastMs).toISOString()}`
  return `${isWorking ? 'made again' : 'not made here'}: ${message} (${when})`
}

const PURPOSES = { fresh: 'the first key', refresh: 'new shares of the key', rotate: 'another key' } as const

function ceremonyText(
  { kind, phase, missing }: CeremonySummaryJson,
  nameOf: (index: number) => string,
): string {
  const waits = missing.length === 0 ? '' : `, waits for ${missing.map(nameOf).join(', ')}`
  return `for ${PURPOSES[kind]}: ${phase}${waits}`
}

export function certificateText({ sequence, keyId }: CertificateEventJson): string {
  return `certificate of sequence ${sequence} by key ${keyId.slice(0, 16)}`
}

export function keyEventText(event: KeyEventJson): string {
  switch (event.type) {
    case 'ceremony-started':
      return `ceremony for ${PURPOSES[event.kind]}: begun, epoch ${event.epoch}${event.attempt === 0 ? '' : `, attempt ${event.attempt + 1}`}`
    case 'registered':
      return `ceremony: member ${event.member} registered`
    case 'dealt':
      return `ceremony: member ${event.member} dealt`
    case 'confirmed':
      return `ceremony: member ${event.member} confirmed its share`
    case 'phase':
      return `ceremony: ${event.phase}`
    case 'fault':
      return `ceremony: member ${event.member} is at fault as ${event.role}: ${event.code}`
    case 'failed':
      return `ceremony: failed (${event.reason}), epoch ${event.epoch}, attempt ${event.attempt + 1}`
    case 'asked':
      return `member ${event.member} asks to ${event.request} the key: ${event.votes} of ${event.needed} that are needed`
    case 'activated':
      return `shared key ${event.keyId.slice(0, 16)}: active, shares of epoch ${event.epoch}`
    case 'handed-over':
      return `shared key ${event.handover.oldKeyId.slice(0, 16)}: hands over to ${event.handover.newKeyId.slice(0, 16)}`
    case 'retired':
      return `shared key ${event.keyId.slice(0, 16)}: epoch ${event.epoch} is retired`
    case 'erased':
      return `member ${event.member} erased its share of epoch ${event.epoch}`
    case 'revoked':
      return `shared key ${event.keyId.slice(0, 16)}: revoked`
  }
}
