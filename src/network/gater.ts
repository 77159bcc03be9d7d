import type { Connection, ConnectionGater, MultiaddrConnection, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { newConnectionWins } from '../defence/duplicate-dial.ts'
import type { NetGroupProvider, NetGroups } from '../defence/netgroup.ts'
import { RateLimiter } from '../defence/rate-limiter.ts'
import { type Direction, Slots } from '../defence/slots.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import type { Logger } from '../lib/logger.ts'
import type { PeerName } from '../runtime/ports.ts'
import { groupsOf, isPublicMultiaddr, isTcpAddress, peerIn } from './addresses.ts'
import { ed25519KeyOf } from './identity.ts'
import * as limits from './limits.ts'

export interface GaterOptions {
  readonly ourPeerId: PeerName
  readonly memberCount: number
  readonly privateAddresses: boolean
  readonly loopback: boolean
  isMember(peer: PeerName): boolean
}

export interface GaterComponents {
  readonly logger: Logger
  readonly nowMs: () => number
  readonly netGroups: NetGroupProvider
  /** Open connections with a peer. */
  readonly connectionsOf: (peer: PeerId) => readonly Connection[]
}

/**
 * Says no to connections, cheap reasons first: before encryption by address alone (rates of address, group and total; full
 * groups), after it by who the peer is, and last by whether there is a slot. The slot is taken in the same turn in which
 * the connection is made and given back when its socket closes.
 */
export class Gater implements ConnectionGater {
  readonly #options: GaterOptions
  readonly #components: GaterComponents
  readonly #slots: Slots
  /** Until when, in milliseconds since 1970. */
  readonly #outcasts = new BoundedMap<PeerName, number>(limits.OUTCASTS_MAX)
  readonly #perAddress = new RateLimiter(limits.DIAL_IN_RATE_PER_ADDRESS, limits.KEYS_OF_LIMITERS_MAX)
  readonly #perGroup = new RateLimiter(limits.DIAL_IN_RATE_PER_NARROW_GROUP, limits.KEYS_OF_LIMITERS_MAX)
  readonly #total = new RateLimiter(limits.DIAL_IN_RATE_TOTAL, 1)
  readonly #loopback = new RateLimiter(limits.DIAL_IN_RATE_LOOPBACK, limits.KEYS_OF_LIMITERS_MAX)

  constructor(options: GaterOptions, components: GaterComponents) {
    this.#options = options
    this.#components = components
    this.#slots = new Slots(limits.slotOptions(options.memberCount, options.loopback))
  }

  denyDialPeer = (peer: PeerId): boolean =>
    peer.toString() === this.#options.ourPeerId || ed25519KeyOf(peer) === null

  denyDialMultiaddr = (address: Multiaddr): boolean => {
    if (!this.#mayDial(address)) return true
    const groups = groupsOf(address, this.#components.netGroups)
    if (groups === null) return true
    const peer = peerIn(address)
    const member = peer !== null && this.#options.isMember(peer)
    return this.#slots.refusal({ direction: 'outbound', groups, member }) !== null
  }

  /** Addresses that are not worth remembering, whoever told them. */
  filterMultiaddrForPeer = (_peer: PeerId, address: Multiaddr): boolean => this.#mayDial(address)

  denyInboundConnection = (socket: MultiaddrConnection): boolean => {
    const groups = groupsOf(socket.remoteAddr, this.#components.netGroups)
    const refusal = groups === null ? 'no-address' : this.#refuseAddress(groups)
    if (refusal !== null) this.#log(socket, 'inbound', refusal)
    return refusal !== null
  }

  denyInboundEncryptedConnection = (peer: PeerId, socket: MultiaddrConnection): boolean =>
    this.#refusePeer(peer, socket, 'inbound')

  denyOutboundEncryptedConnection = (peer: PeerId, socket: MultiaddrConnection): boolean =>
    this.#refusePeer(peer, socket, 'outbound')

  denyInboundUpgradedConnection = (peer: PeerId, socket: MultiaddrConnection): boolean =>
    this.#refuseSlot(peer, socket, 'inbound')

  denyOutboundUpgradedConnection = (peer: PeerId, socket: MultiaddrConnection): boolean =>
    this.#refuseSlot(peer, socket, 'outbound')

  #mayDial(address: Multiaddr): boolean {
    return isTcpAddress(address) && (this.#options.privateAddresses || isPublicMultiaddr(address))
  }

  /** A stranger and a member look the same here, so full groups are left to the slots while a member's place is free. */
  #refuseAddress(groups: NetGroups): string | null {
    const nowMs = this.#components.nowMs()
    if (groups.loopback && this.#options.loopback) {
      return this.#loopback.take(groups.address, nowMs) ? null : 'rate-limited'
    }
    if (!this.#perAddress.take(groups.address, nowMs)) return 'rate-limited'
    if (!this.#perGroup.take(groups.narrow, nowMs)) return 'group-rate-limited'
    if (!this.#total.take('all', nowMs)) return 'total-rate-limited'
    const asMember = this.#slots.refusal({ direction: 'inbound', groups, member: true })
    return asMember === null ? null : this.#slots.refusal({ direction: 'inbound', groups, member: false })
  }

  #refusePeer(peer: PeerId, socket: MultiaddrConnection, direction: Direction): boolean {
    const name = peer.toString()
    const isWrong = name === this.#options.ourPeerId || ed25519KeyOf(peer) === null
    const isOutcast = (this.#outcasts.get(name) ?? 0) > this.#components.nowMs()
    if (isWrong || isOutcast) this.#log(socket, direction, isWrong ? 'wrong-peer' : 'outcast')
    return isWrong || isOutcast
  }

  /** Nothing to do with this peer for a while. A new identity costs it a new ticket. */
  castOut(peer: PeerName): void {
    this.#outcasts.set(peer, this.#components.nowMs() + limits.OUTCAST_MS)
  }

  #refuseSlot(peer: PeerId, socket: MultiaddrConnection, direction: Direction): boolean {
    const groups = groupsOf(socket.remoteAddr, this.#components.netGroups)
    if (groups === null || socket.status !== 'open') return true
    if (!this.#replaceExisting(peer, direction)) {
      this.#log(socket, direction, 'duplicate')
      return true
    }
    const slot = this.#slots.take({ direction, groups, member: this.#options.isMember(peer.toString()) })
    if (typeof slot === 'string') {
      this.#log(socket, direction, slot)
      return true
    }
    socket.addEventListener('close', slot)
    return false
  }

  /** Keeps one connection with each peer. @returns whether the new one may stay */
  #replaceExisting(peer: PeerId, direction: Direction): boolean {
    const incoming = { direction, openedMs: this.#components.nowMs() }
    const facts = {
      ourPeerId: this.#options.ourPeerId,
      theirPeerId: peer.toString(),
      simultaneousMs: limits.SIMULTANEOUS_DIAL_MS,
    }
    const existing = this.#components.connectionsOf(peer).filter(connection => connection.status === 'open')
    const wins = (connection: Connection): boolean =>
      newConnectionWins(
        { direction: connection.direction, openedMs: connection.timeline.open },
        incoming,
        facts,
      )
    if (!existing.every(wins)) return false
    for (const connection of existing) connection.abort(new Error('replaced by a newer connection'))
    return true
  }

  #log(socket: MultiaddrConnection, direction: Direction, refusal: string): void {
    const address = socket.remoteAddr.toString()
    this.#components.logger.debug({ address, direction, refusal }, 'connection refused')
  }
}
