import './polyfill.ts'
import type { PeerId } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { isPublicAddress, type NetGroupProvider, type NetGroups } from '../defence/netgroup.ts'
import { NetworkError } from './types.ts'

/** Multiaddrs: what we listen on, dial and tell others. */

const HOSTS: ReadonlySet<string> = new Set(['ip4', 'ip6', 'dns', 'dns4', 'dns6'])

/** @throws NetworkError */
export function parseAddress(text: string): Multiaddr {
  try {
    const address = multiaddr(text)
    if (isTcpAddress(address)) return address
  } catch (error) {
    throw new NetworkError('BAD_ADDRESS', `"${text}" is no multiaddr such as /ip4/192.0.2.1/tcp/4001`, {
      cause: error,
    })
  }
  throw new NetworkError('BAD_ADDRESS', `"${text}" must have the form /ip4/192.0.2.1/tcp/4001[/p2p/PEER_ID]`)
}

/** Host, TCP port and possibly a PeerId: the only form that we dial. */
export function isTcpAddress(address: Multiaddr): boolean {
  const [host, transport, peer, ...rest] = address.getComponents()
  if (host === undefined || !HOSTS.has(host.name) || transport?.name !== 'tcp') return false
  return rest.length === 0 && (peer === undefined || peer.name === 'p2p')
}

/** The PeerId at the end, as text. */
export function peerIn(address: Multiaddr): string | null {
  return address.getComponents().findLast(component => component.name === 'p2p')?.value ?? null
}

export function withPeer(address: Multiaddr, peer: PeerId): Multiaddr {
  return peerIn(address) === null ? address.encapsulate(`/p2p/${peer.toString()}`) : address
}

/** A host name is a group of its own: it is only ever dialled, and the same name is the same operator. */
export function groupsOf(address: Multiaddr, provider: NetGroupProvider): NetGroups | null {
  const host = address.getComponents()[0]
  if (host?.value === undefined) return null
  if (!host.name.startsWith('dns')) return provider(host.value)
  return { address: host.value, narrow: host.value, wide: host.value, loopback: false }
}

/** Host names are taken for public. */
export function isPublicMultiaddr(address: Multiaddr): boolean {
  const host = address.getComponents()[0]
  if (host === undefined || host.value === undefined) return false
  return host.name.startsWith('dns') || isPublicAddress(host.value)
}
