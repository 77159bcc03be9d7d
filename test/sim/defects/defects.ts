import { CHECKPOINT_DEFECTS } from './checkpoints.ts'
import type { Defect } from './defect.ts'
import { EXECUTION_DEFECTS } from './execution.ts'
import { KEY_DEFECTS } from './keys.ts'
import { MEMORY_DEFECTS } from './memory.ts'
import { MESSAGE_DEFECTS } from './messages.ts'
import { NORMAL_CASE_DEFECTS } from './normal-case.ts'
import { QUORUM_DEFECTS } from './quorums.ts'
import { TRANSFER_DEFECTS } from './transfer.ts'
import { VIEW_CHANGE_DEFECTS } from './view-change.ts'

/** All of them, by what they damage. */
export const DEFECTS: readonly Defect[] = [
  ...QUORUM_DEFECTS,
  ...NORMAL_CASE_DEFECTS,
  ...CHECKPOINT_DEFECTS,
  ...VIEW_CHANGE_DEFECTS,
  ...MEMORY_DEFECTS,
  ...EXECUTION_DEFECTS,
  ...TRANSFER_DEFECTS,
  ...MESSAGE_DEFECTS,
  ...KEY_DEFECTS,
]
