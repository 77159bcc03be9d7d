import { HttpError } from './errors.ts'

/** A long answer that is being written, and how to end it early when the server closes. */
export interface OpenStream {
  end(): void
}

/** Counts the long answers of each kind. */
export interface OpenStreams {
  /** @throws HttpError 503 when there are `max` of this kind, or the server is closing */
  admit(kind: 'bulk' | 'events', max: number): void
  open(kind: 'bulk' | 'events', stream: OpenStream): () => void
  /** Ends all, and admits none from now on. */
  close(): void
}

export function createOpenStreams(): OpenStreams {
  const streams = { bulk: new Set<OpenStream>(), events: new Set<OpenStream>() }
  let closed = false
  return {
    admit(kind, max) {
      if (closed) throw new HttpError(503, 'STOPPING', 'The node is stopping.')
      if (streams[kind].size < max) return
      throw new HttpError(
        503,
        'TOO_MANY_STREAMS',
        `This node serves at most ${max} streams of this kind at a time.`,
      )
    },
    open(kind, stream) {
      streams[kind].add(stream)
      return () => {
        streams[kind].delete(stream)
      }
    },
    close() {
      closed = true
      for (const stream of [...streams.bulk, ...streams.events]) stream.end()
    },
  }
}
