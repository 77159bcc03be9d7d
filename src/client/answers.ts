/** The JSON of the API as shapes, field by field as the types say: whatever a node answers is held against these before it is used. */
import type * as api from './api-types.ts'
import { QuorateClientError } from './error.ts'
import type * as key from './key-types.ts'
import type { HandoverJson, StatementJson, ThresholdCertificateJson } from './proof-types.ts'
import {
  amount,
  count,
  flag,
  hex,
  isRecord,
  list,
  nullable,
  object,
  oneOf,
  optional,
  type Shape,
  text,
  timeMs,
  variants,
  word,
} from './shapes.ts'

/** A polynomial has as many points as shares sign, and each costs whoever computes with it a millisecond. */
const POINTS_MAX = 1_024
/** Characters of what is wrong, and where. */
const FAULT_CHARS_MAX = 200

/** @param what the value is, for the message @throws QuorateClientError BAD_ANSWER */
export function checked<T>(shape: Shape<T>, value: unknown, what: string): T {
  const fault = shape.fault(value)
  if (fault !== null) throw badAnswer(`${what}${fault}`)
  return value as T
}

/** @param fault what is wrong with it, where that can be said */
export function badAnswer(fault?: string, cause?: unknown): QuorateClientError {
  const why = fault === undefined ? '' : `: ${fault.slice(0, FAULT_CHARS_MAX)}`
  const message = `The answer is not one of the API of quorate${why}.`
  return new QuorateClientError({ code: 'BAD_ANSWER', message }, cause === undefined ? {} : { cause })
}

const hash = hex(32)
const shortHex = hex(48)
const longHex = hex(96)
const kind = oneOf<api.CeremonyKindJson>('fresh', 'refresh', 'rotate')

export const errorShape: Shape<api.ErrorJson> = object<api.ErrorJson>({ code: text, message: text })

const committed = {
  id: hash,
  state: oneOf('committed'),
  sequence: count,
  position: count,
  logTimeMs: timeMs,
  result: object<api.CommittedJson['result']>({ code: count, data: text }),
}
const accepted = {
  id: hash,
  state: oneOf('accepted'),
  timedOut: optional(oneOf(true)),
  message: optional(text),
  next: optional(text),
}
export const transactionStatusShape: Shape<api.TransactionStatusJson> = variants<
  'state',
  api.TransactionStatusJson
>('state', {
  committed: object<api.CommittedJson>(committed),
  accepted: object<api.AcceptedJson>(accepted),
  expired: object<api.ExpiredJson>({ id: hash, state: oneOf('expired') }),
})

const statement = object<StatementJson>({
  epoch: count,
  sequence: count,
  historyDigest: hash,
  stateRoot: hash,
  membersHash: hash,
  logTimeMs: timeMs,
})

export const stateShape: Shape<api.StateJson> = object<api.StateJson>({
  key: text,
  value: nullable(text),
  proof: text,
  sequence: count,
  applicationRoot: hash,
  certificate: nullable(
    object<api.CertificateJson>({
      statement,
      signatures: list(
        object<api.CertificateJson['signatures'][number]>({ replica: count, signature: text }),
      ),
    }),
  ),
})

const ceremonySummary = {
  kind,
  phase: oneOf<api.CeremonySummaryJson['phase']>(
    'registering',
    'dealing',
    'confirming',
    'activating',
    'handing-over',
  ),
  missing: list(count),
}

const sharedKeySummary = object<api.SharedKeySummaryJson>({
  publicKey: nullable(longHex),
  keyId: nullable(hash),
  epoch: nullable(count),
  certifiedSequence: count,
  ceremony: nullable(object<api.CeremonySummaryJson>(ceremonySummary)),
  trouble: nullable(
    object<api.ThreadTroubleJson>({
      reason: oneOf('timed-out', 'ended', 'broken', 'unavailable'),
      message: text,
      times: count,
      lastMs: timeMs,
      isWorking: flag,
    }),
  ),
})

export const statusShape: Shape<api.StatusJson> = object<api.StatusJson>({
  networkId: hash,
  networkName: text,
  role: oneOf('member', 'observer'),
  index: nullable(count),
  name: text,
  peerId: text,
  state: oneOf('starting', 'recovering', 'ready', 'stopping', 'failed'),
  epoch: count,
  n: count,
  faultyMax: count,
  quorum: count,
  view: count,
  viewActive: flag,
  primary: count,
  sequence: count,
  stableSequence: count,
  certifiedSequence: count,
  logTimeMs: timeMs,
  pendingTransactions: count,
  pendingBatches: count,
  executedTransactions: count,
  stall: nullable(
    object<api.StallJson>({ code: text, message: text, missing: list(count), sinceMs: amount }),
  ),
  sharedKey: nullable(sharedKeySummary),
  listenAddresses: list(text),
  connections: count,
  application: text,
})

export const membersShape: Shape<{ readonly members: readonly api.MemberJson[] }> = object<{
  readonly members: readonly api.MemberJson[]
}>({
  members: list(
    object<api.MemberJson>({
      index: count,
      name: text,
      peerId: text,
      publicKey: hash,
      self: flag,
      connected: flag,
      lastHeardMs: nullable(timeMs),
      executedSequence: nullable(count),
      view: nullable(count),
    }),
  ),
})

export const peersShape: Shape<{ readonly peers: readonly api.PeerJson[] }> = object<{
  readonly peers: readonly api.PeerJson[]
}>({
  peers: list(
    object<api.PeerJson>({
      peerId: text,
      address: text,
      direction: oneOf('inbound', 'outbound'),
      member: nullable(count),
      score: nullable(amount),
      connectedSinceMs: timeMs,
    }),
  ),
})

export const sequenceShape: Shape<api.SequenceJson> = object<api.SequenceJson>({
  sequence: count,
  digest: hash,
  historyDigest: hash,
  logTimeMs: timeMs,
  view: count,
  transactions: list(object<api.SequenceJson['transactions'][number]>({ id: hash, code: count })),
})

export const gapShape: Shape<api.GapJson> = object<api.GapJson>({ from: count, to: count })

const sharedKey = {
  keyId: hash,
  epoch: count,
  publicKey: longHex,
  polynomial: list(longHex, POINTS_MAX),
  threshold: count,
  members: count,
  activatedSequence: count,
  activatedMs: timeMs,
}

const handover = {
  oldKeyId: hash,
  newKey: longHex,
  epoch: count,
  notBeforeMs: timeMs,
  oldNotAfterMs: timeMs,
  oldSignature: shortHex,
  newSignature: shortHex,
}

export const keysShape: Shape<key.KeysJson> = object<key.KeysJson>({
  networkId: hash,
  active: nullable(object<key.SharedKeyJson>(sharedKey)),
  retiring: list(
    object<key.RetiringKeyJson>({
      ...sharedKey,
      lastSequence: count,
      retiresMs: timeMs,
      retiresSequence: count,
    }),
  ),
  ceremony: nullable(
    object<key.CeremonyJson>({
      ...ceremonySummary,
      epoch: count,
      attempt: count,
      sessionId: hash,
      startSequence: count,
      startMs: timeMs,
      phaseSinceMs: timeMs,
      notBeforeMs: nullable(timeMs),
    }),
  ),
  handovers: list(
    object<HandoverJson>({ ...handover, format: oneOf('quorate-handover/1'), networkId: hash }),
  ),
  rotationVotes: list(count),
  revokeVotes: list(count),
  refreshDueMs: nullable(timeMs),
  certifiedSequence: count,
})

export const thresholdCertificateShape: Shape<ThresholdCertificateJson> = object<ThresholdCertificateJson>({
  purpose: optional(oneOf('checkpoint')),
  networkId: hash,
  keyId: hash,
  epoch: count,
  statement,
  signature: shortHex,
})

type Request = key.KeyRequestJson
export const keyRequestShape: Shape<Request> = variants<'state', Request>('state', {
  executed: object<Extract<Request, { readonly state: 'executed' }>>({
    state: oneOf('executed'),
    sequence: count,
    code: count,
    reason: word,
  }),
  pending: object<{ readonly state: 'pending' }>({ state: oneOf('pending') }),
  expired: object<{ readonly state: 'expired' }>({ state: oneOf('expired') }),
})

export const certificateEventShape: Shape<key.CertificateEventJson> = object<key.CertificateEventJson>({
  sequence: count,
  keyId: hash,
  epoch: count,
  logTimeMs: timeMs,
  signature: shortHex,
})

type KeyEvent = key.KeyEventJson
type KeyEventOf<Type extends KeyEvent['type']> = Extract<KeyEvent, { readonly type: Type }>
const at = { sequence: count, logTimeMs: timeMs }
const ofMember = object<Extract<KeyEvent, { readonly type: 'registered' | 'dealt' | 'confirmed' }>>({
  ...at,
  type: oneOf('registered', 'dealt', 'confirmed'),
  member: count,
})
const KEY_EVENTS = {
  'ceremony-started': object<KeyEventOf<'ceremony-started'>>({
    ...at,
    type: oneOf('ceremony-started'),
    kind,
    epoch: count,
    attempt: count,
    sessionId: hash,
  }),
  registered: ofMember,
  dealt: ofMember,
  confirmed: ofMember,
  phase: object<KeyEventOf<'phase'>>({ ...at, type: oneOf('phase'), phase: word }),
  fault: object<KeyEventOf<'fault'>>({
    ...at,
    type: oneOf('fault'),
    member: count,
    role: oneOf('dealer', 'receiver'),
    code: word,
  }),
  failed: object<KeyEventOf<'failed'>>({
    ...at,
    type: oneOf('failed'),
    reason: word,
    epoch: count,
    attempt: count,
  }),
  asked: object<KeyEventOf<'asked'>>({
    ...at,
    type: oneOf('asked'),
    request: oneOf('rotate', 'revoke'),
    member: count,
    votes: count,
    needed: count,
  }),
  activated: object<KeyEventOf<'activated'>>({
    ...at,
    type: oneOf('activated'),
    kind,
    keyId: hash,
    epoch: count,
    publicKey: longHex,
  }),
  'handed-over': object<KeyEventOf<'handed-over'>>({
    ...at,
    type: oneOf('handed-over'),
    handover: object<KeyEventOf<'handed-over'>['handover']>({ ...handover, newKeyId: hash }),
  }),
  retired: object<KeyEventOf<'retired'>>({ ...at, type: oneOf('retired'), keyId: hash, epoch: count }),
  erased: object<KeyEventOf<'erased'>>({ ...at, type: oneOf('erased'), member: count, epoch: count }),
  revoked: object<KeyEventOf<'revoked'>>({ ...at, type: oneOf('revoked'), keyId: hash }),
} as const

/** @returns null for a step of a kind that only newer nodes know @throws QuorateClientError BAD_ANSWER */
export function keyEventOf(value: unknown): KeyEvent | null {
  const type = isRecord(value) ? value.type : undefined
  if (typeof type !== 'string') throw badAnswer('event.type is not a text')
  const isKnown = Object.hasOwn(KEY_EVENTS, type)
  const shape: Shape<KeyEvent> | null = isKnown ? KEY_EVENTS[type as KeyEvent['type']] : null
  return shape === null ? null : checked(shape, value, 'event')
}
