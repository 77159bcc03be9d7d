/**
 * Many transactions over one request: lines go up while results come down. Where the runtime can send a stream (Node, Deno,
 * Bun) one request carries all; a browser cannot over HTTP/1.1, so there each piece that the source gives is a request.
 */
import type { Transaction } from '../application/contract.ts'
import { utf8 } from '../lib/bytes.ts'
import { badAnswer, checked, errorShape, transactionStatusShape } from './answers.ts'
import { QuorateClientError } from './error.ts'
import { type Gatherer, gather } from './gather.ts'
import { readLines } from './lines.ts'
import { replyOf, type TransactionReply } from './replies.ts'
import { isRecord } from './shapes.ts'
import { transactionToLine } from './transaction-json.ts'
import { type Transport, transportError } from './transport.ts'

/** `index`: place in the source, from 0. Results come in the order of completion. */
export type BulkResult =
  | { readonly index: number; readonly ok: true; readonly reply: TransactionReply }
  | { readonly index: number; readonly ok: false; readonly error: QuorateClientError }

export interface BulkOptions {
  /** Result when the transaction is on the node's disk, or when it is executed. Default accepted. */
  readonly wait?: 'accepted' | 'committed'
  /** How long the node waits for each commit. Default 10,000. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Default: `stream` where the runtime can. */
  readonly upload?: 'stream' | 'pieces'
}

/** Lines of one write, or of one request where uploads cannot stream. */
const PIECE_LINES_MAX = 512
const HEADERS = { 'content-type': 'application/x-ndjson' }

/** @throws QuorateClientError when the node refuses the stream, ends it early, or is lost; results until then are valid */
export async function* submitBulk(
  transport: Transport,
  source: AsyncIterable<Transaction> | Iterable<Transaction>,
  path: string,
  { signal, upload = canStream() ? 'stream' : 'pieces' }: BulkOptions,
): AsyncGenerator<BulkResult, void, void> {
  const gatherer = gather(source, PIECE_LINES_MAX)
  const controller = new AbortController()
  const abort = () => controller.abort(signal?.reason)
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort)
  const request: BulkRequest = { transport, path, signal: controller.signal }
  try {
    if (upload === 'stream') yield* streamed(gatherer, request)
    else yield* inPieces(gatherer, request)
  } finally {
    signal?.removeEventListener('abort', abort)
    gatherer.close()
    controller.abort()
  }
}

interface BulkRequest {
  readonly transport: Transport
  readonly path: string
  readonly signal: AbortSignal
}

/** Transactions that were sent and are not answered yet, by place: a node that answers one twice leaves out another. */
type Open = Set<number>

async function* streamed(
  gatherer: Gatherer<Transaction>,
  request: BulkRequest,
): AsyncGenerator<BulkResult, void, void> {
  const open: Open = new Set()
  let sent = 0
  let cancelled = false
  let sourceError: { readonly error: unknown } | null = null
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        // Requests of some runtimes leave with the first bytes of their body, and the source may be slow.
        controller.enqueue(utf8('\n'))
      },
      async pull(controller) {
        let transactions: readonly Transaction[] | null
        try {
          transactions = await gatherer.next()
        } catch (error) {
          sourceError = { error }
          controller.error(error)
          return
        }
        if (cancelled) return
        if (transactions === null) return controller.close()
        for (let i = 0; i < transactions.length; i++) open.add(sent++)
        controller.enqueue(utf8(linesOf(transactions)))
      },
      cancel() {
        cancelled = true
        gatherer.close()
      },
    },
    { highWaterMark: 1 },
  )
  try {
    yield* exchange(request, body, { firstLine: 2, open })
  } catch (error) {
    // What the caller's source threw is the caller's.
    if (sourceError !== null) throw (sourceError as { readonly error: unknown }).error
    throw error
  }
  if (open.size > 0) throw lost(open.size)
}

async function* inPieces(
  gatherer: Gatherer<Transaction>,
  request: BulkRequest,
): AsyncGenerator<BulkResult, void, void> {
  let sent = 0
  for (let piece = await gatherer.next(); piece !== null; piece = await gatherer.next()) {
    const open: Open = new Set(piece.keys())
    for await (const result of exchange(request, linesOf(piece), { firstLine: 1, open }))
      yield { ...result, index: sent + result.index }
    if (open.size > 0) throw lost(open.size)
    sent += piece.length
  }
}

interface Sent {
  /** Number of the line that carries the first transaction. */
  readonly firstLine: number
  /** Answered ones are taken out. */
  readonly open: Open
}

async function* exchange(
  { transport, path, signal }: BulkRequest,
  body: string | ReadableStream<Uint8Array>,
  sent: Sent,
): AsyncGenerator<BulkResult, void, void> {
  const response = await transport.open(path, { method: 'POST', headers: HEADERS, body, signal })
  if (response.body === null) throw badAnswer()
  try {
    for await (const lines of readLines(response.body)) {
      for (const line of lines) {
        if (line !== '') yield resultOf(line, sent)
      }
    }
  } catch (error) {
    throw transportError(
      error,
      signal,
      'CONNECTION_LOST',
      'The connection broke off before all results were there.',
    )
  }
}

function resultOf(text: string, { firstLine, open }: Sent): BulkResult {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw badAnswer('a line is not JSON', cause)
  }
  if (!isRecord(json)) throw badAnswer('a line is not an object')
  const { line, error, id } = json
  if (line === undefined) throw new QuorateClientError(checked(errorShape, error, 'error'))
  const index = Number(line) - firstLine
  if (typeof line !== 'number' || !open.delete(index))
    throw badAnswer('line is not the number of one that waits for its answer')
  if (error === undefined)
    return { index, ok: true, reply: replyOf(checked(transactionStatusShape, json, 'answer')) }
  const details = typeof id === 'string' ? { transactionId: id } : {}
  return { index, ok: false, error: new QuorateClientError(checked(errorShape, error, 'error'), details) }
}

function linesOf(transactions: readonly Transaction[]): string {
  let text = ''
  for (const transaction of transactions) text += `${transactionToLine(transaction)}\n`
  return text
}

function lost(count: number): QuorateClientError {
  const message = `The node ended the stream and left ${count} transactions without a result.`
  return new QuorateClientError({ code: 'CONNECTION_LOST', message })
}

function canStream(): boolean {
  return 'process' in globalThis
}
