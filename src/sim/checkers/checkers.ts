import { createAccusations } from './accusations.ts'
import { createAgreement } from './agreement.ts'
import { createAtMostOnce } from './at-most-once.ts'
import { createBounds } from './bounds.ts'
import { createCertificates } from './certificates.ts'
import type { CreateChecker } from './checker.ts'
import { createDurability } from './durability.ts'
import { createOneStatement } from './one-statement.ts'

/** Everything that must hold, by the name that stands in front of a violation. */
export const CHECKERS = {
  agreement: createAgreement,
  'at-most-once': createAtMostOnce,
  durability: createDurability,
  'one-statement': createOneStatement,
  certificates: createCertificates,
  bounds: createBounds,
  accusations: createAccusations,
} satisfies Record<string, CreateChecker>

/** `refusals`: a member accepted from a client what it must refuse. */
export type CheckerName = keyof typeof CHECKERS | 'liveness' | 'refusals'
