/**
 * Why something that came from a peer was not taken: a value, never an exception. `ignore` costs the sender nothing (late, early,
 * already known); `reject` is for what any relay could see to be wrong.
 */
export interface Rejection {
  readonly rejected: true
  readonly verdict: 'ignore' | 'reject'
  readonly code: string
}

export const reject = (code: string): Rejection => ({ rejected: true, verdict: 'reject', code })
export const ignore = (code: string): Rejection => ({ rejected: true, verdict: 'ignore', code })

export function isRejection(value: object): value is Rejection {
  return 'rejected' in value
}

/** Runs a decoder that throws on malformed bytes. */
export function decodeOr<T>(code: string, decode: () => T): T | Rejection {
  try {
    return decode()
  } catch {
    return reject(code)
  }
}
