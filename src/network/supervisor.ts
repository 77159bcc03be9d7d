import type { Connection, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Logger } from '../lib/logger.ts'
import type { Clock } from '../runtime/ports.ts'
import { peerIn, withPeer } from './addresses.ts'
import { dial, dialFound, dialKnown } from './discovery.ts'
import type { Node } from './libp2p-node.ts'
import * as limits from './limits.ts'

/** Somebody that we want a connection with. */
interface Target {
  readonly label: string
  /** Null for a bootstrap address that does not say whose it is. */
  peer: PeerId | null
  readonly member: boolean
  readonly addresses: readonly Multiaddr[]
  attempts: number
  dialling: boolean
  nextMs: number
  cancelTimer: () => void
}

export interface SupervisorOptions {
  /** The other members. */
  readonly members: readonly PeerId[]
  readonly bootstrap: readonly Multiaddr[]
  /** Member links to keep: all for a member, some for an observer. */
  readonly memberLinks: number
}

export interface SupervisorComponents {
  readonly node: Node
  readonly clock: Clock
  readonly logger: Logger
  /** 0 to 1 */
  readonly random: () => number
  isInside(connection: Connection): boolean
}

/**
 * Keeps us connected, since libp2p dials nobody by itself. Each wanted member is tried again until it answers, soon at first
 * and then every few seconds: at its remembered address, at a bootstrap address that names it, and at what the DHT says.
 * Bootstrap peers are dialled while a member is missing or nobody is there at all.
 */
export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #components: SupervisorComponents
  readonly #targets: Target[] = []
  #stopped = false

  constructor(options: SupervisorOptions, components: SupervisorComponents) {
    this.#options = options
    this.#components = components
    const memberNames = new Set(options.members.map(String))
    for (const peer of options.members) {
      const addresses = options.bootstrap.filter(address => peerIn(address) === peer.toString())
      this.#targets.push(newTarget(peer.toString(), peer, true, addresses))
    }
    for (const address of options.bootstrap) {
      if (memberNames.has(peerIn(address) ?? '')) continue
      this.#targets.push(newTarget(address.toString(), null, false, [address]))
    }
  }

  start(): void {
    for (const target of this.#targets) this.#schedule(target, 0)
  }

  stop(): void {
    this.#stopped = true
    for (const target of this.#targets) target.cancelTimer()
  }

  /** Somebody new may know where the missing ones are: they are tried now. */
  onInside(connection: Connection): void {
    for (const target of this.#targets) {
      if (target.peer?.equals(connection.remotePeer)) target.attempts = 0
      else if (target.member && target.attempts > 0) this.#hasten(target)
    }
  }

  /**
   * @param wasInside a peer that turned us away is not asked again at once; but soon, since under load a hello may time out, and a
   *   target that was connected is else looked at only from time to time
   */
  onClose(connection: Connection, wasInside: boolean): void {
    for (const target of this.#targets) {
      if (!target.peer?.equals(connection.remotePeer)) continue
      if (!wasInside) this.#hasten(target, limits.REDIAL_TURNED_AWAY_MS)
      else {
        target.attempts = 0
        this.#schedule(target, this.#jittered(limits.REDIAL_FIRST_MS))
      }
    }
    if (wasInside && this.#connected().length === 0) for (const target of this.#targets) this.#hasten(target)
  }

  #hasten(target: Target, atMostMs: number = limits.REDIAL_FIRST_MS): void {
    const delayMs = this.#jittered(atMostMs)
    if (target.nextMs > this.#components.clock.nowMs() + delayMs) this.#schedule(target, delayMs)
  }

  #schedule(target: Target, delayMs: number): void {
    target.cancelTimer()
    if (this.#stopped) return
    target.nextMs = this.#components.clock.nowMs() + delayMs
    target.cancelTimer = this.#components.clock.after(delayMs, () => {
      if (target.dialling) return
      target.dialling = true
      this.#attempt(target)
        .catch((error: Error) =>
          this.#components.logger.warn({ error: error.message }, 'dial failed in a new way'),
        )
        .finally(() => {
          target.dialling = false
          this.#schedule(target, this.#backoffMs(target))
        })
    })
  }

  /** A target that is connected is only looked at from time to time. */
  #backoffMs(target: Target): number {
    const doubled = limits.REDIAL_FIRST_MS * 2 ** Math.min(target.attempts, 10)
    return this.#jittered(Math.min(doubled, limits.REDIAL_MS_MAX))
  }

  #jittered(delayMs: number): number {
    return delayMs * (0.8 + 0.4 * this.#components.random())
  }

  async #attempt(target: Target): Promise<void> {
    if (this.#stopped || !this.#isWanted(target)) {
      target.attempts = 10
      return
    }
    const connected =
      target.peer === null ? await this.#dialAddress(target) : await this.#dialPeer(target, target.peer)
    target.attempts += 1
    if (connected && target.attempts > 1) return
    this.#components.logger.debug({ peer: target.label, attempts: target.attempts, connected }, 'dialled')
  }

  async #dialAddress(target: Target): Promise<boolean> {
    return dial(this.#components.node, [...target.addresses])
  }

  async #dialPeer(target: Target, peer: PeerId): Promise<boolean> {
    const { node } = this.#components
    const stated = target.addresses.map(address => withPeer(address, peer))
    if (stated.length > 0 && (await dial(node, stated))) return true
    if (await dialKnown(node, peer)) return true
    return this.#connected().length > 0 && dialFound(node, peer)
  }

  #isWanted(target: Target): boolean {
    const open = this.#components.node.getConnections()
    if (target.peer !== null && open.some(({ remotePeer }) => target.peer?.equals(remotePeer))) return false
    const members = this.#options.members.filter(peer =>
      open.some(({ remotePeer }) => peer.equals(remotePeer)),
    )
    if (target.member) return members.length < this.#options.memberLinks
    if (this.#isConnectedAt(target, open)) return false
    return (
      open.length === 0 || members.length < Math.min(this.#options.memberLinks, this.#options.members.length)
    )
  }

  #isConnectedAt(target: Target, open: readonly Connection[]): boolean {
    const stated = target.addresses.map(address => ({ text: address.toString(), peer: peerIn(address) }))
    return open.some(({ remoteAddr, remotePeer }) =>
      stated.some(
        ({ text, peer }) =>
          peer === remotePeer.toString() || remoteAddr.toString().startsWith(`${text}/p2p/`),
      ),
    )
  }

  #connected(): Connection[] {
    return this.#components.node.getConnections().filter(connection => this.#components.isInside(connection))
  }
}

function newTarget(
  label: string,
  peer: PeerId | null,
  member: boolean,
  addresses: readonly Multiaddr[],
): Target {
  return { label, peer, member, addresses, attempts: 0, dialling: false, nextMs: 0, cancelTimer: () => {} }
}
