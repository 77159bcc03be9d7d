/**
 * One stream of transactions in and of results out. Lines are parsed as they arrive and handed to the node in groups; each
 * is answered when its own result is there, so answers overtake each other and carry the number of their line. Three
 * counters bound what a stream may hold: lines and bytes that are not answered yet, and answers that the client has not
 * taken. At a bound the stream is not read, which the client feels as back-pressure.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Transaction, TransactionId } from '../../application/contract.ts'
import type { ErrorJson } from '../../client/api-types.ts'
import type { Logger } from '../../lib/logger.ts'
import type { QuorateNode, SubmitOutcome } from '../../node/api.ts'
import { parseTransaction, statusToLine } from './json.ts'
import type { HttpLimits } from './limits.ts'
import { createLineSplitter } from './line-splitter.ts'
import type { WaitQuery } from './query.ts'
import { createTextWriter, type TextWriter } from './text-writer.ts'
import type { WaitGroup, Waits } from './waits.ts'

export interface BulkComponents {
  readonly node: QuorateNode
  readonly waits: Waits
  readonly limits: HttpLimits
  readonly logger: Logger
}

/** A line that is not answered yet. */
interface Line {
  readonly number: number
  readonly bytes: number
}

/** How long the rest of a refused upload is read and dropped, so that the client sees the answer before the end. */
const DISCARD_MS = 2_000

export class BulkStream {
  readonly #input: IncomingMessage
  readonly #output: ServerResponse
  readonly #query: WaitQuery
  readonly #components: BulkComponents
  readonly #writer: TextWriter
  readonly #waitGroups = new Set<WaitGroup>()
  readonly #timer: NodeJS.Timeout
  #lineNumber = 0
  #malformed = 0
  #unansweredLines = 0
  #unansweredBytes = 0
  #groupLines: Line[] = []
  #groupTransactions: Transaction[] = []
  #groupScheduled = false
  /** No line is read any more; the stream ends when all are answered. */
  #ended = false
  #closed = false
  #lastWords: ErrorJson | null = null
  #idleMs = 0
  #quiet = true

  constructor(
    io: { readonly input: IncomingMessage; readonly output: ServerResponse },
    query: WaitQuery,
    components: BulkComponents,
  ) {
    this.#input = io.input
    this.#output = io.output
    this.#query = query
    this.#components = components
    this.#writer = createTextWriter(io.output, () => this.#readOrPause())
    this.#timer = setInterval(() => this.#onHeartbeat(), components.limits.heartbeatMs)
  }

  start(): void {
    const { bulkLineBytesMax } = this.#components.limits
    const splitter = createLineSplitter(bulkLineBytesMax, line => this.#onLine(line))
    this.#input.on('error', () => this.close())
    this.#input.on('data', (chunk: Buffer) => {
      if (this.#ended) return
      splitter.push(chunk)
      this.#readOrPause()
    })
    this.#input.on('end', () => {
      if (!this.#ended) splitter.end()
      this.#ended = true
      this.#endWhenAnswered()
    })
  }

  /** Reads no more lines, answers those that were read, and says why. */
  end(reason: ErrorJson): void {
    if (this.#ended) return
    this.#ended = true
    this.#lastWords = reason
    this.#input.resume()
    this.#endWhenAnswered()
  }

  /** Nobody takes answers any more. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#ended = true
    clearInterval(this.#timer)
    for (const group of this.#waitGroups) group.close()
    this.#waitGroups.clear()
    if (!this.#output.writableFinished) this.#output.destroy()
  }

  #onLine(text: string | null): void {
    this.#lineNumber++
    this.#idleMs = 0
    if (this.#ended || text === '' || text === '\r') return
    const line: Line = { number: this.#lineNumber, bytes: text?.length ?? 0 }
    this.#unansweredLines++
    this.#unansweredBytes += line.bytes
    const { bulkLineBytesMax } = this.#components.limits
    const parsed = text === null ? `A line has at most ${bulkLineBytesMax} bytes.` : parseTransaction(text)
    if (typeof parsed === 'string') this.#onMalformed(line, parsed)
    else this.#addToGroup(line, parsed)
  }

  #onMalformed(line: Line, message: string): void {
    this.#answerError(line, undefined, { code: 'INVALID_TRANSACTION', message })
    if (++this.#malformed < this.#components.limits.bulkErrorsMax) return
    this.end({
      code: 'TOO_MANY_ERRORS',
      message: `The stream ends after ${this.#malformed} malformed lines.`,
    })
  }

  #addToGroup(line: Line, transaction: Transaction): void {
    this.#groupLines.push(line)
    this.#groupTransactions.push(transaction)
    if (this.#groupLines.length >= this.#components.limits.bulkGroupMax) this.#submitGroup()
    else if (!this.#groupScheduled) {
      this.#groupScheduled = true
      setImmediate(() => {
        this.#groupScheduled = false
        this.#submitGroup()
      })
    }
  }

  #submitGroup(): void {
    const lines = this.#groupLines
    const transactions = this.#groupTransactions
    if (lines.length === 0 || this.#closed) return
    this.#groupLines = []
    this.#groupTransactions = []
    // Inside an async function, so that a node that throws at once is met like one that rejects.
    const submitted = (async () => this.#components.node.submit(transactions))()
    submitted.then(
      outcomes => this.#onOutcomes(lines, outcomes),
      error => {
        for (const line of lines) this.#answerFailure(line, undefined, error)
      },
    )
  }

  #onOutcomes(lines: readonly Line[], outcomes: readonly SubmitOutcome[]): void {
    if (this.#closed) return
    const followed: { readonly line: Line; readonly id: TransactionId }[] = []
    lines.forEach((line, i) => {
      const outcome = outcomes[i]
      if (outcome === undefined) this.#answerFailure(line, undefined, new Error('an outcome is missing'))
      else if (!outcome.accepted) this.#answerError(line, outcome.id, outcome.refusal)
      else if (outcome.state === 'committed') this.#answerStored(line, outcome.id)
      else if (this.#query.wait === 'committed') followed.push({ line, id: outcome.id })
      else this.#answer(line, statusToLine(line.number, { state: 'accepted', id: outcome.id }, false))
    })
    if (followed.length > 0) this.#follow(followed)
  }

  #answerStored(line: Line, id: TransactionId): void {
    const status = this.#components.node.transaction(id)
    const known = status.state === 'unknown' ? ({ state: 'accepted', id } as const) : status
    this.#answer(line, statusToLine(line.number, known, false))
  }

  #follow(followed: readonly { readonly line: Line; readonly id: TransactionId }[]): void {
    const group = this.#components.waits.open(this.#query.timeoutMs)
    this.#waitGroups.add(group)
    let waiting = followed.length
    const settled = () => {
      if (--waiting > 0) return
      this.#waitGroups.delete(group)
      group.close()
    }
    for (const { line, id } of followed) {
      group
        .settled(id)
        .then(
          status => {
            if (status?.state === 'unknown') this.#answerError(line, id, FORGOTTEN)
            else if (status) this.#answer(line, statusToLine(line.number, status, false))
            else this.#answer(line, statusToLine(line.number, { state: 'accepted', id }, true))
          },
          error => this.#answerFailure(line, id, error),
        )
        .finally(settled)
    }
  }

  #answerFailure(line: Line, id: TransactionId | undefined, error: unknown): void {
    if (this.#closed) return
    this.#components.logger.error({ err: error, id }, 'Bulk transaction failed')
    this.#answerError(line, id, { code: 'INTERNAL', message: 'The node failed to answer; its log says why.' })
  }

  #answerError(line: Line, id: TransactionId | undefined, { code, message }: ErrorJson): void {
    this.#answer(line, `${JSON.stringify({ line: line.number, id, error: { code, message } })}\n`)
  }

  #answer(line: Line, text: string): void {
    if (this.#closed) return
    this.#unansweredLines--
    this.#unansweredBytes -= line.bytes
    this.#quiet = false
    this.#writer.write(text)
    if (this.#ended) this.#endWhenAnswered()
    else this.#readOrPause()
  }

  #readOrPause(): void {
    if (this.#ended || this.#closed) return
    const { bulkLinesMax, bulkBytesMax, bulkOutputBytesMax } = this.#components.limits
    const paused = this.#input.isPaused()
    // Reading starts again at half of a bound, so that it goes in long strides.
    const share = paused ? 0.5 : 1
    const free =
      this.#unansweredLines < bulkLinesMax * share &&
      this.#unansweredBytes < bulkBytesMax * share &&
      this.#writer.pendingChars() < bulkOutputBytesMax * share
    if (paused && free) this.#input.resume()
    if (!paused && !free) this.#input.pause()
  }

  #endWhenAnswered(): void {
    if (this.#closed || this.#unansweredLines > 0 || this.#output.writableEnded) return
    if (this.#lastWords !== null) {
      this.#writer.write(`${JSON.stringify({ error: this.#lastWords })}\n`)
      setTimeout(() => this.#input.destroy(), DISCARD_MS).unref()
    }
    this.#writer.end()
  }

  /** A byte now and then tells both sides that the other is there; blank lines mean nothing in NDJSON. */
  #onHeartbeat(): void {
    const { heartbeatMs, bulkIdleTimeoutMs } = this.#components.limits
    if (this.#quiet && !this.#writer.isBlocked()) this.#writer.write('\n')
    this.#quiet = true
    this.#idleMs = this.#unansweredLines > 0 ? 0 : this.#idleMs + heartbeatMs
    if (this.#idleMs < bulkIdleTimeoutMs) return
    this.end({ code: 'IDLE', message: `No line came for ${bulkIdleTimeoutMs} ms.` })
  }
}

const FORGOTTEN: ErrorJson = {
  code: 'TRANSACTION_UNKNOWN',
  message: 'The node does not know this transaction any more; submit it again to learn its result.',
}
