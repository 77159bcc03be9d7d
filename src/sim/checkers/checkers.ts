import { createAccusations } from './accusations.ts'
import { createActivations } from './activations.ts'
import { createAgreement } from './agreement.ts'
import { createAtMostOnce } from './at-most-once.ts'
import { createBounds } from './bounds.ts'
import { createCalm } from './calm.ts'
import { createCeremonies } from './ceremonies.ts'
import { createCertificates } from './certificates.ts'
import type { CreateChecker } from './checker.ts'
import { createClientHistory } from './client-history.ts'
import { createCulpritSearch } from './culprits.ts'
import { createDisk } from './disk.ts'
import { createDurability } from './durability.ts'
import { createErasures } from './erasures.ts'
import { createHandovers } from './handovers.ts'
import { createHangover } from './hangover.ts'
import { createKeys } from './keys.ts'
import { createLeftOut } from './left-out.ts'
import { createLogTime } from './log-time.ts'
import { createOneStatement } from './one-statement.ts'
import { createReads } from './reads.ts'
import { createRequests } from './requests.ts'
import { createShares } from './shares.ts'
import { createSuspicion } from './suspicion.ts'
import { createValidity } from './validity.ts'

/** Everything that must hold, by the name that stands in front of a violation. */
export const CHECKERS = {
  agreement: createAgreement,
  validity: createValidity,
  'log-time': createLogTime,
  'at-most-once': createAtMostOnce,
  durability: createDurability,
  'client-history': createClientHistory,
  reads: createReads,
  'one-statement': createOneStatement,
  certificates: createCertificates,
  keys: createKeys,
  shares: createShares,
  activations: createActivations,
  handovers: createHandovers,
  requests: createRequests,
  ceremonies: createCeremonies,
  erasures: createErasures,
  bounds: createBounds,
  disk: createDisk,
  hangover: createHangover,
  calm: createCalm,
  'left-out': createLeftOut,
  accusations: createAccusations,
  culprits: createCulpritSearch,
  suspicion: createSuspicion,
} satisfies Record<string, CreateChecker>

/** `refusals`: a member accepted from a client what it must refuse. */
export type CheckerName = keyof typeof CHECKERS | 'liveness' | 'refusals'
