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
]
