import { QuorateClientError } from './error.ts'

/** Of one line of an answer; the largest are events of sequences with many batches. */
const LINE_CHARS_MAX = 33_554_432

/**
 * The lines of a stream, those of one chunk together. A last line without newline is dropped: the stream broke off in it.
 * @throws what reading the stream throws; QuorateClientError BAD_ANSWER for a line without end
 */
export async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string[], void, void> {
  const reader = stream.getReader()
  const decoder = new TextDecoder()
  /** The beginning of a line, in pieces: put together once, however many they are. */
  let held: string[] = []
  let heldChars = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const [head = '', ...rest] = decoder.decode(value, { stream: true }).split('\n')
      held.push(head)
      heldChars += head.length
      if (heldChars > LINE_CHARS_MAX) {
        throw new QuorateClientError({
          code: 'BAD_ANSWER',
          message: 'The answer contains a line without end.',
        })
      }
      const begun = rest.pop()
      if (begun === undefined) continue
      yield [held.join(''), ...rest]
      held = [begun]
      heldChars = begun.length
    }
  } finally {
    // A reader that is given up must not leave the connection open; a failed cancel means that it is closed already.
    reader.cancel().catch(() => {})
  }
}
