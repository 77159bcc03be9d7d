/** The SDK: everything that the API of a node offers, for Node and browsers alike. Every failure is a QuorateClientError. */
import type { Transaction, TransactionId } from '../application/contract.ts'
import {
  keyRequestShape,
  keysShape,
  membersShape,
  peersShape,
  sequenceShape,
  stateShape,
  statusShape,
  thresholdCertificateShape,
  transactionStatusShape,
} from './answers.ts'
import type { MemberJson, PeerJson, SequenceJson, StatusJson } from './api-types.ts'
import { type BulkOptions, type BulkResult, submitBulk } from './bulk.ts'
import { QuorateClientError } from './error.ts'
import { type ClientEvent, type EventOptions, followEvents } from './events.ts'
import type { KeyRequestJson, KeysJson } from './key-types.ts'
import { createPipeline, type Pipeline } from './pipeline.ts'
import type { ThresholdCertificateJson } from './proof-types.ts'
import { replyOf, type StateReply, stateReplyOf, type TransactionReply } from './replies.ts'
import type { Shape } from './shapes.ts'
import { transactionToLine } from './transaction-json.ts'
import { createTransport, type TransportOptions } from './transport.ts'

export type * from './api-types.ts'
export type { BulkOptions, BulkResult } from './bulk.ts'
export { QuorateClientError } from './error.ts'
export type { ClientEvent, EventOptions } from './events.ts'
export type * from './key-types.ts'
export type { Pipeline } from './pipeline.ts'
export type * from './proof-types.ts'
export type { StateReply, TransactionReply } from './replies.ts'
export type { TransportOptions } from './transport.ts'

/** What a submission waits for, and for how long. */
export interface SubmitOptions {
  /** Answer when the transaction is on the node's disk, or when it is executed. Default accepted. */
  readonly wait?: 'accepted' | 'committed'
  /** How long the node waits for the commit. Default 10,000. */
  readonly timeoutMs?: number
  /** Gives the request up; what was submitted may be executed all the same. */
  readonly signal?: AbortSignal
}

/** What a read may be given up by. */
export interface ReadOptions {
  readonly signal?: AbortSignal
}

/** `refresh`: deal the shares again. `rotate`: make another key. `revoke`: end this one, now. */
export type KeyRequest = 'refresh' | 'rotate' | 'revoke'

/**
 * One node, asked through its API. What it answers has the fields that the types say, or it is a `QuorateClientError` with the code
 * BAD_ANSWER; whether it is true is not verified here. Every method may throw a `QuorateClientError`.
 */
export interface QuorateClient {
  /** Hands in one transaction. Submitting the same one again is harmless: it is executed at most once. */
  submit(transaction: Transaction, options?: SubmitOptions): Promise<TransactionReply>
  /** Results in the order of completion. Leaving the loop gives the request up. */
  submitBulk(
    transactions: AsyncIterable<Transaction> | Iterable<Transaction>,
    options?: BulkOptions,
  ): AsyncGenerator<BulkResult, void, void>
  /** @param options.pendingMax transactions on the way at a time. Default 10,000. */
  pipeline(options?: BulkOptions & { readonly pendingMax?: number }): Pipeline
  /** null: the node does not know it. With `wait: 'committed'` answers when it is settled. */
  transaction(id: TransactionId, options?: SubmitOptions): Promise<TransactionReply | null>
  /** The value under a key of the application's own syntax, after the last executed sequence. */
  state(key: string, options?: ReadOptions): Promise<StateReply>
  /** Where the node stands: view, progress, connections, who is missing when nothing moves. */
  status(options?: ReadOptions): Promise<StatusJson>
  /** The members of the network, in their order, as the node sees them. */
  members(options?: ReadOptions): Promise<readonly MemberJson[]>
  /** Everybody that the node is connected with. */
  peers(options?: ReadOptions): Promise<readonly PeerJson[]>
  /** null: not executed yet, or no longer in history. */
  sequence(n: number, options?: ReadOptions): Promise<SequenceJson | null>
  /** What the log says of the network's shared key; null: the network has none. */
  keys(options?: ReadOptions): Promise<KeysJson | null>
  /** The latest certificate under the key, or the first at or above a sequence; null: the node knows none. Nothing is verified. */
  certificate(sequence?: number, options?: ReadOptions): Promise<ThresholdCertificateJson | null>
  /** Asks something of the key with the voice of the node, which waits for the log. @param operatorToken see the README of the API */
  askOfKey(request: KeyRequest, operatorToken: string, options?: ReadOptions): Promise<KeyRequestJson>
  /** Executed sequences as they come; reconnects by itself. */
  events(options?: EventOptions): AsyncGenerator<ClientEvent, void, void>
}

const WAIT_DEFAULT_MS = 10_000
const PENDING_DEFAULT_MAX = 10_000

/** @param options.url of the API of any node; nothing is asked of it before the first call */
export function createQuorateClient(options: TransportOptions): QuorateClient {
  const transport = createTransport(options)
  const read = <T>(path: string, shape: Shape<T>, { signal }: ReadOptions = {}) =>
    transport.json(path, shape, { signal })

  return {
    async submit(transaction, { wait, timeoutMs = WAIT_DEFAULT_MS, signal } = {}) {
      const request = {
        method: 'POST',
        headers: JSON_TYPE,
        body: transactionToLine(transaction),
        signal,
      } as const
      const path = `/v1/transactions${waitQuery(wait, timeoutMs)}`
      const answer = transport.json(path, transactionStatusShape, request, waitMs(wait, timeoutMs))
      return replyOf(await answer)
    },

    submitBulk: (transactions, bulk = {}) => submitBulk(transport, transactions, bulkPath(bulk), bulk),

    pipeline({ pendingMax = PENDING_DEFAULT_MAX, ...bulk } = {}) {
      return createPipeline(source => submitBulk(transport, source, bulkPath(bulk), bulk), { pendingMax })
    },

    async transaction(id, { wait, timeoutMs = WAIT_DEFAULT_MS, signal } = {}) {
      const path = `/v1/transactions/${encodeURIComponent(id)}${waitQuery(wait, timeoutMs)}`
      const request = transport.json(path, transactionStatusShape, { signal }, waitMs(wait, timeoutMs))
      const json = await unlessMissing(request, 'TRANSACTION_UNKNOWN')
      return json === null ? null : replyOf(json)
    },

    async state(key, readOptions) {
      return stateReplyOf(await read(`/v1/state?key=${encodeURIComponent(key)}`, stateShape, readOptions))
    },
    status: readOptions => read('/v1/status', statusShape, readOptions),
    async members(readOptions) {
      return (await read('/v1/members', membersShape, readOptions)).members
    },
    async peers(readOptions) {
      return (await read('/v1/peers', peersShape, readOptions)).peers
    },
    sequence: (n, readOptions) =>
      unlessMissing(read(`/v1/sequences/${n}`, sequenceShape, readOptions), 'SEQUENCE_UNKNOWN'),
    keys: readOptions => unlessMissing(read('/v1/keys', keysShape, readOptions), 'NO_SHARED_KEY'),
    certificate(n, readOptions) {
      const path = n === undefined ? '/v1/certificate' : `/v1/certificate?sequence=${n}`
      return unlessMissing(read(path, thresholdCertificateShape, readOptions), 'CERTIFICATE_UNKNOWN')
    },
    askOfKey(request, operatorToken, { signal } = {}) {
      const headers = { ...JSON_TYPE, authorization: `Bearer ${operatorToken}` }
      const path = `/v1/keys/${request}?timeoutMs=${WAIT_DEFAULT_MS}`
      const asking = { method: 'POST', headers, body: '{}', signal } as const
      return transport.json(path, keyRequestShape, asking, WAIT_DEFAULT_MS)
    },
    events: (eventOptions = {}) => followEvents(transport, eventOptions),
  }
}

const JSON_TYPE = { 'content-type': 'application/json' }

function waitQuery(wait: SubmitOptions['wait'], timeoutMs: number): string {
  return wait === 'committed' ? `?wait=committed&timeoutMs=${timeoutMs}` : ''
}

function waitMs(wait: SubmitOptions['wait'], timeoutMs: number): number {
  return wait === 'committed' ? timeoutMs : 0
}

function bulkPath({ wait, timeoutMs = WAIT_DEFAULT_MS }: BulkOptions): string {
  return `/v1/transactions/bulk${waitQuery(wait, timeoutMs)}`
}

async function unlessMissing<T>(answer: Promise<T>, code: string): Promise<T | null> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof QuorateClientError && error.code === code) return null
    throw error
  }
}
