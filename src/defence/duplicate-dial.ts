import type { Direction } from './slots.ts'

export interface OpenConnection {
  readonly direction: Direction
  /** Milliseconds since 1970. */
  readonly openedMs: number
}

/**
 * Two peers that dial each other at the same moment must both keep the same one of the two connections: the one that the
 * peer with the lower PeerId dialled. An older connection to the same peer is taken for dead by the one who dialled anew
 * (he crashed, moved or lost the path), so the newcomer replaces it.
 */
export function newConnectionWins(
  existing: OpenConnection,
  incoming: OpenConnection,
  facts: { readonly ourPeerId: string; readonly theirPeerId: string; readonly simultaneousMs: number },
): boolean {
  if (incoming.openedMs - existing.openedMs > facts.simultaneousMs) return true
  if (existing.direction === incoming.direction) return false
  const weAreLower = facts.ourPeerId < facts.theirPeerId
  return (incoming.direction === 'outbound') === weAreLower
}
