import type { Defect } from './defect.ts'

const TRANSFER = 'runtime/transfer.ts'
const SNAPSHOT = 'runtime/snapshot-transfer.ts'
const STATUS = 'pbft/status.ts'

/** Catching up, and sending again what was lost. */
export const TRANSFER_DEFECTS: readonly Defect[] = [
  {
    name: 'chunks-not-verified',
    why: 'a liar could hand out any state',
    pool: 'snapshots',
    enemies: ['misleading-transfer'],
    patches: [
      {
        file: SNAPSHOT,
        find: '!this.#components.application.verifyChunk(applicationRoot, index, applicationChunks, bytes)',
        replace: 'applicationRoot === undefined',
      },
    ],
  },
  {
    name: 'snapshot-root-not-compared',
    why: 'a liar could hand out another log time, another floor, another application',
    pool: 'snapshots',
    enemies: ['misleading-transfer'],
    patches: [
      {
        file: SNAPSHOT,
        find: '    if (stateRootOf(applicationRoot, systemRoot) !== this.#certificate.statement.stateRoot) return\n',
        replace: '',
      },
    ],
  },
  {
    name: 'chain-of-a-window-not-followed',
    why: 'a liar could hand out receipts of what never happened, or none of what did',
    pool: 'snapshots, repeats',
    enemies: ['misleading-transfer'],
    patches: [
      {
        file: 'runtime/segments.ts',
        find: 'segments.length > 0 && before === after',
        replace: 'segments.length > 0',
      },
    ],
  },
  {
    name: 'receipts-of-a-window-not-verified',
    why: 'a liar could hand out other receipts than the chain commits to',
    pool: 'snapshots',
    patches: [
      {
        file: 'runtime/segments.ts',
        find: '    if (receiptsRootOf(segment.receipts) !== segment.receiptsRoot) return null\n',
        replace: '',
      },
    ],
  },
  {
    name: 'signatures-of-fetched-sequences-not-checked',
    why: 'a liar could hand out any history',
    pool: 'sequences',
    enemies: ['misleading-transfer'],
    patches: [
      { file: TRANSFER, find: '!valid.every(Boolean) || !this.#holdBatches', replace: '!this.#holdBatches' },
    ],
  },
  {
    name: 'fetched-sequences-without-a-quorum-taken',
    why: 'one COMMIT proves nothing',
    pool: 'sequences',
    enemies: ['misleading-transfer'],
    patches: [
      {
        file: TRANSFER,
        find: 'decoded === null || decoded.entry.commits.length < quorum(scope.memberKeys.length)',
        replace: 'decoded === null',
      },
    ],
  },
  {
    name: 'commits-of-fetched-sequences-not-compared',
    why: 'a liar could hand out another proposal with them',
    pool: 'sequences',
    enemies: ['exchanged-proposals'],
    patches: [
      {
        file: 'runtime/records.ts',
        find: 'message.sequence === sequence && message.digest === digest',
        replace: 'message.sequence === sequence && digest.length > 0',
      },
    ],
  },
  {
    name: 'one-commit-of-a-fetched-sequence-counted-often',
    why: 'one COMMIT proves nothing, however often it is there',
    pool: 'sequences',
    enemies: ['misleading-transfer'],
    patches: [
      {
        file: 'runtime/records.ts',
        find: 'isRejection(envelope) || senders.has(envelope.sender)',
        replace: 'isRejection(envelope)',
      },
    ],
  },
  {
    name: 'fetched-sequences-not-checked-at-all',
    why: 'a liar could hand out any history',
    pool: 'sequences',
    enemies: ['misleading-transfer'],
    patches: [
      { file: TRANSFER, find: '!valid.every(Boolean) || !this.#holdBatches', replace: '!this.#holdBatches' },
      {
        file: TRANSFER,
        find: 'decoded === null || decoded.entry.commits.length < quorum(scope.memberKeys.length)',
        replace: 'decoded === null',
      },
    ],
  },
  {
    name: 'fetched-snapshot-certificate-not-checked',
    why: 'a liar could hand out any state',
    pool: 'snapshots',
    enemies: ['misleading-transfer'],
    patches: [
      {
        file: TRANSFER,
        find: '    if (certificate.signatures.length < quorum(scope.memberKeys.length)) return this.#askLater()\n',
        replace: '',
      },
      {
        file: TRANSFER,
        find: 'if (valid.every(Boolean)) this.#fetchSnapshot(certificate)',
        replace: 'if (valid.length >= 0) this.#fetchSnapshot(certificate)',
      },
    ],
  },
  {
    name: 'one-signature-of-a-certificate-counted-often',
    why: 'a certificate would be what one member signed',
    pool: 'snapshots',
    enemies: ['repeated-signatures'],
    patches: [{ file: 'wire/convert.ts', find: 'replica <= previous || replica', replace: 'replica' }],
  },
  {
    name: 'bodies-of-fetched-sequences-not-awaited',
    why: 'what is executed must be here',
    pool: 'sequences',
    enemies: ['lying-transfer'],
    patches: [
      {
        file: TRANSFER,
        find: '      if (body === undefined) return false\n',
        replace: '      if (body === undefined) continue\n',
      },
    ],
  },
  {
    name: 'state-goes-back-with-a-snapshot',
    why: 'what was executed while it was fetched must not be undone',
    pool: 'overtaken',
    patches: [
      {
        file: TRANSFER,
        find: 'if (fetched.certificate.statement.sequence > executed()) onSnapshot(fetched)',
        replace: 'onSnapshot(fetched)',
      },
      {
        file: 'runtime/replica-runtime.ts',
        find: '    if (certificate.statement.sequence <= state.sequence) return\n',
        replace: '',
      },
    ],
  },
  {
    name: 'nothing-fetched',
    why: 'whoever fell behind by more than a window would stay there',
    pool: 'snapshots',
    patches: [
      {
        file: 'runtime/parts.ts',
        find: 'fetchState: (_executed, target) => fetch.state(target)',
        replace: 'fetchState: () => {}',
      },
    ],
  },
  {
    name: 'no-snapshots-served',
    why: 'whoever was away for long would never come back',
    pool: 'snapshots',
    patches: [
      {
        file: 'runtime/service.ts',
        find: 'entries.length > 0 ? undefined : snapshotCertificate(components)',
        replace: 'undefined',
      },
    ],
  },
  {
    name: 'view-not-entered-again-after-state-transfer',
    why: 'whoever has the state is not in the view with it: the NEW-VIEW must be shown also to those who are behind in nothing else',
    pool: 'returning',
    patches: [
      {
        file: STATUS,
        find: '    state.newView !== null &&\n',
        replace:
          '    state.newView !== null &&\n    status.executedSequence + state.config.logWindow < state.executed &&\n',
      },
    ],
  },
  {
    name: 'view-not-entered-by-those-who-missed-it',
    why: 'whoever comes back must be shown the NEW-VIEW, also when the others have no reason to begin another view',
    pool: 'returning',
    patches: [{ file: STATUS, find: '    proofs.push(state.newView.proof)\n', replace: '' }],
  },
  {
    name: 'view-changes-not-sent-again',
    why: 'a VIEW-CHANGE that was lost would be missing for ever',
    pool: 'views',
    patches: [{ file: STATUS, find: '    proofs.push(viewChange.proof)\n', replace: '' }],
  },
  {
    name: 'votes-not-sent-again',
    why: 'a vote that was lost would be missing until the next view, which is left for nothing',
    pool: 'commits lost',
    patches: [
      {
        file: STATUS,
        find: '    proofs.push(...votesAbove(state, status))\n',
        replace: '    proofs.push()\n',
      },
    ],
  },
  {
    name: 'status-said-only-once',
    why: 'nobody would know who lacks what',
    pool: 'windows',
    patches: [
      {
        file: STATUS,
        find: '  setStatusTimer(state, stuck ? state.config.resendMs : state.config.statusMs)\n',
        replace: '',
      },
    ],
  },
]
