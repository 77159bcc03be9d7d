import type { IncomingMessage } from 'node:http'
import { HttpError } from './errors.ts'

export interface BodyLimits {
  readonly bodyBytesMax: number
  readonly bodyTimeoutMs: number
}

/** The whole body as text. @param done called once, with an HttpError when it is too large, too slow or broken off */
export function readBody(
  body: IncomingMessage,
  { bodyBytesMax, bodyTimeoutMs }: BodyLimits,
  done: (error: HttpError | null, text?: string) => void,
): void {
  const tooLarge = `A body of this route has at most ${bodyBytesMax} bytes.`
  if (Number(body.headers['content-length'] ?? 0) > bodyBytesMax) {
    done(new HttpError(413, 'BODY_TOO_LARGE', tooLarge))
    return
  }
  const chunks: Buffer[] = []
  let length = 0
  const timer = setTimeout(() => {
    finish(new HttpError(408, 'REQUEST_TIMEOUT', `The body did not arrive in ${bodyTimeoutMs} ms.`))
  }, bodyTimeoutMs)

  function finish(error: HttpError | null): void {
    clearTimeout(timer)
    body.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken)
    body.on('error', () => {})
    done(error, error === null ? Buffer.concat(chunks, length).toString('utf8') : undefined)
  }
  function onData(chunk: Buffer): void {
    length += chunk.length
    if (length <= bodyBytesMax) chunks.push(chunk)
    else finish(new HttpError(413, 'BODY_TOO_LARGE', tooLarge))
  }
  function onEnd(): void {
    finish(null)
  }
  function onBroken(): void {
    finish(new HttpError(400, 'BODY_BROKEN', 'The body broke off.'))
  }
  body.on('data', onData).on('end', onEnd).on('error', onBroken).on('close', onBroken)
}
