import type { CreateBehaviour } from './behaviour.ts'
import { createCensoring } from './censoring.ts'
import { createColluding } from './colluding.ts'
import { createConflictingVotes } from './conflicting-votes.ts'
import { createCraftedNewView } from './crafted-new-view.ts'
import { createEquivocating } from './equivocating.ts'
import { createFlooding } from './flooding.ts'
import { createForeignReplays } from './foreign-replays.ts'
import { createForgedCertificates } from './forged-certificates.ts'
import { createForgedStable } from './forged-stable.ts'
import { createImpersonating } from './impersonating.ts'
import { createInvalidBatches } from './invalid-batches.ts'
import { createLateBatches } from './late-batches.ts'
import { createLyingCheckpoints } from './lying-checkpoints.ts'
import { createLyingReplies } from './lying-replies.ts'
import { createLyingStatus } from './lying-status.ts'
import { createLyingTransfer } from './lying-transfer.ts'
import { createMisleadingTransfer } from './misleading-transfer.ts'
import { createOldDisk } from './old-disk.ts'
import { createRepeating } from './repeating.ts'
import { createRestless } from './restless.ts'
import { createSelectivelySilent } from './selectively-silent.ts'
import { createSilent } from './silent.ts'
import { createSlowPrimary } from './slow-primary.ts'
import { createSmallMutations } from './small-mutations.ts'
import { createStaleReplays } from './stale-replays.ts'
import { createTwoCheckpoints } from './two-checkpoints.ts'
import { createTwoNewViews } from './two-new-views.ts'
import { createTwoOrders } from './two-orders.ts'
import { createWithheldBatches } from './withheld-batches.ts'
import { createWithheldMessages } from './withheld-messages.ts'
import { createWrongLogTime } from './wrong-log-time.ts'
import { createWrongNewView } from './wrong-new-view.ts'
import { createWrongViewChange } from './wrong-view-change.ts'

/** Every way to be faulty, by the name that stands in options and reports. */
export const BEHAVIOURS = {
  censoring: createCensoring,
  colluding: createColluding,
  'conflicting-votes': createConflictingVotes,
  'crafted-new-view': createCraftedNewView,
  equivocating: createEquivocating,
  flooding: createFlooding,
  'foreign-replays': createForeignReplays,
  'forged-certificates': createForgedCertificates,
  'forged-stable': createForgedStable,
  impersonating: createImpersonating,
  'invalid-batches': createInvalidBatches,
  'late-batches': createLateBatches,
  'lying-checkpoints': createLyingCheckpoints,
  'lying-replies': createLyingReplies,
  'lying-status': createLyingStatus,
  'lying-transfer': createLyingTransfer,
  'misleading-transfer': createMisleadingTransfer,
  'old-disk': createOldDisk,
  repeating: createRepeating,
  restless: createRestless,
  'selectively-silent': createSelectivelySilent,
  silent: createSilent,
  'slow-primary': createSlowPrimary,
  'small-mutations': createSmallMutations,
  'stale-replays': createStaleReplays,
  'two-checkpoints': createTwoCheckpoints,
  'two-new-views': createTwoNewViews,
  'two-orders': createTwoOrders,
  'withheld-batches': createWithheldBatches,
  'withheld-messages': createWithheldMessages,
  'wrong-log-time': createWrongLogTime,
  'wrong-new-view': createWrongNewView,
  'wrong-view-change': createWrongViewChange,
} satisfies Record<string, CreateBehaviour>

export type BehaviourName = keyof typeof BEHAVIOURS
export const BEHAVIOUR_NAMES = Object.keys(BEHAVIOURS) as readonly BehaviourName[]
