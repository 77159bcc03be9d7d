/** The JSON of what the API says of the network's shared key, as schemas. */
import { z } from 'zod'
import type * as api from '../../client/api-types.ts'
import type * as key from '../../client/key-types.ts'
import type { HandoverJson, ThresholdCertificateJson } from '../../client/proof-types.ts'
import { count, hex, logTimeMs, statement } from './schema-fields.ts'

const keyId = () => hex(32).meta({ description: 'SHA-256 of the public key.' })
const publicKey = () => hex(96).meta({ description: 'BLS12-381, compressed point of G2.' })
const signature = () => hex(48).meta({ description: 'BLS12-381, compressed point of G1.' })
const kind = () => z.enum(['fresh', 'refresh', 'rotate'])

const ceremonySummary = z.object({
  kind: kind().meta({
    description: 'fresh: the first key. refresh: the same key, dealt again. rotate: another key.',
  }),
  phase: z.enum(['registering', 'dealing', 'confirming', 'activating', 'handing-over']),
  missing: z.array(count()).meta({ description: 'Members from whom the phase waits for something.' }),
}) satisfies z.ZodType<api.CeremonySummaryJson>

const trouble = z.object({
  reason: z.enum(['timed-out', 'ended', 'broken', 'unavailable']).meta({
    description: 'timed-out: it hung. ended: it died. broken: it was wrong.',
  }),
  message: z.string(),
  times: count().meta({ description: 'How often since it was well for an hour.' }),
  lastMs: count().meta({ description: 'Milliseconds since 1970.' }),
  isWorking: z.boolean().meta({ description: 'Another one is at work.' }),
}) satisfies z.ZodType<api.ThreadTroubleJson>

export const sharedKeySummary = z.object({
  publicKey: publicKey().nullable(),
  keyId: keyId().nullable(),
  epoch: count().nullable().meta({ description: 'How often shares of the keys were dealt.' }),
  certifiedSequence: count().meta({
    description: 'Last sequence with a certificate under the key; 0: none.',
  }),
  ceremony: ceremonySummary.nullable(),
  trouble: trouble.nullable().meta({
    description: 'What went wrong with the thread that signs here; null: nothing.',
  }),
}) satisfies z.ZodType<api.SharedKeySummaryJson>

const sharedKey = z.object({
  keyId: keyId(),
  epoch: count(),
  publicKey: publicKey(),
  polynomial: z.array(hex(96)).meta({
    description: 'Points of G2, the key first: the public shares follow from these.',
  }),
  threshold: count().meta({ description: 'Shares that sign.' }),
  members: count().meta({ description: 'Shares that there are.' }),
  activatedSequence: count(),
  activatedMs: logTimeMs(),
}) satisfies z.ZodType<key.SharedKeyJson>

const retiringKey = sharedKey.extend({
  lastSequence: count().meta({ description: 'The last sequence that it certifies.' }),
  retiresMs: logTimeMs(),
  retiresSequence: count(),
}) satisfies z.ZodType<key.RetiringKeyJson>

const ceremony = ceremonySummary.extend({
  epoch: count(),
  attempt: count(),
  sessionId: hex(32),
  startSequence: count(),
  startMs: logTimeMs(),
  phaseSinceMs: logTimeMs(),
  notBeforeMs: logTimeMs().nullable(),
}) satisfies z.ZodType<key.CeremonyJson>

const handoverFields = z.object({
  oldKeyId: keyId(),
  newKey: publicKey(),
  epoch: count(),
  notBeforeMs: logTimeMs(),
  oldNotAfterMs: logTimeMs(),
  oldSignature: signature(),
  newSignature: signature(),
})

const handover = handoverFields.extend({
  format: z.literal('quorate-handover/1'),
  networkId: hex(32),
}) satisfies z.ZodType<HandoverJson>

export const keys = z.object({
  networkId: hex(32),
  active: sharedKey.nullable(),
  retiring: z.array(retiringKey),
  ceremony: ceremony.nullable(),
  handovers: z.array(handover).meta({ description: 'Oldest first.' }),
  rotationVotes: z.array(count()).meta({ description: 'Members that ask for another key, each for a day.' }),
  revokeVotes: z
    .array(count())
    .meta({ description: 'Members that ask for the end of this one, each for a day.' }),
  refreshDueMs: logTimeMs().nullable(),
  certifiedSequence: count(),
}) satisfies z.ZodType<key.KeysJson>

export const thresholdCertificate = z.object({
  purpose: z.literal('checkpoint').optional(),
  networkId: hex(32),
  keyId: keyId(),
  epoch: count().meta({ description: 'Of the shares that signed.' }),
  statement,
  signature: signature(),
}) satisfies z.ZodType<ThresholdCertificateJson>

export const keyRequest = z.union([
  z.object({
    state: z.literal('executed'),
    sequence: count(),
    code: count().meta({ description: '0: it had an effect.' }),
    reason: z.string().meta({ description: 'A word that says why it had none.' }),
  }),
  z.object({ state: z.literal('pending') }).meta({ description: 'Not executed yet; it may still be.' }),
  z.object({ state: z.literal('expired') }).meta({ description: 'It will never be executed. Ask anew.' }),
]) satisfies z.ZodType<key.KeyRequestJson>

const at = { sequence: count(), logTimeMs: logTimeMs() }
const member = () => count().meta({ description: 'Index of a member.' })

export const keyEvent = z.discriminatedUnion('type', [
  z.object({
    ...at,
    type: z.literal('ceremony-started'),
    kind: kind(),
    epoch: count(),
    attempt: count(),
    sessionId: hex(32),
  }),
  z.object({ ...at, type: z.enum(['registered', 'dealt', 'confirmed']), member: member() }),
  z.object({ ...at, type: z.literal('phase'), phase: z.string() }),
  z.object({
    ...at,
    type: z.literal('fault'),
    member: member(),
    role: z.enum(['dealer', 'receiver']),
    code: z.string(),
  }),
  z.object({ ...at, type: z.literal('failed'), reason: z.string(), epoch: count(), attempt: count() }),
  z.object({
    ...at,
    type: z.literal('asked'),
    request: z.enum(['rotate', 'revoke']),
    member: member(),
    votes: count(),
    needed: count(),
  }),
  z.object({
    ...at,
    type: z.literal('activated'),
    kind: kind(),
    keyId: keyId(),
    epoch: count(),
    publicKey: publicKey(),
  }),
  z.object({
    ...at,
    type: z.literal('handed-over'),
    handover: handoverFields.extend({ newKeyId: keyId() }),
  }),
  z.object({ ...at, type: z.literal('retired'), keyId: keyId(), epoch: count() }),
  z.object({ ...at, type: z.literal('erased'), member: member(), epoch: count() }),
  z.object({ ...at, type: z.literal('revoked'), keyId: keyId() }),
]) satisfies z.ZodType<key.KeyEventJson>

export const certificateEvent = z.object({
  sequence: count(),
  keyId: keyId(),
  epoch: count(),
  logTimeMs: logTimeMs(),
  signature: signature(),
}) satisfies z.ZodType<key.CertificateEventJson>
