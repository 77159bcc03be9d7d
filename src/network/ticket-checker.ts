import {
  checkTicketClaim,
  decodeTicket,
  encodeTicket,
  type PowTicket,
  type TicketExpectation,
  type TicketFault,
  ticketChallenge,
} from '../crypto/pow-ticket.ts'
import type { NetGroups } from '../defence/netgroup.ts'
import { RateLimiter } from '../defence/rate-limiter.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import { equalBytes, toHex } from '../lib/bytes.ts'
import * as limits from './limits.ts'
import { evaluateWork, verifyTicketSignature } from './ticket-work.ts'

export interface TicketCheckerOptions {
  readonly expected: Omit<TicketExpectation, 'peerKey'>
  readonly loopback: boolean
}

export interface Presenter {
  /** The key that the secure channel proved, 32 bytes. */
  readonly peerKey: Uint8Array
  readonly member: boolean
  readonly groups: NetGroups
}

/** `rate-limited` and `busy` say nothing against the ticket: try again later. */
export type TicketRefusal = TicketFault | 'rate-limited' | 'busy'

interface Waiting {
  readonly effort: number
  readonly start: () => void
  readonly drop: () => void
}

/**
 * Checks tickets, cheap tests first: a forged ticket that passes the gate costs its sender a millisecond and us 50, so
 * nothing gets as far as scrypt beyond the rates of its peer and its group. Members have no group rate: their keys are
 * known. At most `WORK_CHECKS_PARALLEL` run at once; those that wait are served by effort, and the lowest is dropped.
 */
export class TicketChecker {
  readonly #options: TicketCheckerOptions
  readonly #nowMs: () => number
  readonly #checked = new BoundedMap<string, string>(limits.CHECKED_TICKETS_MAX)
  readonly #perPeer = new RateLimiter(limits.WORK_CHECK_RATE_PER_PEER, limits.KEYS_OF_LIMITERS_MAX)
  readonly #perMember = new RateLimiter(limits.WORK_CHECK_RATE_PER_MEMBER, limits.KEYS_OF_LIMITERS_MAX)
  readonly #perGroup = new RateLimiter(limits.WORK_CHECK_RATE_PER_NARROW_GROUP, limits.KEYS_OF_LIMITERS_MAX)
  readonly #total = new RateLimiter(limits.WORK_CHECK_RATE_TOTAL, 2)
  readonly #waiting: Waiting[] = []
  #running = 0

  constructor(options: TicketCheckerOptions, components: { readonly nowMs: () => number }) {
    this.#options = options
    this.#nowMs = components.nowMs
  }

  /** @returns null when the ticket is good */
  async check(bytes: Uint8Array, presenter: Presenter): Promise<TicketRefusal | null> {
    const ticket = decodeTicket(bytes)
    if (ticket === null) return 'malformed'
    const fault = checkTicketClaim(ticket, { ...this.#options.expected, peerKey: presenter.peerKey })
    if (fault !== null) return fault
    const peer = toHex(ticket.peerKey)
    const encoded = toHex(encodeTicket(ticket))
    if (this.#checked.get(peer) === encoded) return null
    if (!(await verifyTicketSignature(ticket))) return 'wrong-signature'
    if (!this.#withinRates(peer, presenter)) return 'rate-limited'
    const digest = await this.#evaluate(ticket)
    if (digest === null) return 'busy'
    if (!equalBytes(digest, ticket.digest)) return 'wrong-work'
    this.#checked.set(peer, encoded)
    return null
  }

  #withinRates(peer: string, { member, groups }: Presenter): boolean {
    const nowMs = this.#nowMs()
    if (member) return this.#perMember.take(peer, nowMs)
    const raised = groups.loopback && this.#options.loopback
    if (!raised && !this.#perGroup.take(groups.narrow, nowMs)) return false
    return this.#perPeer.take(peer, nowMs) && this.#total.take(raised ? 'loopback' : 'all', nowMs)
  }

  /** @returns null when too many wait that claim more effort */
  #evaluate(ticket: PowTicket): Promise<Uint8Array | null> {
    return new Promise((resolve, reject) => {
      const start = (): void => {
        this.#running += 1
        evaluateWork(ticketChallenge(ticket), ticket.nonce)
          .then(resolve, reject)
          .finally(() => {
            this.#running -= 1
            this.#waiting.shift()?.start()
          })
      }
      if (this.#running < limits.WORK_CHECKS_PARALLEL) {
        start()
        return
      }
      const place = this.#waiting.findIndex(other => other.effort < ticket.effort)
      if (place < 0 && this.#waiting.length >= limits.WORK_CHECKS_WAITING_MAX) {
        resolve(null)
        return
      }
      this.#waiting.splice(place < 0 ? this.#waiting.length : place, 0, {
        effort: ticket.effort,
        start,
        drop: () => resolve(null),
      })
      if (this.#waiting.length > limits.WORK_CHECKS_WAITING_MAX) this.#waiting.pop()?.drop()
    })
  }
}
