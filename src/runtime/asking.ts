import type { ReplicaId } from '../pbft/types.ts'
import type { Answer, PeerNetwork, RequestProtocol } from './ports.ts'

/**
 * Asks members in turn. Whoever does not answer, or answers wrongly, is asked again only after all others; so one that lies or sleeps
 * costs one time-out a round and nothing else.
 */
export class Askers {
  readonly #network: PeerNetwork
  #next = 0

  constructor(network: PeerNetwork) {
    this.#network = network
  }

  /** The next connected member, or null when there is none. */
  take(): ReplicaId | null {
    const members = [...this.#network.connectedMembers()].sort((a, b) => a - b)
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
    this.#network.request(member, protocol, bytes, { timeoutMs }, done)
  }
}
