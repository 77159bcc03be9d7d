/**
 * Takes from a source as fast as it gives, and hands on what came within one turn of the event loop together: under load
 * requests leave in large pieces, and a single one leaves at once.
 */
export interface Gatherer<T> {
  /** At least one item; null when the source is at its end. @throws what the source throws */
  next(): Promise<readonly T[] | null>
  /** Gives the source up. */
  close(): void
}

/** @param itemsMax of one piece; the source is not asked for more before the piece is taken */
export function gather<T>(source: AsyncIterable<T> | Iterable<T>, itemsMax: number): Gatherer<T> {
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
  let items: T[] = []
  let end: { readonly error?: unknown } | null = null
  let wakeTaker = () => {}
  let wakePump = () => {}
  let started = false

  async function pump(): Promise<void> {
    try {
      while (end === null) {
        const { done, value } = await iterator.next()
        if (done === true) {
          end ??= {}
        } else {
          items.push(value)
        }
        wakeTaker()
        if (items.length >= itemsMax) {
          await new Promise<void>(resolve => {
            wakePump = resolve
          })
        }
      }
    } catch (error) {
      end ??= { error }
      wakeTaker()
    }
  }

  return {
    async next() {
      if (!started) {
        started = true
        pump()
      }
      if (items.length === 0 && end === null) {
        await new Promise<void>(resolve => {
          wakeTaker = resolve
        })
      }
      await nextTurn()
      if (items.length === 0 && end !== null) {
        if ('error' in end) throw end.error
        return null
      }
      const taken = items
      items = []
      wakePump()
      return taken
    },
    close() {
      if (end !== null) return
      end = {}
      wakePump()
      wakeTaker()
      // A generator that waits for something answers `return` only afterwards, so nobody waits for it here.
      Promise.resolve(iterator.return?.()).catch(() => {})
    },
  }
}

/** Browsers have no setImmediate. */
function nextTurn(): Promise<void> {
  return new Promise(resolve => {
    if (typeof setImmediate === 'function') setImmediate(resolve)
    else setTimeout(resolve, 0)
  })
}
