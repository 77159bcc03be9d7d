/**
 * What members signed, gathered from the wire (an observer that takes part in the gossip) and from their disks (copies of the
 * database as a crash left it), and compared: no member may sign two different statements for one slot, ever.
 */
import { randomBytes } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { silentLogger } from '../../../src/lib/logger.ts'
import { orderedMembers } from '../../../src/membership/genesis.ts'
import { createNetwork } from '../../../src/network/create-network.ts'
import { createNativeSignatureChecker } from '../../../src/node/native-ed25519.ts'
import { systemClock } from '../../../src/node/system-clock.ts'
import type { Message, Verified } from '../../../src/pbft/types.ts'
import { under } from '../../../src/runtime/disk-names.ts'
import { describe } from '../../../src/runtime/sign-guard.ts'
import { openLevelStore } from '../../../src/storage/level-store.ts'
import { isRejection } from '../../../src/wire/rejection.ts'
import type { Scope } from '../../../src/wire/scope.ts'
import { EnvelopeVerifier } from '../../../src/wire/verify.ts'
import type { Cluster } from './cluster.ts'
import type { NodeProcess } from './node-process.ts'
import { until } from './until.ts'

/** One message as it was heard, in the order of hearing. */
export interface Heard {
  readonly sender: number
  readonly message: Message
}

export interface Statements {
  /** Messages of the envelopes' own senders, without what was attached; a relayed copy is heard once. */
  readonly heard: readonly Heard[]
  /** Slots for which somebody signed anything. */
  readonly slots: number
  /** Sentences about members that signed two statements for one slot. */
  readonly conflicts: readonly string[]
  /** Adds what a member that does not run has on its disk of what it signed. @returns the number of envelopes */
  addDisk(node: NodeProcess): Promise<number>
  /** Connected to all these members: from here on hardly anything is missed. */
  listening(members: readonly NodeProcess[]): Promise<void>
}

/** Starts an observer that listens. Ends with the test. */
export async function recordStatements(cluster: Cluster): Promise<Statements> {
  const memberKeys = orderedMembers(cluster.genesis).map(({ key }) => key)
  const scope: Scope = { networkId: cluster.networkId, epoch: 0, memberKeys }
  const book = new Book(scope)
  const network = await createNetwork(
    {
      identitySeed: new Uint8Array(randomBytes(32)),
      networkId: cluster.networkId,
      members: memberKeys,
      listen: ['/ip4/127.0.0.1/tcp/0'],
      announce: [],
      bootstrap: cluster.members.map(cluster.addressOf),
      admissionEffort: 1,
      directory: null,
      privateAddresses: true,
      loopback: true,
    },
    { logger: silentLogger, clock: systemClock, randomBytes: length => randomBytes(length) },
  )
  onTestFinished(() => network.stop())
  await network.start({
    onGossip(topic, bytes, _from, verdict) {
      if (topic === 'consensus') book.add(bytes)
      verdict('accept')
    },
    onRequest: (_protocol, _bytes, _from, respond) => respond(null),
    onMemberConnected() {},
    onMemberDisconnected() {},
  })
  return {
    heard: book.heard,
    get slots() {
      return book.said.size
    },
    conflicts: book.conflicts,
    addDisk: node => addDisk(book, node),
    async listening(members) {
      const wanted = members.map(({ index }) => index)
      await until('the observer is connected', () => {
        const connected = new Set<number>(network.connectedMembers())
        return wanted.every(index => connected.has(index))
      })
    },
  }
}

class Book {
  readonly heard: Heard[] = []
  readonly conflicts: string[] = []
  readonly said = new Map<string, string>()
  readonly #verifier: EnvelopeVerifier
  readonly #checker = createNativeSignatureChecker()
  readonly #seen = new Set<string>()

  constructor(scope: Scope) {
    this.#verifier = new EnvelopeVerifier(scope)
  }

  /** Attached messages count too: what was signed was signed, whoever shows it. */
  add(bytes: Uint8Array): void {
    const opened = this.#verifier.open(bytes, Date.now())
    if (isRejection(opened)) return void this.conflicts.push(`an envelope is refused: ${opened.code}`)
    this.#checker.check([...opened.main, ...opened.rest], valid => {
      if (!valid.every(Boolean)) return void this.conflicts.push(`${opened.sender} sent a wrong signature`)
      for (const message of opened.messages) this.#note(message)
      if (this.#seen.has(opened.hash)) return
      this.#seen.add(opened.hash)
      for (const { sender, message, proof } of opened.messages) {
        if (proof.hash === opened.hash) this.heard.push({ sender, message })
      }
    })
  }

  #note({ sender, message, proof }: Verified): void {
    const described = describe(message, proof.hash)
    if (described === null) return
    const name = `${sender} ${described.slot.name}`
    const known = this.said.get(name)
    if (known !== undefined && known !== described.statement)
      this.conflicts.push(`${name}: ${known} and ${described.statement}`)
    this.said.set(name, described.statement)
  }
}

/** Reads a copy: opening the database itself would change what the crash left for the next start. */
async function addDisk(book: Book, node: NodeProcess): Promise<number> {
  if (node.isRunning) throw new Error(`node ${node.index} runs`)
  const copy = mkdtempSync(join(tmpdir(), 'quorate-disk-'))
  try {
    cpSync(join(node.data, 'database'), copy, { recursive: true })
    const store = await openLevelStore({ directory: copy })
    const entries = await new Promise<readonly (readonly [string, Uint8Array])[]>((resolve, reject) => {
      store.range({ ...under('consensus/own/'), limit: 100_000 }, (error, found) =>
        error === null ? resolve(found) : reject(error),
      )
    })
    for (const [, bytes] of entries) book.add(bytes)
    await store.close()
    return entries.length
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}
