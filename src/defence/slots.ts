import { assert } from '../lib/assert.ts'
import type { NetGroups } from './netgroup.ts'

export type Direction = 'inbound' | 'outbound'

/** How many connections may share an address or a group. */
export interface GroupCaps {
  readonly perAddress: number
  readonly perNarrow: number
  readonly perWide: number
}

export interface SlotOptions {
  /** Connections of peers that are no members. */
  readonly inboundMax: number
  readonly outboundMax: number
  /** Connections of members, either direction, which peers can never take. */
  readonly membersMax: number
  readonly inboundCaps: GroupCaps
  readonly outboundCaps: GroupCaps
  /** In place of both for loopback addresses. */
  readonly loopbackCaps: GroupCaps
}

export type SlotRefusal =
  | 'totals-full'
  | 'members-full'
  | 'address-full'
  | 'narrow-group-full'
  | 'wide-group-full'

export interface SlotRequest {
  readonly direction: Direction
  readonly groups: NetGroups
  readonly member: boolean
}

/**
 * Counts connections: totals for each direction, and for strangers also per address and group, so that nobody fills our
 * places from one block of addresses. Members have places of their own and no group caps: they are few and known by key,
 * and three of them may well stand in one data centre. One slot for each connection; whoever takes one gives it back once.
 */
export class Slots {
  readonly #options: SlotOptions
  readonly #groupCounts = new Map<string, number>()
  readonly #totals = { inbound: 0, outbound: 0, members: 0 }

  constructor(options: SlotOptions) {
    this.#options = options
  }

  /** Would there be a place now? */
  refusal(request: SlotRequest): SlotRefusal | null {
    if (request.member) return this.#totals.members < this.#options.membersMax ? null : 'members-full'
    const totalMax = request.direction === 'inbound' ? this.#options.inboundMax : this.#options.outboundMax
    if (this.#totals[request.direction] >= totalMax) return 'totals-full'
    const caps = this.#capsFor(request)
    const { address, narrow, wide } = request.groups
    if (this.#count(request.direction, address) >= caps.perAddress) return 'address-full'
    if (this.#count(request.direction, narrow) >= caps.perNarrow) return 'narrow-group-full'
    return this.#count(request.direction, wide) >= caps.perWide ? 'wide-group-full' : null
  }

  /** @returns why not, or a function that gives the slot back; calling it again does nothing */
  take(request: SlotRequest): SlotRefusal | (() => void) {
    const refusal = this.refusal(request)
    if (refusal !== null) return refusal
    this.#add(request, 1)
    let held = true
    return () => {
      if (held) this.#add(request, -1)
      held = false
    }
  }

  /** Groups with at least one connection; for bounds in tests and metrics. */
  get groupCount(): number {
    return this.#groupCounts.size
  }

  #capsFor({ direction, groups }: SlotRequest): GroupCaps {
    if (groups.loopback) return this.#options.loopbackCaps
    return direction === 'inbound' ? this.#options.inboundCaps : this.#options.outboundCaps
  }

  #count(direction: Direction, group: string): number {
    return this.#groupCounts.get(`${direction} ${group}`) ?? 0
  }

  #add({ direction, groups, member }: SlotRequest, difference: 1 | -1): void {
    if (member) {
      this.#totals.members += difference
      assert(this.#totals.members >= 0, 'a member slot was given back twice')
      return
    }
    this.#totals[direction] += difference
    assert(this.#totals[direction] >= 0, 'a slot was given back twice')
    for (const group of [groups.address, groups.narrow, groups.wide]) {
      const key = `${direction} ${group}`
      const count = (this.#groupCounts.get(key) ?? 0) + difference
      if (count === 0) this.#groupCounts.delete(key)
      else this.#groupCounts.set(key, count)
    }
  }
}
