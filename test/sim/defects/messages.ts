import type { Defect } from './defect.ts'

const VERIFY = 'wire/verify.ts'
const INBOX = 'runtime/inbox.ts'

/** Who said it? */
export const MESSAGE_DEFECTS: readonly Defect[] = [
  {
    name: 'equivocation-not-reported',
    why: 'whoever says two things would never be found out',
    pool: 'enemies',
    enemies: ['conflicting-votes'],
    patches: [
      {
        file: 'pbft/equivocation.ts',
        find: "  state.effects.push({ type: 'suspect', replica: first.sender, evidence: [first.proof, second.proof] })\n",
        replace: '',
      },
    ],
  },
  {
    name: 'signatures-of-envelopes-not-checked',
    why: 'anybody could speak for anybody',
    pool: 'enemies',
    enemies: ['impersonating'],
    patches: [{ file: INBOX, find: "      if (!valid) return finish('reject')\n", replace: '' }],
  },
  {
    name: 'signatures-of-attachments-not-checked',
    why: 'a certificate could name messages that nobody signed',
    pool: 'enemies',
    enemies: ['impersonating'],
    patches: [
      { file: VERIFY, find: 'rest: [...attachments.map(envelopeClaim), ...inner]', replace: 'rest: inner' },
    ],
  },
  {
    name: 'signatures-in-certificates-not-checked',
    why: 'a certificate of a checkpoint could be made up',
    pool: 'enemies',
    enemies: ['impersonating', 'forged-stable'],
    patches: [
      {
        file: VERIFY,
        find: 'rest: [...attachments.map(envelopeClaim), ...inner]',
        replace: 'rest: attachments.map(envelopeClaim)',
      },
    ],
  },
  {
    name: 'nothing-that-came-along-checked',
    why: 'attachments and certificates could be made up',
    pool: 'enemies',
    enemies: ['impersonating'],
    patches: [{ file: INBOX, find: "      if (!valid) return done('reject')\n", replace: '' }],
  },
  {
    name: 'envelopes-not-signed-for-a-network',
    why: 'what a member said with the same key in another network would count here',
    pool: 'enemies',
    enemies: ['other-network'],
    patches: [
      {
        file: 'wire/envelope.ts',
        find: 'concatBytes(TAG, scope.networkId, body)',
        replace: 'concatBytes(TAG, body)',
      },
    ],
  },
  {
    name: 'checkpoints-not-signed-for-a-network',
    why: 'a state of another network would be this one’s',
    pool: 'enemies',
    enemies: ['other-network'],
    patches: [
      {
        file: 'wire/statement.ts',
        find: 'checkpointLayout(scope.networkId,',
        replace: 'checkpointLayout(new Uint8Array(32),',
      },
    ],
  },
  {
    name: 'transactions-not-signed-for-a-network',
    why: 'what a client signed for another network would be executed here',
    pool: 'enemies',
    enemies: ['other-network'],
    patches: [
      {
        file: 'wire/transaction.ts',
        find: 'concatBytes(tag, networkId, client,',
        replace: 'concatBytes(tag, client,',
      },
    ],
  },
  {
    name: 'batches-not-signed-for-a-network',
    why: 'a member would not be heard for what is wrong in its batches of another network',
    pool: 'enemies',
    enemies: ['other-network'],
    patches: [
      {
        file: 'wire/batch.ts',
        find: 'const hash = sha256(concatBytes(TAG, scope.networkId, body))',
        replace: 'const hash = sha256(concatBytes(TAG, body))',
      },
      {
        file: 'wire/batch.ts',
        find: 'sha256(concatBytes(TAG, scope.networkId, signed.body))',
        replace: 'sha256(concatBytes(TAG, signed.body))',
      },
    ],
  },
  {
    name: 'partials-not-signed-for-a-network',
    why: 'what a member signed elsewhere would stand in the place of its part of a certificate',
    pool: 'slow vaults',
    enemies: ['other-network', 'silent'],
    patches: [
      {
        file: 'wire/partial.ts',
        find: 'concatBytes(TAG, networkId, sha256(body))',
        replace: 'concatBytes(TAG, sha256(body))',
      },
    ],
  },
]
