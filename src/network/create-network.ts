import './polyfill.ts'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { LevelDatastore } from 'datastore-level'
import { encodeTicket, type TicketClaim } from '../crypto/pow-ticket.ts'
import { netGroupsByPrefix } from '../defence/netgroup.ts'
import { steadily } from '../lib/steady-time.ts'
import { messageOf } from '../lib/thrown.ts'
import { parseAddress, peerIn } from './addresses.ts'
import { encodeHello, HELLO_VERSION } from './hello.ts'
import { privateKeyFromSeed } from './identity.ts'
import { MemberTable } from './member-table.ts'
import { PeerNode } from './peer-node.ts'
import { protocolNames } from './protocols.ts'
import { TicketChecker } from './ticket-checker.ts'
import { loadOrSolveTicket } from './ticket-work.ts'
import { type Network, type NetworkComponents, NetworkError, type NetworkOptions } from './types.ts'

/**
 * Puts the network together: identity, admission ticket, peer store, libp2p and what stands around it. Nothing listens or
 * dials before `start`. The first call for an identity searches for its ticket, which takes a moment for each unit of effort.
 *
 * @throws NetworkError; the reason of the signal
 */
export async function createNetwork(
  options: NetworkOptions,
  components: NetworkComponents,
): Promise<Network> {
  const names = protocolNames(options.networkId)
  const privateKey = await privateKeyFromSeed(options.identitySeed)
  const members = new MemberTable(options.members, privateKey.publicKey.raw)
  const bootstrap = parseAll(options.bootstrap).filter(address => peerIn(address) !== members.ourPeerId)
  parseAll([...options.listen, ...options.announce])
  const nowMs = (): number => components.clock.nowMs()
  const claim = ticketClaim(options, privateKey, members)
  const ticket = await loadOrSolveTicket(claim, privateKey, options.directory, { ...components, nowMs })
  const hello = {
    version: HELLO_VERSION,
    networkId: options.networkId,
    role: claim.role,
    ticket: encodeTicket(ticket),
  }
  const expected = {
    networkId: claim.networkId,
    epoch: claim.epoch,
    beacon: claim.beacon,
    effortMin: claim.effort,
  }
  const tickets = new TicketChecker({ expected, loopback: options.loopback }, { nowMs })
  const datastore = options.directory === null ? null : await openPeerStore(options.directory)
  return PeerNode.create(
    { ...options, names, privateKey, bootstrap, hello: encodeHello(hello) },
    {
      ...components,
      // Tickets ask for the time of day; everything else measures durations.
      clock: steadily(components.clock),
      netGroups: components.netGroups ?? netGroupsByPrefix,
      members,
      tickets,
      datastore,
    },
  )
}

function parseAll(texts: readonly string[]) {
  return texts.map(parseAddress)
}

/** Epoch 0, whose beacon is the network id: tickets do not expire yet. */
function ticketClaim(options: NetworkOptions, key: Ed25519PrivateKey, members: MemberTable): TicketClaim {
  return {
    networkId: options.networkId,
    peerKey: key.publicKey.raw,
    role: members.ourIndex === null ? 'observer' : 'member',
    memberKey: members.ourIndex === null ? new Uint8Array(32) : key.publicKey.raw,
    epoch: 0,
    beacon: options.networkId,
    effort: Math.max(1, options.admissionEffort),
  }
}

/**
 * The peer store is a memory of addresses and nothing more, so one that is damaged is thrown away.
 * @throws NetworkError when another process holds it, or the folder cannot be written
 */
async function openPeerStore(directory: string): Promise<LevelDatastore> {
  const path = join(directory, 'peers')
  try {
    await mkdir(directory, { recursive: true })
    return await openLevel(path)
  } catch (error) {
    const message = messageOf(error)
    if (!/corrupt|checksum|missing files/i.test(message)) {
      throw new NetworkError('STORE_FAILED', `cannot open the peer store in ${path}: ${message}`, {
        cause: error,
      })
    }
    await rm(path, { recursive: true, force: true })
    return openLevel(path)
  }
}

async function openLevel(path: string): Promise<LevelDatastore> {
  const datastore = new LevelDatastore(path)
  await datastore.open()
  return datastore
}
