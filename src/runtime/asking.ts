import type { ReplicaId } from '../pbft/types.ts'
import type { Answer, PeerNetwork, RequestProtocol } from './ports.ts'

const NOBODY: ReadonlySet<ReplicaId> = new Set()
/** In requests to others. */
const PAUSE_MIN = 8
const PAUSE_MAX = 256

/**
 * Asks members in turn. One that did not answer is passed over for a while, each time for longer, unless there is nobody else: it costs few
 * time-outs while it sleeps, and those who answer wrongly are not all that is left when it wakes.
 */
export class Askers {
  readonly #network: PeerNetwork
  /** Did not answer when they were asked last: passed over until so many were asked. */
  readonly #silent = new Map<ReplicaId, { readonly pause: number; readonly until: number }>()
  #next = 0

  constructor(network: PeerNetwork) {
    this.#network = network
  }

  /** The next connected member that is not among `except`, or null when there is none. */
  take(except: ReadonlySet<ReplicaId> = NOBODY): ReplicaId | null {
    const connected = [...this.#network.connectedMembers()].filter(member => !except.has(member))
    const answering = connected.filter(member => (this.#silent.get(member)?.until ?? 0) <= this.#next)
    const members = (answering.length > 0 ? answering : connected).sort((a, b) => a - b)
    if (members.length === 0) return null
    const member = members[this.#next % members.length] as ReplicaId
    this.#next += 1
    return member
  }

  /** Up to `count` different members. */
  takeSeveral(count: number): readonly ReplicaId[] {
    const taken = new Set<ReplicaId>()
    for (let i = 0; i < count; i++) {
      const member = this.take()
      if (member !== null) taken.add(member)
    }
    return [...taken]
  }

  ask(
    member: ReplicaId,
    protocol: RequestProtocol,
    bytes: Uint8Array,
    timeoutMs: number,
    done: (answer: Answer) => void,
  ): void {
    this.#network.request(member, protocol, bytes, { timeoutMs }, answer => {
      if (!answer.ok && answer.failure === 'timed-out') this.#passOver(member)
      else this.#silent.delete(member)
      done(answer)
    })
  }

  #passOver(member: ReplicaId): void {
    const pause = Math.min(2 * (this.#silent.get(member)?.pause ?? PAUSE_MIN / 2), PAUSE_MAX)
    this.#silent.set(member, { pause, until: this.#next + pause })
  }
}
