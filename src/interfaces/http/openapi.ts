/** The description of the API for tools, OpenAPI 3.1: one entry for each route, schemas from `schemas.ts`. */
import { z } from 'zod'
import { SCHEMAS, type SchemaName } from './schemas.ts'

type Json = Record<string, unknown>

export function openApiDocument(): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'quorate',
      version: '1',
      description:
        'Submit transactions to a replicated state machine, and read its state, its log and its health.',
    },
    paths: PATHS,
    components: { schemas: schemaTexts(), securitySchemes: { operator: OPERATOR } },
  }
}

function schemaTexts(): Json {
  return Object.fromEntries(
    Object.entries(SCHEMAS).map(([name, schema]) => {
      const { $schema: _, ...text } = z.toJSONSchema(schema, { io: 'input' })
      return [name, text]
    }),
  )
}

const content = (name: SchemaName, type = 'application/json'): Json => ({
  [type]: { schema: { $ref: `#/components/schemas/${name}` } },
})
const json = (description: string, name: SchemaName): Json => ({ description, content: content(name) })
const error = (description: string): Json => json(description, 'Error')

const OPERATOR: Json = {
  type: 'http',
  scheme: 'bearer',
  description: 'What stands in the file operator-token of the data directory of the node.',
}

const queryParameter = (name: string, description: string, schema: Json): Json => ({
  name,
  in: 'query',
  required: false,
  description,
  schema,
})
const pathParameter = (name: string, description: string, schema: Json): Json => ({
  name,
  in: 'path',
  required: true,
  description,
  schema,
})

const WAIT: readonly Json[] = [
  queryParameter('wait', 'Answer when the transaction is on disk here, or when it is executed.', {
    type: 'string',
    enum: ['accepted', 'committed'],
    default: 'accepted',
  }),
  queryParameter('timeoutMs', 'How long wait=committed waits.', { type: 'integer', minimum: 0 }),
]

/** What every route may answer. */
const ALWAYS: Json = {
  400: error('The request is malformed.'),
  405: error('The route does not take this method.'),
  431: error('The head of the request is too large.'),
  500: error('The node failed to answer.'),
  503: error('The node is starting, stopping or overloaded; try again.'),
}
const WITH_BODY: Json = {
  ...ALWAYS,
  408: error('The body did not arrive in time.'),
  413: error('The body is too large.'),
  415: error('The body is not of the type that the route takes.'),
}

const get = (summary: string, ok: Json, more: Json = {}, parameters: readonly Json[] = []): Json => ({
  get: { summary, parameters, responses: { 200: ok, ...ALWAYS, ...more } },
})

const TRANSACTION_ID = pathParameter('id', 'Transaction id.', {
  type: 'string',
  pattern: '^[0-9a-fA-F]{64}$',
})

const BY = queryParameter('by', 'Who shall vouch. Default: the key, where there is one.', {
  type: 'string',
  enum: ['key', 'members'],
})

const EVENTS = {
  description:
    'Events `executed` (data: Sequence), `gap` (data: Gap, sequences that are no longer in history), `key` (data: KeyEvent) and `certificate` (data: CertificateEvent), each with an id.',
  content: { 'text/event-stream': { schema: { type: 'string' } } },
}

const AFTER: readonly Json[] = [
  queryParameter('after', 'Start with the event after this id; without it, with the next.', {
    type: 'integer',
    minimum: 0,
  }),
  {
    name: 'Last-Event-ID',
    in: 'header',
    required: false,
    description: 'The same, as browsers send it when they reconnect.',
    schema: { type: 'integer', minimum: 0 },
  },
]

/** With the voice of this member, for its operator. */
const keyRequest = (summary: string): Json => ({
  post: {
    summary,
    parameters: [
      queryParameter('timeoutMs', 'How long to wait for the log.', { type: 'integer', minimum: 0 }),
    ],
    security: [{ operator: [] }],
    requestBody: { required: true, content: { 'application/json': { schema: { type: 'object' } } } },
    responses: {
      200: json('It is in the log, or expired while it was waited for.', 'KeyRequest'),
      202: json('Accepted, and not yet in the log.', 'KeyRequest'),
      ...WITH_BODY,
      401: error('The token of the operator is missing.'),
      403: error('This is not the token of the operator.'),
      404: error('The network has no shared key.'),
      422: error('Refused, with the reason.'),
    },
  },
})

const PATHS: Json = {
  '/v1/transactions': {
    post: {
      summary: 'Submit one transaction. A repeated one gets the stored reply.',
      parameters: WAIT,
      requestBody: { required: true, content: content('Transaction') },
      responses: {
        200: json('Committed, or expired while it was waited for.', 'TransactionStatus'),
        202: json('Accepted: on disk, not executed yet.', 'TransactionStatus'),
        ...WITH_BODY,
        404: error('Accepted, but forgotten before it was answered.'),
        422: error('Refused, with the reason.'),
      },
    },
  },
  '/v1/transactions/bulk': {
    post: {
      summary:
        'Submit many transactions, one on each line; one line comes back for each, in the order of completion.',
      parameters: WAIT,
      requestBody: { required: true, content: content('Transaction', 'application/x-ndjson') },
      responses: {
        200: { description: 'Lines.', content: content('BulkLine', 'application/x-ndjson') },
        ...ALWAYS,
        415: error('The body is not NDJSON.'),
      },
    },
  },
  '/v1/transactions/{id}': get(
    'What became of a transaction.',
    json('Its status.', 'TransactionStatus'),
    { 404: error('This node does not know it.') },
    [TRANSACTION_ID, ...WAIT],
  ),
  '/v1/state/{key}': get('A value of the state with its proof.', json('The value.', 'State'), {}, [
    pathParameter('key', 'The path syntax of the application; slashes belong to it.', { type: 'string' }),
  ]),
  '/v1/state': get('The same for any key.', json('The value.', 'State'), {}, [
    { ...queryParameter('key', 'The key.', { type: 'string' }), required: true },
  ]),
  '/v1/proofs/receipts/{id}': get(
    'The receipt of a transaction, with what proves it to somebody who does not trust this node.',
    json('The proof.', 'ReceiptProof'),
    { 404: error('This node does not know it, or cannot prove it any more.') },
    [TRANSACTION_ID, BY],
  ),
  '/v1/proofs/state': get(
    'A value as it was at the last certified sequence, with what proves it.',
    json('The proof.', 'StateProof'),
    {},
    [{ ...queryParameter('key', 'The key.', { type: 'string' }), required: true }, BY],
  ),
  '/v1/proofs/key': get(
    "The network's key, with what proves it to somebody who has the genesis.",
    json('The proof.', 'KeyProof'),
    { 404: error('There is no such key, or none yet.') },
  ),
  '/v1/status': get('Where this node stands.', json('Its status.', 'NodeStatus')),
  '/v1/members': get('The members of the network as this node hears them.', json('All members.', 'Members')),
  '/v1/peers': get('Whom this node is connected to.', json('All peers.', 'Peers')),
  '/v1/sequences/{sequence}': get(
    'One executed sequence.',
    json('The sequence.', 'Sequence'),
    { 404: error('Not executed here yet, or no longer in history.') },
    [pathParameter('sequence', 'From 1.', { type: 'integer', minimum: 1 })],
  ),
  '/v1/keys': get(
    "The network's shared key, and the ceremony that makes the next one.",
    json('The keys.', 'Keys'),
    {
      404: error('The network has none, nor shall have one.'),
    },
  ),
  '/v1/certificate': get(
    'A certificate under the shared key: the latest, or the first at or above a sequence.',
    json('The certificate.', 'ThresholdCertificate'),
    { 404: error('None is known here yet, or the network has no shared key.') },
    [queryParameter('sequence', 'What the certificate shall cover.', { type: 'integer', minimum: 1 })],
  ),
  '/v1/keys/refresh': keyRequest('Deal the shares of the key again.'),
  '/v1/keys/rotate': keyRequest('Ask for another key; it is made when more than the faulty members ask.'),
  '/v1/keys/revoke': keyRequest('Ask for the end of the key, now; it ends when a quorum asks.'),
  '/v1/events': get('Executed sequences as they come.', EVENTS, {}, AFTER),
  '/verify': get('A page with which a browser verifies this node; also at /.', {
    description: 'The page.',
    content: { 'text/html': { schema: { type: 'string' } } },
  }),
  '/metrics': get('Figures for Prometheus.', {
    description: 'Prometheus text format.',
    content: { 'text/plain': { schema: { type: 'string' } } },
  }),
  '/healthz': get('Does the process answer?', json('Yes.', 'Alive')),
  '/readyz': get('May it be sent work? If not, 503 and why.', json('Yes.', 'Ready')),
  '/openapi.json': get('This document.', {
    description: 'OpenAPI 3.1.',
    content: { 'application/json': { schema: { type: 'object' } } },
  }),
}
