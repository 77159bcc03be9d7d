import type { Defect } from './defect.ts'

const CHECKPOINT = 'pbft/checkpoint.ts'
const RULES = 'pbft/view-change-rules.ts'

/** OSDI'99 §4.3: checkpoints, their certificates, the window. */
export const CHECKPOINT_DEFECTS: readonly Defect[] = [
  {
    name: 'stable-with-f+1',
    why: 'a certificate must show that q-f correct members have the state',
    patches: [
      {
        file: CHECKPOINT,
        find: 'const needed = quorumOf(state.config)',
        replace: 'const needed = Math.floor((state.config.n - 1) / 3) + 1',
      },
    ],
  },
  {
    name: 'state-root-not-compared',
    why: 'CHECKPOINTs that say different things would make one certificate',
    pool: 'enemies',
    enemies: ['lying-checkpoints'],
    patches: [{ file: 'pbft/conflict.ts', find: '    a.stateRoot === b.stateRoot &&\n', replace: '' }],
  },
  {
    name: 'history-digest-and-state-root-not-compared',
    why: 'CHECKPOINTs that say different things would make one certificate',
    pool: 'enemies',
    enemies: ['two-checkpoints'],
    patches: [
      {
        file: 'pbft/conflict.ts',
        find: '    a.historyDigest === b.historyDigest &&\n    a.stateRoot === b.stateRoot &&\n',
        replace: '',
      },
    ],
  },
  {
    name: 'log-time-and-members-not-compared',
    why: 'signatures of one certificate would be over different bytes',
    pool: 'enemies',
    enemies: ['small-mutations'],
    patches: [
      {
        file: 'pbft/conflict.ts',
        find: 'a.membersHash === b.membersHash &&\n    a.logTimeMs === b.logTimeMs',
        replace: 'a.epoch === b.epoch',
      },
    ],
  },
  {
    name: 'signers-of-a-certificate-counted-twice',
    why: 'one member could certify whatever it likes; the decoder, which wants signers in ascending order, is told not to',
    pool: 'enemies',
    enemies: ['forged-stable'],
    patches: [
      { file: 'wire/convert.ts', find: 'if (replica <= previous || replica >=', replace: 'if (replica >=' },
      {
        file: RULES,
        find: 'certificate.statement.epoch === config.epoch && replicas.size >= quorumOf(config)',
        replace:
          'certificate.statement.epoch === config.epoch && certificate.signatures.length >= quorumOf(config)',
      },
    ],
  },
  {
    name: 'certificate-in-a-status-not-checked',
    why: 'a liar could move the window to where nobody is',
    pool: 'enemies',
    enemies: ['forged-stable'],
    patches: [
      {
        file: 'pbft/status.ts',
        find: 'status.stable !== null && isQuorum(state.config, status.stable)',
        replace: 'status.stable !== null',
      },
    ],
  },
  {
    name: 'window-does-not-move',
    why: 'after L sequences nothing more would be ordered',
    patches: [
      {
        file: CHECKPOINT,
        find: '  state.stable = certificate\n',
        replace: '  if (state.stable === null) state.stable = certificate\n',
      },
    ],
  },
  {
    name: 'log-never-cut-off',
    why: 'the log would grow for ever',
    patches: [{ file: CHECKPOINT, find: '  dropBelow(state, statement.sequence)\n', replace: '' }],
  },
  {
    name: 'log-cut-off-above-the-checkpoint',
    why: 'after a crash nobody would know what was prepared there',
    pool: 'crashes',
    patches: [
      {
        file: 'runtime/replica-runtime.ts',
        find: '...obsoleteRecords(before, at),',
        replace: '...obsoleteRecords(before, at + 32),',
      },
    ],
  },
  {
    name: 'certificate-kept-from-those-behind',
    why: 'whoever missed the CHECKPOINTs of a quorum must be shown them again, as they were or as a certificate; one alone suffices',
    pool: 'windows',
    patches: [
      {
        file: 'pbft/status.ts',
        find: ' || stuck) proofs.push(...ownCheckpoint(state, status))',
        replace: ') proofs.push()',
      },
      {
        file: 'pbft/status.ts',
        find: 'stable: isBehind(state) ? state.stable : null',
        replace: 'stable: null',
      },
      { file: CHECKPOINT, find: 'return certifyLatest(state, message)', replace: 'return' },
    ],
  },
  {
    name: 'no-checkpoint-far-ahead-believed',
    why: 'the window of whoever executed what was fetched would stay behind; that others show the certificate brings it along, and is off too',
    pool: 'sequences',
    patches: [
      { file: CHECKPOINT, find: 'return certifyLatest(state, message)', replace: 'return' },
      {
        file: 'pbft/status.ts',
        find: 'stable: isBehind(state) ? state.stable : null',
        replace: 'stable: null',
      },
    ],
  },
  {
    name: 'certificate-not-shown-to-those-behind',
    why: 'too few may be left who said a CHECKPOINT of their own',
    pool: 'unproved',
    patches: [
      {
        file: 'pbft/status.ts',
        find: 'stable: isBehind(state) ? state.stable : null',
        replace: 'stable: null',
      },
    ],
  },
  {
    name: 'own-checkpoint-not-sent-again',
    why: 'a CHECKPOINT that was lost would be missing for ever; where the window is full, nobody can ask for another one',
    pool: 'unsaid',
    patches: [
      {
        file: 'pbft/status.ts',
        find: ' || stuck) proofs.push(...ownCheckpoint(state, status))',
        replace: ') proofs.push()',
      },
    ],
  },
  {
    name: 'idle-tail-not-certified',
    why: 'the last transactions before a pause would stay without certificate',
    pool: 'windows',
    patches: [
      {
        file: 'pbft/normal-case.ts',
        find: '  if (state.idleCheckpointAwaited || !isTailUncertified(state)) return\n',
        replace: '  if (state.idleCheckpointAwaited || state.executed >= 0) return\n',
      },
      { file: 'pbft/status.ts', find: '    askForNeededCheckpoint(state)\n', replace: '' },
    ],
  },
]
