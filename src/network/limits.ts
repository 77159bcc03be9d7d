/**
 * Every bound of the network on one page. Units stand in the names; reasons beside the numbers that are not obvious.
 * What libp2p and gossipsub leave unlimited or too wide by default is set from here.
 */
import type { BreakerOptions } from '../defence/circuit-breaker.ts'
import type { Rate } from '../defence/rate-limiter.ts'
import type { GroupCaps, SlotOptions } from '../defence/slots.ts'
import type { RequestProtocol, Topic } from '../runtime/ports.ts'

const KIB = 1024
const MIB = 1024 * KIB

export const TOPIC_BYTES_MAX: Readonly<Record<Topic, number>> = {
  consensus: 3 * MIB,
  batch: MIB,
  certificate: 512,
}

/** A gossip frame holds the largest message and its control messages. */
export const GOSSIP_FRAME_BYTES_MAX = 3.5 * MIB
/** Then the peer is taken for dead and its stream is reset. */
export const GOSSIP_WRITE_BUFFER_BYTES_MAX = 12 * MIB
/** Messages of one peer that wait for a verdict, and their bytes; more are ignored. */
export const GOSSIP_PENDING_PER_PEER_MAX = 1024
export const GOSSIP_PENDING_BYTES_PER_PEER_MAX = 16 * MIB
/**
 * What a message that was not accepted costs besides its bytes: small ones are as dear to us as large ones. A member that sends
 * nothing else is read at some 2,000 a second, a stranger at 250.
 */
export const GOSSIP_USELESS_BYTES = 32 * KIB
/** Then gossip forgets that it saw a message; its retransmissions end after two seconds, and replays are known by their numbers. */
export const GOSSIP_SEEN_MS = 30_000
/** An inbound gossip stream above its rate is paused, not cut: bursts are normal after a pause. */
export const GOSSIP_BYTES_RATE: Readonly<Record<'member' | 'stranger', Rate>> = {
  member: { perSecond: 64 * MIB, burst: 128 * MIB },
  stranger: { perSecond: 8 * MIB, burst: 16 * MIB },
}

/** A member on a starved machine takes seconds for this; to cut it off and begin anew takes it longer still. */
export const IDENTIFY_TIMEOUT_MS = 10_000
/** An identified peer that is without a gossip stream for so long, though one is opened again and again, is disconnected. */
export const GOSSIP_STREAM_GRACE_MS = 10_000

export const REQUEST_BYTES_MAX: Readonly<Record<RequestProtocol, number>> = {
  batch: 64 * KIB,
  entries: 64 * KIB,
  snapshot: 64 * KIB,
  transactions: MIB,
  certificate: 64,
}
export const ANSWER_BYTES_MAX: Readonly<Record<RequestProtocol, number>> = {
  batch: 4 * MIB,
  entries: 4 * MIB,
  snapshot: 4 * MIB,
  transactions: 4 * MIB,
  certificate: KIB,
}
/** Requests that we serve to one peer. Members catching up ask in a hurry; strangers may wait. */
export const REQUEST_RATE: Readonly<Record<RequestProtocol, Readonly<Record<'member' | 'stranger', Rate>>>> =
  {
    batch: { member: { perSecond: 200, burst: 400 }, stranger: { perSecond: 40, burst: 80 } },
    entries: { member: { perSecond: 50, burst: 100 }, stranger: { perSecond: 10, burst: 20 } },
    snapshot: { member: { perSecond: 50, burst: 100 }, stranger: { perSecond: 10, burst: 20 } },
    transactions: { member: { perSecond: 200, burst: 400 }, stranger: { perSecond: 20, burst: 40 } },
    certificate: { member: { perSecond: 20, burst: 40 }, stranger: { perSecond: 5, burst: 20 } },
  }
/** Streams of one protocol on one connection, each way. */
export const REQUEST_STREAMS_MAX = 16
/** Requests that are served at one time: of one peer, of all strangers, of all members. More are refused. */
export const REQUESTS_SERVED_PER_PEER_MAX = 16
export const REQUESTS_SERVED_MAX: Readonly<Record<'member' | 'stranger', number>> = {
  member: 128,
  stranger: 64,
}
/** Then a peer that has not sent the request that it began is cut off. */
export const REQUEST_READ_TIMEOUT_MS = 5_000
/** Then a request that has no answer is refused, and a peer that does not take its answer is cut off. */
export const REQUEST_SERVE_TIMEOUT_MS = 20_000
/** Streams that a peer may open beyond what we serve; one that goes on is disconnected. */
export const REQUEST_REFUSALS_RATE: Rate = { perSecond: 20, burst: 400 }

/** A peer below the graylist threshold is not heard any more; a stranger is then disconnected and kept out for so long. */
export const OUTCAST_MS = 300_000
export const OUTCASTS_MAX = 4_096
export const REQUEST_BREAKER: BreakerOptions = {
  failuresMax: 5,
  openMs: 1_000,
  openMsMax: 60_000,
  successesToClose: 2,
  keysMax: 4_096,
}

export const HELLO_BYTES_MAX = 4 * KIB
export const HELLO_TIMEOUT_MS = 5_000
/** Hellos of one peer; a member that restarts in a loop stays below. */
export const HELLO_RATE_PER_PEER: Rate = { perSecond: 1, burst: 10 }
export const HELLO_RATE_TOTAL: Rate = { perSecond: 50, burst: 100 }
/** Work is checked by evaluating scrypt once, about 50 ms of a core. */
export const WORK_CHECK_RATE_PER_PEER: Rate = { perSecond: 1 / 60, burst: 3 }
/** A member that lost its disk presents a new ticket at each start. */
export const WORK_CHECK_RATE_PER_MEMBER: Rate = { perSecond: 1 / 5, burst: 10 }
export const WORK_CHECK_RATE_PER_NARROW_GROUP: Rate = { perSecond: 1 / 10, burst: 4 }
export const WORK_CHECK_RATE_TOTAL: Rate = { perSecond: 10, burst: 20 }
export const WORK_CHECKS_PARALLEL = 2
export const WORK_CHECKS_WAITING_MAX = 32
/** Tickets that were checked before: a peer that returns costs no scrypt. */
export const CHECKED_TICKETS_MAX = 4_096

export const KEYS_OF_LIMITERS_MAX = 10_000

/** New connections before anything is known but the address. */
export const DIAL_IN_RATE_PER_ADDRESS: Rate = { perSecond: 4, burst: 8 }
export const DIAL_IN_RATE_PER_NARROW_GROUP: Rate = { perSecond: 8, burst: 16 }
export const DIAL_IN_RATE_TOTAL: Rate = { perSecond: 20, burst: 40 }
/** One machine that runs a whole network restarts a dozen nodes at once. */
export const DIAL_IN_RATE_LOOPBACK: Rate = { perSecond: 200, burst: 400 }

const INBOUND_CAPS: GroupCaps = { perAddress: 2, perNarrow: 4, perWide: 8 }
const OUTBOUND_CAPS: GroupCaps = { perAddress: 1, perNarrow: 1, perWide: 1 }
const LOOPBACK_CAPS: GroupCaps = { perAddress: 64, perNarrow: 64, perWide: 64 }

/** @param loopback raises the caps of loopback addresses; the rule stays in force */
export function slotOptions(members: number, loopback: boolean): SlotOptions {
  return {
    inboundMax: 48,
    outboundMax: 14,
    // A moving member may hold an old and a new connection for a moment.
    membersMax: 2 * members,
    inboundCaps: INBOUND_CAPS,
    outboundCaps: OUTBOUND_CAPS,
    loopbackCaps: loopback ? LOOPBACK_CAPS : INBOUND_CAPS,
  }
}

/** Two connections between the same peers within this time are one simultaneous dial; see `newConnectionWins`. */
export const SIMULTANEOUS_DIAL_MS = 3_000

export const DIAL_TIMEOUT_MS = 4_000
export const FIND_PEER_TIMEOUT_MS = 4_000
export const FOUND_ADDRESSES_MAX = 8
export const REDIAL_FIRST_MS = 150
/** After a connection that ended at the door. */
export const REDIAL_TURNED_AWAY_MS = 1_000
export const REDIAL_MS_MAX = 5_000
/** Members that an observer keeps links to; one of f+1 is honest, and more spread the load. */
export const OBSERVER_LINKS_MIN = 8
export const SUPERVISE_INTERVAL_MS = 1_000

/** Served DHT requests of one peer. kad-dht sets no length for a request of some fifty bytes, so bytes are limited too. */
export const DHT_RPC_RATE: Rate = { perSecond: 10, burst: 100 }
export const DHT_BYTES_RATE: Rate = { perSecond: 4 * KIB, burst: 32 * KIB }

/** The library's own limits, below which ours decide. */
export const CONNECTIONS_MAX = 160
export const PENDING_INBOUND_MAX = 10
export const LISTEN_BACKLOG = 64
export const STREAMS_PER_CONNECTION_MAX = 128
/** More than the largest answer, which is written at once. */
export const STREAM_WRITE_BUFFER_BYTES_MAX = 13 * MIB
export const STREAM_READ_BUFFER_BYTES_MAX = 5 * MIB

/**
 * Addresses are kept until the peer states others. By default libp2p forgets them after an hour, also of peers that are
 * connected all the time: then the DHT, which answers from this memory, would know nobody.
 */
export const ADDRESS_AGE_MS_MAX = 30 * 24 * 3_600_000
/** Strangers in the peer store. */
export const PEERS_REMEMBERED_MAX = 1_024
export const PRUNE_INTERVAL_MS = 600_000
