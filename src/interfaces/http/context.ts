import type { Logger } from '../../lib/logger.ts'
import type { QuorateNode } from '../../node/api.ts'
import type { HttpLimits } from './limits.ts'
import type { OpenStreams } from './open-streams.ts'
import type { Waits } from './waits.ts'

/** What the routes work with. */
export interface RouteContext {
  readonly node: QuorateNode
  readonly limits: HttpLimits
  readonly logger: Logger
  readonly waits: Waits
  readonly streams: OpenStreams
  /** Null: nobody is the operator. */
  readonly operatorToken: string | null
}
