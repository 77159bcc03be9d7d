import type { Defect } from './defect.ts'

const NORMAL_CASE = 'pbft/normal-case.ts'
const SLOT = 'pbft/slot.ts'

/** OSDI'99 §4.2: pre-prepare, prepare, commit. */
export const NORMAL_CASE_DEFECTS: readonly Defect[] = [
  {
    name: 'prepares-of-other-digests-count',
    why: 'PREPAREs for something else would make a certificate that the others refuse',
    pool: 'enemies',
    enemies: ['conflicting-votes'],
    patches: [
      {
        file: SLOT,
        find: 'prepare => prepare.message.digest === proposal.digest && prepare.sender !== primary',
        replace: 'prepare => prepare.sender !== primary',
      },
    ],
  },
  {
    name: 'commits-to-other-digests-count',
    why: 'COMMITs to something else would commit what no quorum prepared',
    pool: 'enemies',
    enemies: ['conflicting-votes'],
    patches: [
      {
        file: SLOT,
        find: 'commit => commit.message.digest === proposal.digest',
        replace: '() => true',
      },
    ],
  },
  {
    name: 'prepared-with-one-prepare-less',
    why: 'two certificates of one view could name two proposals, and other members refuse such a one in a VIEW-CHANGE',
    patches: [
      {
        file: SLOT,
        find: 'const needed = quorumOf(config) - 1',
        replace: 'const needed = quorumOf(config) - 2',
      },
    ],
  },
  {
    name: 'committed-with-one-commit-less',
    why: 'a view change need not know of what so few have prepared',
    patches: [
      {
        file: SLOT,
        find: 'const needed = quorumOf(config)\n',
        replace: 'const needed = quorumOf(config) - 1\n',
      },
    ],
  },
  {
    name: 'votes-of-the-old-view-count-in-the-new',
    why: 'a COMMIT says that its sender prepared in that view, and nothing of another',
    pool: 'views',
    patches: [
      { file: SLOT, find: '  slot.prepares.clear()\n', replace: '' },
      { file: SLOT, find: '  slot.commits.clear()\n', replace: '' },
    ],
  },
  {
    name: 'commit-without-being-prepared',
    why: 'a view change may then forget what was committed',
    pool: 'views',
    patches: [
      {
        file: NORMAL_CASE,
        find: '    if (certificate !== null) {\n      slot.commitSent = true\n',
        replace:
          "    if (certificate === null) { slot.commitSent = true; send(state, { type: 'commit', ...vote }) } else {\n      slot.commitSent = true\n",
      },
    ],
  },
  {
    name: 'pre-prepare-of-a-backup-accepted',
    why: 'only the primary of the view may propose in it',
    pool: 'enemies',
    enemies: ['flooding'],
    patches: [
      {
        file: NORMAL_CASE,
        find: '  if (message.sender !== primaryOf(state.config, view)) return\n',
        replace: '',
      },
    ],
  },
  {
    name: 'second-proposal-replaces-the-first',
    why: 'one proposal for a slot is prepared; the sign guard stands behind it and is off too',
    pool: 'enemies',
    enemies: ['equivocating'],
    patches: [
      {
        file: NORMAL_CASE,
        find: '    if (slot.accepted.proposal.digest !== proposal.digest) suspect(state, slot.accepted.source, message)\n    return\n',
        replace:
          '    if (slot.accepted.proposal.digest === proposal.digest) return\n    slot.prepareSent = false\n    slot.commitSent = false\n',
      },
      {
        file: 'runtime/signing.ts',
        find: 'asked === null || guard.permit(',
        replace: 'asked === null || true || guard.permit(',
      },
    ],
  },
  {
    name: 'two-proposals-of-a-primary-not-reported',
    why: 'a primary that proposes two things would never be found out, where its votes are for one of them',
    pool: 'two minds',
    patches: [
      {
        file: NORMAL_CASE,
        find: '    if (slot.accepted.proposal.digest !== proposal.digest) suspect(state, slot.accepted.source, message)\n',
        replace: '',
      },
    ],
  },
  {
    name: 'log-time-of-the-primary-not-looked-at',
    why: 'a primary with a clock far ahead would make everything expire',
    pool: 'enemies',
    enemies: ['wrong-log-time'],
    patches: [
      {
        file: NORMAL_CASE,
        find: '  if (!timely && message.sender !== state.config.self) return\n',
        replace: '',
      },
    ],
  },
  {
    name: 'body-not-awaited',
    why: 'what nobody holds would be ordered, and could not be executed',
    pool: 'enemies',
    enemies: ['withheld-batches'],
    patches: [{ file: NORMAL_CASE, find: '    slot.missing.add(digest)\n', replace: '' }],
  },
  {
    name: 'voted-for-without-the-body',
    why: 'a quorum would order what nobody can execute',
    pool: 'enemies',
    enemies: ['withheld-batches'],
    patches: [
      {
        file: NORMAL_CASE,
        find: '  if (slot.accepted === null || slot.missing.size > 0) return\n',
        replace: '  if (slot.accepted === null) return\n',
      },
    ],
  },
  {
    name: 'high-watermark-ignored',
    why: 'the log would grow without bound while no checkpoint becomes stable',
    pool: 'windows',
    patches: [
      { file: 'pbft/state.ts', find: ' && n <= highWatermark(state)', replace: '' },
      {
        file: NORMAL_CASE,
        find: 'state.nextSequence <= highWatermark(state) && state.nextSequence <= state.executed',
        replace: 'state.nextSequence <= state.executed',
      },
    ],
  },
  {
    name: 'low-watermark-ignored',
    why: 'what is proposed again below the stable checkpoint would be voted for again; the sign guard stands behind it and is off too',
    pool: 'enemies',
    enemies: ['old-disk'],
    patches: [
      { file: 'pbft/state.ts', find: 'return n > lowWatermark(state) && n', replace: 'return n' },
      {
        file: NORMAL_CASE,
        find: 'if (view < state.view || proposal.sequence <= lowWatermark(state)) return',
        replace: 'if (view < state.view) return',
      },
      {
        file: NORMAL_CASE,
        find: 'if (view < state.view || sequence <= lowWatermark(state)) return null',
        replace: 'if (view < state.view) return null',
      },
      {
        file: 'runtime/sign-guard.ts',
        find: '    if (this.isObsolete(slot)) return false\n',
        replace: '',
      },
    ],
  },
  {
    name: 'early-messages-kept-without-bound',
    why: 'one member could fill the memory of the others',
    pool: 'enemies',
    enemies: ['flooding'],
    patches: [
      {
        file: 'pbft/future.ts',
        find: '    if (kept.length > this.#perSenderMax) kept.shift()\n',
        replace: '',
      },
      {
        file: NORMAL_CASE,
        find: '  if (n <= highWatermark(state) + state.config.logWindow) state.future.keep(message)',
        replace: '  if (n > 0) state.future.keep(message)',
      },
    ],
  },
  {
    name: 'executed-as-committed',
    why: 'execution is in the order of the sequences, without gaps',
    patches: [
      {
        file: NORMAL_CASE,
        find: '    const next = nextSequence(state.executing)\n',
        replace:
          '    const ready = [...state.slots.values()].find(slot => slot.sequence > state.executing && slot.committed !== null)\n    const next = ready?.sequence ?? nextSequence(state.executing)\n',
      },
    ],
  },
  {
    name: 'prepared-though-a-checkpoint-covers-it',
    why: 'nobody counts such a vote, and the record of the certificate comes after those of its window were deleted',
    patches: [
      {
        file: NORMAL_CASE,
        find: ' && slot.sequence > lowWatermark(state)) sayVotes',
        replace: ') sayVotes',
      },
    ],
  },
  {
    name: 'every-repeated-vote-is-an-accusation',
    why: 'the same vote comes again whenever it is sent again',
    patches: [
      {
        file: 'pbft/equivocation.ts',
        find: '!same(counted.message, vote.message)',
        replace: 'same(counted.message, vote.message)',
      },
    ],
  },
  {
    name: 'own-votes-not-counted',
    why: 'what we say is counted by the code that counts what all say',
    patches: [
      {
        file: 'runtime/driver.ts',
        find: "      for (const message of signed.messages) this.#queue.push({ type: 'message', message })\n",
        replace: '',
      },
    ],
  },
]
