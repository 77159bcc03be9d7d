/**
 * What one transaction costs one replica, by number of members: a page of markdown. Measured in simulated worlds without faults, in which
 * the production runtime says, signs and checks exactly what it would; only time and the network are made up.
 */
import { silentLogger } from '../../src/lib/logger.ts'
import { faultyMax, quorum } from '../../src/pbft/quorum.ts'
import { calmOptions, type SimulationOptions } from '../../src/sim/options.ts'
import { simulate } from '../../src/sim/simulation.ts'
import type { Letter, Witness } from '../../src/sim/witness.ts'
import { EnvelopeDecoder } from '../../src/wire/decode.ts'
import { openEnvelope } from '../../src/wire/envelope.ts'
import { isRejection } from '../../src/wire/rejection.ts'
import type { Scope } from '../../src/wire/scope.ts'

interface Load {
  readonly title: string
  /** Handed in over `FAULTS_MS`, by number of members: the larger the network, the longer each takes to simulate. */
  transactions(n: number): number
  /** 0: evenly over the time. */
  readonly bursts: number
  readonly batchTransactionsMax: number
}

const SIZES = [4, 7, 16, 31, 64, 100]
const LOADS: readonly Load[] = [
  {
    title: 'One at a time: a batch and a sequence, with its checkpoint, for each transaction',
    transactions: n => (n > 50 ? 4 : n > 20 ? 10 : 30),
    bursts: 0,
    batchTransactionsMax: 1,
  },
  {
    title: 'All at once: members gather transactions into batches, the primary batches into proposals',
    transactions: () => 1_000,
    bursts: 1,
    batchTransactionsMax: 100,
  },
]

interface Cost {
  readonly n: number
  readonly crashed: number
  /** Each of them for one replica that is up and one transaction; statuses left out. */
  readonly messagesSent: number
  readonly bytesSent: number
  readonly signed: number
  readonly checked: number
  readonly transactions: number
  readonly sequences: number
  /** Bytes that one replica sends in statuses in a second, whether or not there is work. */
  readonly statusBytesPerSecond: number
  readonly wallMs: number
}

const FAULTS_MS = 1_000
const STATUS_MS = 2_000

function worldOf(n: number, crashed: number, load: Load): SimulationOptions {
  // The primary of view 0 is member 0, and stays: what a view change costs is another question.
  const down = Array.from({ length: crashed }, (_, i) => n - 1 - i)
  return calmOptions(1, {
    n,
    faultsMs: FAULTS_MS,
    transactions: load.transactions(n),
    checkpointInterval: 8,
    pipelineDepth: 8,
    bursts: load.bursts,
    batchTransactionsMax: load.batchTransactionsMax,
    viewChangeTimeoutMs: 5_000,
    viewChangeTimeoutMaxMs: 40_000,
    resendMs: 2_000,
    statusMs: STATUS_MS,
    snapshotIntervalSequences: 1_000,
    left: down.map(member => ({ member, how: 'down' })),
    sentences: down.map(machine => ({ machine, does: 'crash', atMs: 0, forMs: 1e9 })),
  })
}

class Counter implements Witness {
  readonly #scope: Scope
  readonly #isDown: (member: number) => boolean
  readonly #statuses = new WeakMap<Uint8Array, boolean>()
  messages = 0
  bytes = 0
  signed = 0
  checked = 0
  statusBytes = 0

  constructor(scope: Scope, isDown: (member: number) => boolean) {
    this.#scope = scope
    this.#isDown = isDown
  }

  onLetter({ from, to, kind, bytes }: Letter): void {
    // Of its life before it crashed, at the very beginning, a member has said no more than a status.
    if (this.#isDown(from) || bytes === null) return
    if (kind === 'consensus' && this.#isStatus(bytes, to)) this.statusBytes += bytes.length
    else {
      this.messages += 1
      this.bytes += bytes.length
    }
  }

  onSigned(member: number): void {
    if (!this.#isDown(member)) this.signed += 1
  }

  onChecked(member: number, signatures: number): void {
    if (!this.#isDown(member)) this.checked += signatures
  }

  /** A status takes one signature, and one check at each that it reaches: these are no cost of a transaction. */
  #isStatus(bytes: Uint8Array, to: number): boolean {
    let isStatus = this.#statuses.get(bytes)
    if (isStatus === undefined) {
      isStatus = isOnlyStatus(this.#scope, bytes)
      this.#statuses.set(bytes, isStatus)
      if (isStatus) this.signed -= 1
    }
    if (isStatus && !this.#isDown(to)) this.checked -= 1
    return isStatus
  }
}

function isOnlyStatus(scope: Scope, bytes: Uint8Array): boolean {
  const opened = openEnvelope(scope, bytes)
  if (isRejection(opened)) return false
  const messages = new EnvelopeDecoder(scope, 0, [...opened.attachments, opened.main]).messages(opened.main)
  return messages?.every(({ message }) => message.type === 'status') ?? false
}

async function measure(n: number, crashed: number, load: Load): Promise<Cost> {
  const options = worldOf(n, crashed, load)
  const startMs = performance.now()
  let counter: Counter | null = null
  const result = await simulate(options, {
    loggerOf: () => silentLogger,
    witnessOf: scope => {
      counter = new Counter(scope, member => member >= n - crashed)
      return counter
    },
  })
  const [violation] = result.violations
  if (violation !== undefined) throw new Error(`n = ${n}, ${crashed} crashed: ${violation.text}`)
  if (result.views > 0) throw new Error(`n = ${n}, ${crashed} crashed: the view changed`)
  const { messages, bytes, signed, checked, statusBytes } = counter as unknown as Counter
  const transactions = result.measurement.executed
  const up = n - crashed
  const each = up * transactions
  return {
    n,
    crashed,
    messagesSent: messages / each,
    bytesSent: bytes / each,
    signed: signed / each,
    checked: checked / each,
    transactions,
    sequences: result.sequences,
    statusBytesPerSecond: statusBytes / up / (result.virtualMs / 1_000),
    wallMs: performance.now() - startMs,
  }
}

const HEADING = [
  '| n | f | q | crashed | transactions | sequences | messages sent | bytes sent | signatures made | signatures checked | statuses, bytes/s |',
  '|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|',
]

function row(cost: Cost): string {
  const { n, crashed, transactions, sequences } = cost
  const figures = [cost.messagesSent, cost.bytesSent, cost.signed, cost.checked, cost.statusBytesPerSecond]
  const cells = [n, faultyMax(n), quorum(n), crashed, transactions, sequences, ...figures.map(figure)]
  return `| ${cells.join(' | ')} |`
}

function figure(value: number): string {
  if (value >= 1_000) return String(Math.round(value))
  return String(Number(value.toPrecision(3)))
}

/** Prints the page; how far it is goes to stderr. */
export async function main(): Promise<void> {
  const say = (line: string): void => void process.stdout.write(`${line}\n`)
  say('# What a transaction costs as the network grows\n')
  say(
    'For one replica that is up and one transaction, by number of members n. Printed by `node scripts/cost-growth.mjs`, from',
  )
  say(
    'simulated worlds on a LAN, without faults and with f backups that are down all the time. A message is one member saying one',
  )
  say(
    'thing to one other; gossip over fewer links sends fewer and longer. Signatures checked include those of clients. Statuses,',
  )
  say(
    `which members say every ${STATUS_MS / 1_000} s whether or not there is work, are left out and stand in a column of their own.`,
  )
  for (const load of LOADS) {
    say(`\n## ${load.title}\n`)
    for (const line of HEADING) say(line)
    for (const n of SIZES) {
      for (const crashed of [0, faultyMax(n)]) {
        const cost = await measure(n, crashed, load)
        process.stderr.write(
          `${load.title.split(':')[0]}, n = ${n}, ${crashed} crashed: ${(cost.wallMs / 1_000).toFixed(1)} s\n`,
        )
        say(row(cost))
      }
    }
  }
}
