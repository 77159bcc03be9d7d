import type { MemberJson, PeerJson, SequenceJson, StateJson, StatusJson } from '../../src/client/api-types.ts'
import type { CertificateEventJson, KeyEventJson, KeysJson } from '../../src/client/key-types.ts'
import type { ThresholdCertificateJson } from '../../src/client/proof-types.ts'

/** An answer of each kind as the API gives it, with nothing left out. */
const HASH = 'ab'.repeat(32)
const KEY = 'cd'.repeat(96)
const SIGNATURE = 'ef'.repeat(48)
const AT_MS = 1_700_000_000_000

const statement = {
  epoch: 0,
  sequence: 8,
  historyDigest: HASH,
  stateRoot: HASH,
  membersHash: HASH,
  logTimeMs: AT_MS,
}
const ceremony = { kind: 'rotate', phase: 'dealing', missing: [2] } as const
const shared = { keyId: HASH, epoch: 1, publicKey: KEY }
const active = {
  ...shared,
  polynomial: [KEY, KEY],
  threshold: 2,
  members: 4,
  activatedSequence: 4,
  activatedMs: AT_MS,
}
const handover = {
  oldKeyId: HASH,
  newKey: KEY,
  epoch: 2,
  notBeforeMs: AT_MS,
  oldNotAfterMs: AT_MS,
  oldSignature: SIGNATURE,
  newSignature: SIGNATURE,
}

export const STATUS: StatusJson = {
  networkId: HASH,
  networkName: 'sample',
  role: 'member',
  index: 0,
  name: 'ann',
  peerId: '12D3KooWsample',
  state: 'ready',
  epoch: 0,
  n: 4,
  faultyMax: 1,
  quorum: 3,
  view: 0,
  viewActive: true,
  primary: 0,
  sequence: 9,
  stableSequence: 8,
  certifiedSequence: 8,
  logTimeMs: AT_MS,
  pendingTransactions: 0,
  pendingBatches: 0,
  executedTransactions: 1,
  stall: { code: 'NO_QUORUM', message: 'Two are missing.', missing: [2, 3], sinceMs: 1.5 },
  sharedKey: {
    ...shared,
    certifiedSequence: 8,
    ceremony,
    trouble: { reason: 'ended', message: 'it died', times: 1, lastMs: AT_MS, isWorking: true },
  },
  listenAddresses: ['/ip4/127.0.0.1/tcp/1'],
  connections: 3,
  application: 'key-value',
}

export const MEMBERS: { readonly members: readonly MemberJson[] } = {
  members: [
    {
      index: 0,
      name: 'ann',
      peerId: '12D3KooWsample',
      publicKey: HASH,
      self: true,
      connected: true,
      lastHeardMs: AT_MS,
      executedSequence: 9,
      view: 0,
    },
  ],
}

export const PEERS: { readonly peers: readonly PeerJson[] } = {
  peers: [
    {
      peerId: '12D3KooWpeer',
      address: '/ip4/127.0.0.1/tcp/2',
      direction: 'inbound',
      member: 1,
      score: -0.5,
      connectedSinceMs: AT_MS,
    },
  ],
}

export const SEQUENCE: SequenceJson = {
  sequence: 9,
  digest: HASH,
  historyDigest: HASH,
  logTimeMs: AT_MS,
  view: 0,
  transactions: [{ id: HASH, code: 0 }],
}

export const STATE: StateJson = {
  key: 'colour',
  value: btoa('red'),
  proof: btoa('proof'),
  sequence: 9,
  applicationRoot: HASH,
  certificate: { statement, signatures: [{ replica: 0, signature: btoa('signature') }] },
}

export const KEYS: KeysJson = {
  networkId: HASH,
  active,
  retiring: [{ ...active, lastSequence: 4, retiresMs: AT_MS, retiresSequence: 9 }],
  ceremony: {
    ...ceremony,
    epoch: 2,
    attempt: 0,
    sessionId: HASH,
    startSequence: 5,
    startMs: AT_MS,
    phaseSinceMs: AT_MS,
    notBeforeMs: AT_MS,
  },
  handovers: [{ ...handover, format: 'quorate-handover/1', networkId: HASH }],
  rotationVotes: [1],
  revokeVotes: [2],
  refreshDueMs: AT_MS,
  certifiedSequence: 8,
}

export const CERTIFICATE: ThresholdCertificateJson = {
  networkId: HASH,
  keyId: HASH,
  epoch: 1,
  statement,
  signature: SIGNATURE,
}

export const CERTIFICATE_EVENT: CertificateEventJson = {
  sequence: 8,
  keyId: HASH,
  epoch: 1,
  logTimeMs: AT_MS,
  signature: SIGNATURE,
}

const at = { sequence: 9, logTimeMs: AT_MS }
export const KEY_EVENTS: readonly KeyEventJson[] = [
  { ...at, type: 'ceremony-started', kind: 'fresh', epoch: 1, attempt: 0, sessionId: HASH },
  { ...at, type: 'registered', member: 0 },
  { ...at, type: 'dealt', member: 1 },
  { ...at, type: 'confirmed', member: 2 },
  { ...at, type: 'phase', phase: 'dealing' },
  { ...at, type: 'fault', member: 3, role: 'dealer', code: 'wrong-share' },
  { ...at, type: 'failed', reason: 'stalled', epoch: 1, attempt: 0 },
  { ...at, type: 'asked', request: 'rotate', member: 0, votes: 1, needed: 2 },
  { ...at, type: 'activated', kind: 'fresh', ...shared },
  { ...at, type: 'handed-over', handover: { ...handover, newKeyId: HASH } },
  { ...at, type: 'retired', keyId: HASH, epoch: 1 },
  { ...at, type: 'erased', member: 0, epoch: 1 },
  { ...at, type: 'revoked', keyId: HASH },
]

export const COMMITTED = {
  id: HASH,
  state: 'committed',
  sequence: 9,
  position: 0,
  logTimeMs: AT_MS,
  result: { code: 0, data: btoa('done') },
} as const

export const EXECUTED = { state: 'executed', sequence: 9, code: 0, reason: 'no-key' } as const
