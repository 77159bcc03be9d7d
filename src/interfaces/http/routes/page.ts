/**
 * The page with which a browser verifies this node, and the light client that it does it with. Nothing in it comes from elsewhere, and
 * the browser is told to let nothing come from elsewhere either.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { HttpError } from '../errors.ts'

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

const HEADERS = {
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-cache',
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
}

const FILES: readonly (readonly [url: string, name: string])[] = [
  ['/', 'page.html'],
  ['/verify', 'page.html'],
  ['/verify/page.css', 'page.css'],
  ['/verify/page.js', 'page.js'],
  ['/verify/light-client.js', 'light-client.js'],
]

/** @param directory what `scripts/bundle.mjs` wrote */
export function pageRoutes(app: FastifyInstance, directory: string): void {
  const contents = new Map<string, Promise<Buffer>>()

  /** Read once. A build without the page has none, and everything else works. */
  function contentOf(name: string): Promise<Buffer> {
    const known = contents.get(name)
    if (known !== undefined) return known
    const content = readFile(join(directory, name)).catch(() => {
      throw new HttpError(
        404,
        'PAGE_NOT_BUILT',
        'This build of the node has no page; npm run build makes it.',
      )
    })
    contents.set(name, content)
    return content
  }

  for (const [url, name] of FILES) {
    app.get(url, async (_request, reply): Promise<FastifyReply> => {
      const content = await contentOf(name)
      return reply
        .headers(HEADERS)
        .type(TYPES[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream')
        .send(content)
    })
  }
}
