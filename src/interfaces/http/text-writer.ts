import type { ServerResponse } from 'node:http'

/**
 * Writes pieces of text to a response: all that come within one turn of the event loop leave as one write, and while the
 * client does not read, they are held here and counted.
 */
export interface TextWriter {
  write(text: string): void
  /** Writes what is held and ends the response. */
  end(): void
  /** Characters that the client has not taken. */
  pendingChars(): number
  /** The client does not keep up. */
  isBlocked(): boolean
}

/** @param onDrain the client caught up */
export function createTextWriter(output: ServerResponse, onDrain: () => void): TextWriter {
  let held = ''
  let scheduled = false
  let blocked = false

  function flush(): void {
    scheduled = false
    if (held === '' || blocked || output.destroyed) return
    const text = held
    held = ''
    blocked = !output.write(text)
  }

  output.on('drain', () => {
    blocked = false
    flush()
    onDrain()
  })

  return {
    write(text) {
      held += text
      if (scheduled || blocked) return
      scheduled = true
      setImmediate(flush)
    },
    end() {
      const text = held
      held = ''
      output.end(text)
    },
    pendingChars: () => held.length + output.writableLength,
    isBlocked: () => blocked,
  }
}
