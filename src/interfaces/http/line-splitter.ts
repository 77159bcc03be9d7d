/**
 * Cuts chunks of bytes into lines. Text is read as Latin-1, byte for byte: whatever is not ASCII stands in strings that
 * are refused anyway (hexadecimal and base64 have none), and a whole chunk is decoded at once.
 */
export interface LineSplitter {
  push(chunk: Buffer): void
  /** The last line may lack its newline. */
  end(): void
}

/** @param onLine without the newline; null stands for a line of more than `lineBytesMax` bytes, whose bytes are dropped */
export function createLineSplitter(
  lineBytesMax: number,
  onLine: (line: string | null) => void,
): LineSplitter {
  let held = ''
  let skipping = false

  function take(part: string): void {
    if (skipping) return
    if (held.length + part.length > lineBytesMax) {
      held = ''
      skipping = true
      onLine(null)
    } else {
      held += part
    }
  }

  return {
    push(chunk) {
      const text = chunk.toString('latin1')
      let start = 0
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
        take(text.slice(start, end))
        const line = held
        held = ''
        if (!skipping) onLine(line)
        skipping = false
        start = end + 1
      }
      if (start < text.length) take(text.slice(start))
    },
    end() {
      const line = held
      held = ''
      if (!skipping && line !== '') onLine(line)
    },
  }
}
