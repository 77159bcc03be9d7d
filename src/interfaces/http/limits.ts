/** Every bound of the HTTP API, on one page. */
export interface HttpLimits {
  /** Of one request head. Beyond: 431. */
  readonly headerBytesMax: number
  /** Of a body that is one JSON value. Beyond: 413. */
  readonly bodyBytesMax: number
  /** Requests that are being answered, streams included; pipelining on one connection counts too. Beyond: 503. */
  readonly requestsMax: number
  /** From the first byte of a request head to its last. */
  readonly headersTimeoutMs: number
  /** From the head of a request to the end of its JSON body. */
  readonly bodyTimeoutMs: number
  /** A connection on which nothing moves in either direction is closed. */
  readonly idleTimeoutMs: number
  /** The same between two requests. */
  readonly keepAliveTimeoutMs: number
  /** Time that `wait=committed` waits when the request does not say, and at most. */
  readonly waitDefaultMs: number
  readonly waitMaxMs: number

  readonly bulkStreamsMax: number
  /** Of one line. Beyond: an error for that line. */
  readonly bulkLineBytesMax: number
  /** Lines of one stream that are read and not yet answered. Beyond: the stream is not read. */
  readonly bulkLinesMax: number
  /** The same in bytes. */
  readonly bulkBytesMax: number
  /** Transactions handed to the node in one call. */
  readonly bulkGroupMax: number
  /** Answers of one stream that its client has not taken. Beyond: the stream is not read. */
  readonly bulkOutputBytesMax: number
  /** Malformed lines after which a stream ends. */
  readonly bulkErrorsMax: number
  /** A stream without a line and with nothing to answer ends after this. */
  readonly bulkIdleTimeoutMs: number

  readonly subscribersMax: number
  /** Silence in a stream after which a sign of life is sent. */
  readonly heartbeatMs: number

  /** What is still open this long after `close()` is cut. */
  readonly closeTimeoutMs: number
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  headerBytesMax: 16_384,
  bodyBytesMax: 262_144,
  requestsMax: 4_096,
  headersTimeoutMs: 10_000,
  bodyTimeoutMs: 20_000,
  idleTimeoutMs: 120_000,
  keepAliveTimeoutMs: 60_000,
  waitDefaultMs: 10_000,
  waitMaxMs: 90_000,
  bulkStreamsMax: 32,
  bulkLineBytesMax: 262_144,
  bulkLinesMax: 8_192,
  bulkBytesMax: 8_388_608,
  bulkGroupMax: 256,
  bulkOutputBytesMax: 1_048_576,
  bulkErrorsMax: 1_000,
  bulkIdleTimeoutMs: 300_000,
  subscribersMax: 256,
  heartbeatMs: 15_000,
  closeTimeoutMs: 3_000,
}
