import type { Defect } from './defect.ts'

const VIEW_CHANGE = 'pbft/view-change.ts'
const RULES = 'pbft/view-change-rules.ts'
const NEW_VIEW = 'pbft/new-view.ts'

/** OSDI'99 §4.4 and §4.5.2: leaving a primary, and carrying on what was prepared. */
export const VIEW_CHANGE_DEFECTS: readonly Defect[] = [
  {
    name: 'prepared-certificates-left-out',
    why: 'what was committed in the old view would be forgotten in the new one',
    pool: 'views',
    patches: [
      {
        file: VIEW_CHANGE,
        find: '.flatMap(slot => (slot.prepared === null ? [] : [slot.prepared]))',
        replace: '.flatMap(() => [])',
      },
    ],
  },
  {
    name: 'certificate-of-the-lowest-view-wins',
    why: 'what was prepared later may be committed, what was prepared earlier is not then',
    pool: 'storms',
    patches: [
      { file: NEW_VIEW, find: 'certificate.view > known.view', replace: 'certificate.view < known.view' },
    ],
  },
  {
    name: 'null-request-left-out',
    why: 'a gap in O would never be filled, and nothing above it executed',
    pool: 'views',
    patches: [
      {
        file: NEW_VIEW,
        find: 'proposals.push(best.get(sequence(n))?.proposal ?? nullRequest(n))',
        replace: 'proposals.push(...(best.has(sequence(n)) ? [best.get(sequence(n)).proposal] : []))',
      },
    ],
  },
  {
    name: 'one-certificate-left-out-of-the-new-view',
    why: 'what it certifies may be committed',
    pool: 'views',
    patches: [
      {
        file: NEW_VIEW,
        find: 'const best = highestViews(viewChanges)\n',
        replace: 'const best = new Map([...highestViews(viewChanges)].slice(0, -1))\n',
      },
    ],
  },
  {
    name: 'proposals-of-a-new-view-not-compared',
    why: 'a faulty primary could leave out or invent what it likes',
    pool: 'views',
    enemies: ['crafted-new-view'],
    patches: [
      {
        file: RULES,
        find: "return isSamePlan(computeNewView(viewChanges), proposals) ? null : 'plan-differs'",
        replace: 'return null',
      },
    ],
  },
  {
    name: 'new-view-without-a-quorum-accepted',
    why: 'V must contain one that knows what was committed',
    pool: 'storms',
    enemies: ['wrong-view-change', 'crafted-new-view'],
    patches: [
      {
        file: RULES,
        find: 'senders.size !== viewChanges.length || senders.size < quorumOf(config)',
        replace: 'senders.size === 0',
      },
    ],
  },
  {
    name: 'view-changes-in-a-new-view-not-checked',
    why: 'a faulty primary could put a VIEW-CHANGE of its own into V that shows as prepared what nobody prepared',
    pool: 'views',
    enemies: ['crafted-new-view'],
    patches: [
      {
        file: RULES,
        find: "    if (message.view !== view || findViewChangeFault(config, message) !== null) return 'view-change-invalid'\n",
        replace: '',
      },
    ],
  },
  {
    name: 'new-view-of-a-backup-accepted',
    why: 'only the primary of a view may begin it',
    pool: 'views',
    enemies: ['crafted-new-view'],
    patches: [
      {
        file: RULES,
        find: "  if (newView.sender !== primaryOf(config, view)) return 'not-the-primary'\n",
        replace: '',
      },
    ],
  },
  {
    name: 'second-new-view-of-a-view-followed',
    why: 'its primary may justify another one by other VIEW-CHANGEs, and votes were cast by the first',
    pool: 'views',
    enemies: ['two-new-views'],
    patches: [
      {
        file: VIEW_CHANGE,
        find: 'if (view < state.view || (view === state.view && state.viewActive)) return',
        replace: 'if (view < state.view) return',
      },
    ],
  },
  {
    name: 'new-view-of-a-lower-view-followed',
    why: 'whoever left a view has said that it votes there no more',
    pool: 'storms',
    patches: [
      {
        file: VIEW_CHANGE,
        find: 'if (view < state.view || (view === state.view && state.viewActive)) return',
        replace: 'if (view === state.view && state.viewActive) return',
      },
    ],
  },
  {
    name: 'prepared-certificates-forgotten-in-the-new-view',
    why: 'what was prepared before and not again must still come with the next VIEW-CHANGE',
    pool: 'storms',
    patches: [
      {
        file: 'pbft/slot.ts',
        find: '  slot.accepted = null\n  slot.missing.clear()',
        replace: '  slot.accepted = null\n  slot.prepared = null\n  slot.missing.clear()',
      },
    ],
  },
  {
    name: 'prepared-certificates-not-checked',
    why: 'a liar could bring into the new view what was never prepared',
    pool: 'views',
    enemies: ['forged-certificates'],
    patches: [
      {
        file: RULES,
        find: "    if (certificate.view >= viewChange.view) return 'prepared-in-later-view'\n",
        replace: '',
      },
      {
        file: RULES,
        find: "    if (!isProposedBy(config, certificate)) return 'prepared-without-proposal'\n",
        replace: '',
      },
      {
        file: RULES,
        find: "    if (!isPreparedByQuorum(config, certificate)) return 'prepared-without-quorum'\n",
        replace: '',
      },
    ],
  },
  {
    name: 'certificate-with-few-prepares-accepted',
    why: 'what a primary proposed and nobody prepared would undo what was committed in a view before',
    pool: 'unprepared',
    patches: [
      {
        file: RULES,
        find: '  return backups.size >= quorumOf(config) - 1\n',
        replace: '  return true\n',
      },
    ],
  },
  {
    name: 'stable-checkpoint-in-a-view-change-not-checked',
    why: 'a liar could move the window to where nobody is',
    pool: 'views',
    enemies: ['forged-stable'],
    patches: [
      {
        file: RULES,
        find: "  if (stable !== null && !isQuorum(config, stable)) return 'stable-without-quorum'\n",
        replace: '',
      },
    ],
  },
  {
    name: 'new-view-said-too-early',
    why: 'the others refuse a NEW-VIEW without a quorum behind it, and the primary says no second one',
    pool: 'views',
    patches: [
      {
        file: VIEW_CHANGE,
        find: '  if (all.length < quorumOf(config)) return\n',
        replace: '  if (all.length < quorumOf(config) - 1) return\n',
      },
    ],
  },
  {
    name: 'higher-views-not-joined',
    why: 'members in many views would never be a quorum in one of them; that those who went on count as gone leads them together too, and is off as well',
    pool: 'storms',
    enemies: ['silent'],
    patches: [
      { file: VIEW_CHANGE, find: 'message.view >= state.view)', replace: 'message.view === state.view)' },
      {
        file: VIEW_CHANGE,
        find: '  if (higher.length < weakQuorumOf(state.config)) return\n',
        replace: '  if (higher.length >= 0) return\n',
      },
    ],
  },
  {
    name: 'those-who-went-on-do-not-count-as-gone',
    why: 'some would wait below for ever, too few to go on and enough to hold back the others',
    pool: 'apart',
    patches: [
      { file: VIEW_CHANGE, find: 'message.view >= state.view)', replace: 'message.view === state.view)' },
    ],
  },
  {
    name: 'new-view-not-awaited',
    why: 'a primary that never says NEW-VIEW would hold everybody for ever',
    pool: 'storms',
    enemies: ['silent'],
    patches: [
      {
        file: VIEW_CHANGE,
        find: '  if (gone.length < quorumOf(state.config)) return\n',
        replace: '  if (gone.length >= 0) return\n',
      },
    ],
  },
  {
    name: 'view-not-left-when-its-primary-leaves',
    why: 'with nothing waiting no timer runs, and the tail stays without certificate; the timer that waits for that certificate stands behind it and is off too',
    pool: 'primary gone',
    patches: [
      {
        file: VIEW_CHANGE,
        find: '  if (departure.message.view <= state.view) return\n',
        replace: '  if (departure.message.view >= 0) return\n',
      },
      {
        file: 'pbft/progress.ts',
        find: 'return state.executed > lowWatermark(state) ? { tail: state.executed } : null',
        replace: 'return null',
      },
    ],
  },
  {
    name: 'older-view-change-replaces-the-newer',
    why: 'what comes late would make us forget who left for where, and whoever lost its disk would be told of the wrong view',
    pool: 'older later',
    patches: [
      {
        file: VIEW_CHANGE,
        find: 'if (known !== undefined && known.message.view >= message.message.view) {',
        replace: 'if (known !== undefined && known.message.view === message.message.view) {',
      },
    ],
  },
  {
    name: 'time-out-not-doubled',
    why: 'where rounds take longer than the time-out, view would follow upon view for ever',
    pool: 'impatient',
    patches: [{ file: 'pbft/progress.ts', find: ' * 2 ** Math.min(state.fruitlessViews, 30)', replace: '' }],
  },
  {
    name: 'primary-never-suspected',
    why: 'a primary that orders nothing would never be replaced',
    pool: 'enemies',
    enemies: ['silent'],
    patches: [
      {
        file: VIEW_CHANGE,
        find: '  if (!isBehind(state)) startViewChange(state, nextView(state.view))\n',
        replace: '',
      },
    ],
  },
  {
    name: 'timer-begun-anew-by-any-progress',
    why: 'a primary could leave out whom it likes while it serves the others',
    pool: 'left out',
    patches: [
      {
        file: 'pbft/progress.ts',
        find: '  if (state.watched !== null && isWaiting(state, state.watched)) return\n',
        replace:
          '  const hasMoved = state.executed !== state.executedWhenWatched\n  if (state.watched !== null && isWaiting(state, state.watched) && !hasMoved) return\n  state.executedWhenWatched = state.executed\n',
      },
    ],
  },
  {
    name: 'timer-not-stopped-when-executed',
    why: 'a primary that owes nothing would be accused',
    pool: 'calm',
    patches: [
      {
        file: 'pbft/progress.ts',
        find: "  state.effects.push({ type: 'cancel-timer', kind: 'progress' })\n",
        replace: '',
      },
    ],
  },
  {
    name: 'votes-after-leaving',
    why: 'who said what it prepared must not prepare more in that view; the sign guard stands behind it and is off too',
    pool: 'storms',
    patches: [
      { file: VIEW_CHANGE, find: '  state.viewActive = false\n', replace: '' },
      {
        file: 'runtime/sign-guard.ts',
        find: '    if (slot.votesIn !== null && slot.votesIn < this.#viewLeft) return false\n',
        replace: '',
      },
    ],
  },
]
