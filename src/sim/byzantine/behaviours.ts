import { createAlteredKeyState } from './altered-key-state.ts'
import { createBadDealings } from './bad-dealings.ts'
import type { CreateBehaviour } from './behaviour.ts'
import { createCensoring } from './censoring.ts'
import { createColluding } from './colluding.ts'
import { createConflictingVotes } from './conflicting-votes.ts'
import { createCraftedNewView } from './crafted-new-view.ts'
import { createEarlyBatches } from './early-batches.ts'
import { createEquivocating } from './equivocating.ts'
import { createExchangedProposals } from './exchanged-proposals.ts'
import { createFalseComplaints } from './false-complaints.ts'
import { createFalseEndings } from './false-endings.ts'
import { createFlooding } from './flooding.ts'
import { createForeignReplays } from './foreign-replays.ts'
import { createForgedCertificates } from './forged-certificates.ts'
import { createForgedStable } from './forged-stable.ts'
import { createImpersonating } from './impersonating.ts'
import { createInvalidBatches } from './invalid-batches.ts'
import { createLateBatches } from './late-batches.ts'
import { createLyingCertificates } from './lying-certificates.ts'
import { createLyingCheckpoints } from './lying-checkpoints.ts'
import { createLyingReplies } from './lying-replies.ts'
import { createLyingStatus } from './lying-status.ts'
import { createLyingTransfer } from './lying-transfer.ts'
import { createManyBatches } from './many-batches.ts'
import { createMisleadingTransfer } from './misleading-transfer.ts'
import { createOldDisk } from './old-disk.ts'
import { createOtherNetwork } from './other-network.ts'
import { createRepeatedSignatures } from './repeated-signatures.ts'
import { createRepeating } from './repeating.ts'
import { createRestless } from './restless.ts'
import { createSecondProposals } from './second-proposals.ts'
import { createSelectivelySilent } from './selectively-silent.ts'
import { createSilent } from './silent.ts'
import { createSlowPrimary } from './slow-primary.ts'
import { createSmallMutations } from './small-mutations.ts'
import { createStaleReplays } from './stale-replays.ts'
import { createStrangeOrders } from './strange-orders.ts'
import { createTwoCheckpoints } from './two-checkpoints.ts'
import { createTwoNewViews } from './two-new-views.ts'
import { createTwoOrders } from './two-orders.ts'
import { createUnpreparedCertificates } from './unprepared-certificates.ts'
import { createWildKeyOperations } from './wild-key-operations.ts'
import { createWithheldBatches } from './withheld-batches.ts'
import { createWithheldMessages } from './withheld-messages.ts'
import { createWrongLogTime } from './wrong-log-time.ts'
import { createWrongNewView } from './wrong-new-view.ts'
import { createWrongPartials } from './wrong-partials.ts'
import { createWrongViewChange } from './wrong-view-change.ts'

/** Ways to be faulty that worlds draw, by the name that stands in options and reports. One more would change what every seed draws. */
const DRAWN = {
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

/** Ways to be faulty that want a world made for them, and are in no other. */
const PLACED = {
  'early-batches': createEarlyBatches,
  'exchanged-proposals': createExchangedProposals,
  'false-endings': createFalseEndings,
  'many-batches': createManyBatches,
  'other-network': createOtherNetwork,
  'repeated-signatures': createRepeatedSignatures,
  'second-proposals': createSecondProposals,
  'strange-orders': createStrangeOrders,
  'unprepared-certificates': createUnpreparedCertificates,
} satisfies Record<string, CreateBehaviour>

/** Ways to be faulty about the network's keys, for worlds that have them. */
const ABOUT_KEYS = {
  'altered-key-state': createAlteredKeyState,
  'bad-dealings': createBadDealings,
  'false-complaints': createFalseComplaints,
  'lying-certificates': createLyingCertificates,
  'wild-key-operations': createWildKeyOperations,
  'wrong-partials': createWrongPartials,
} satisfies Record<string, CreateBehaviour>

/** Every way to be faulty. */
export const BEHAVIOURS = { ...DRAWN, ...PLACED, ...ABOUT_KEYS }

export type BehaviourName = keyof typeof BEHAVIOURS
export const BEHAVIOUR_NAMES = Object.keys(BEHAVIOURS) as readonly BehaviourName[]
export const KEY_BEHAVIOUR_NAMES = Object.keys(ABOUT_KEYS) as readonly BehaviourName[]
export const DRAWN_BEHAVIOUR_NAMES = Object.keys(DRAWN) as readonly BehaviourName[]
