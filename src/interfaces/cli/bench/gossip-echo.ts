/** The other end of the gossip round trip, in a process of its own: answers each message, until its parent is gone. */
import { randomBytes } from 'node:crypto'
import { fromHex } from '../../../lib/bytes.ts'
import { startGossipNode } from './gossip-node.ts'

/** What the process gets as its argument, as JSON; bytes in hexadecimal. */
export interface EchoArgument {
  readonly seed: string
  readonly networkId: string
  readonly members: readonly string[]
  readonly bootstrap: readonly string[]
  readonly messageBytes: number
}

const { seed, networkId, members, bootstrap, messageBytes } = JSON.parse(
  process.argv[2] ?? '',
) as EchoArgument

process.once('disconnect', () => process.exit(0))
if (process.connected === false) process.exit(0)

await startGossipNode(
  { seed: fromHex(seed), networkId: fromHex(networkId), members: members.map(fromHex), bootstrap },
  network => network.publish('consensus', randomBytes(messageBytes)),
)
