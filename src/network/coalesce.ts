import type { ConnectionEncrypter, MessageStream, SecureConnectionOptions } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'

/**
 * Writes to a socket what leaves in one turn of the event loop in one piece. A gossip message otherwise reaches the socket in
 * several: the length and the ciphertext of each encrypted frame, and the window updates of the multiplexer, each a system
 * call, which together cost more than everything else that a small message costs. The encrypter is the place where the bare
 * connection can be had; it gets one whose `send` gathers.
 */
export function coalescing<Components>(
  create: (components: Components) => ConnectionEncrypter,
): (components: Components) => ConnectionEncrypter {
  return components => {
    const inner = create(components)
    return {
      protocol: inner.protocol,
      secureInbound: (connection: MessageStream, options?: SecureConnectionOptions) =>
        inner.secureInbound(gather(connection), options),
      secureOutbound: (connection: MessageStream, options?: SecureConnectionOptions) =>
        inner.secureOutbound(gather(connection), options),
    }
  }
}

/** Gathered bytes that are written without waiting for the end of the turn. */
const GATHERED_BYTES_MAX = 256 * 1024

function gather(connection: MessageStream): MessageStream {
  const send = connection.send.bind(connection)
  const close = connection.close.bind(connection)
  let gathered = new Uint8ArrayList()
  let scheduled = false

  function flush(): void {
    scheduled = false
    if (gathered.byteLength === 0) return
    const bytes = gathered.subarray()
    gathered = new Uint8ArrayList()
    try {
      send(bytes)
    } catch {
      // Closed or aborted meanwhile: it takes nothing more, and its owner was told by an event.
    }
  }

  connection.send = data => {
    gathered.append(data)
    if (gathered.byteLength >= GATHERED_BYTES_MAX) flush()
    else if (!scheduled) {
      scheduled = true
      setImmediate(flush)
    }
    return !connection.writableNeedsDrain
  }
  connection.close = options => {
    flush()
    return close(options)
  }
  return connection
}
