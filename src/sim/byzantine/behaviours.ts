import type { CreateBehaviour } from './behaviour.ts'
import { createEquivocating } from './equivocating.ts'
import { createInvalidBatches } from './invalid-batches.ts'
import { createLyingCheckpoints } from './lying-checkpoints.ts'
import { createLyingReplies } from './lying-replies.ts'
import { createLyingStatus } from './lying-status.ts'
import { createLyingTransfer } from './lying-transfer.ts'
import { createRepeating } from './repeating.ts'
import { createRestless } from './restless.ts'
import { createSelectivelySilent } from './selectively-silent.ts'
import { createSilent } from './silent.ts'
import { createStaleReplays } from './stale-replays.ts'
import { createWithheldBatches } from './withheld-batches.ts'
import { createWrongNewView } from './wrong-new-view.ts'
import { createWrongViewChange } from './wrong-view-change.ts'

/** Every way to be faulty, by the name that stands in options and reports. */
export const BEHAVIOURS = {
  equivocating: createEquivocating,
  'invalid-batches': createInvalidBatches,
  'lying-checkpoints': createLyingCheckpoints,
  'lying-replies': createLyingReplies,
  'lying-status': createLyingStatus,
  'lying-transfer': createLyingTransfer,
  repeating: createRepeating,
  restless: createRestless,
  'selectively-silent': createSelectivelySilent,
  silent: createSilent,
  'stale-replays': createStaleReplays,
  'withheld-batches': createWithheldBatches,
  'wrong-new-view': createWrongNewView,
  'wrong-view-change': createWrongViewChange,
} satisfies Record<string, CreateBehaviour>

export type BehaviourName = keyof typeof BEHAVIOURS
export const BEHAVIOUR_NAMES = Object.keys(BEHAVIOURS) as readonly BehaviourName[]
