import type { Defect } from './defect.ts'

const CONFIG = 'pbft/config.ts'
const QUORUM = 'number => quorum(config.n)'
const WEAK = 'number => weakQuorum(config.n)'

/** How many are enough. The core's own notion is changed, not that of the judges. */
export const QUORUM_DEFECTS: readonly Defect[] = [
  {
    name: 'quorum-one-too-small',
    why: 'two quorums would have no correct member in common',
    patches: [{ file: CONFIG, find: QUORUM, replace: `${QUORUM} - 1` }],
  },
  {
    name: 'quorum-of-2f+1-with-five-members',
    why: 'with n = 5 two sets of three can meet in the faulty member alone',
    pool: 'five',
    patches: [
      { file: CONFIG, find: QUORUM, replace: `${QUORUM} === 4 && config.n === 5 ? 3 : quorum(config.n)` },
    ],
  },
  {
    name: 'weak-quorum-of-f',
    why: 'f members may all be faulty, and would be believed',
    pool: 'ordinary',
    patches: [{ file: CONFIG, find: WEAK, replace: `${WEAK} - 1` }],
  },
  {
    name: 'ahead-on-one-claim',
    why: 'a liar would send us after what does not exist, and keep us from accusing the primary',
    pool: 'enemies',
    enemies: ['lying-checkpoints', 'censoring'],
    patches: [
      { file: 'pbft/catch-up.ts', find: 'claims[weakQuorumOf(state.config) - 1]', replace: 'claims[0]' },
    ],
  },
]
