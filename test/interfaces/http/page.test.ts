import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LightClient } from '../../../src/client/light-client.ts'
import { createHttpApp } from '../../../src/interfaces/http/server.ts'
import { silentLogger } from '../../../src/lib/logger.ts'
import { CertifiedNetwork } from '../../client/certified-network.ts'
import { ScriptedNode } from '../../support/scripted-node.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
/** Of the light client, with gzip: what a page loads to believe a node. */
const GZIP_BYTES_MAX = 60 * 1_024

let directory: string
let printed: string

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'quorate-page-'))
  const made = spawnSync(process.execPath, [join(ROOT, 'scripts/bundle.mjs'), directory], {
    encoding: 'utf8',
  })
  expect(made.stderr).toBe('')
  printed = made.stdout
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

describe('the bundle', () => {
  it('is small, and the build says how large', () => {
    const bytes = readFileSync(join(directory, 'light-client.js'))
    const gzipBytes = gzipSync(bytes, { level: 9 }).length
    expect(gzipBytes).toBeLessThan(GZIP_BYTES_MAX)
    expect(gzipBytes).toBeGreaterThan(20_000)
    const kilobytes = (n: number) => `${(n / 1_024).toFixed(1)} KB`
    expect(printed).toContain(
      `light-client.js: ${kilobytes(bytes.length)}, ${kilobytes(gzipBytes)} with gzip\n`,
    )
  })

  it('is the light client, complete in itself', async () => {
    const text = readFileSync(join(directory, 'light-client.js'), 'utf8')
    expect(text).not.toMatch(/\bimport\b\s*["'{*]|\bfrom\s*["']|\brequire\(/)
    const bundle = (await import(pathToFileURL(join(directory, 'light-client.js')).href)) as {
      LightClient: typeof LightClient
    }
    const network = new CertifiedNetwork('a bundle')
    const [id = ''] = network.execute({ colour: 'red' })
    const client = new bundle.LightClient({
      anchor: { networkId: network.networkId, publicKey: network.publicKey },
      application: 'key-value',
    })
    expect(client.verifyReceipt(id, network.receiptProof(id, 1)).sequence).toBe(1)
    expect(() => client.verifyState('colour', { ...network.stateProof('colour'), value: null })).toThrow(
      expect.objectContaining({ name: 'LightClientError', code: 'NOT_IN_STATE' }),
    )
  })
})

describe('the page', () => {
  const appOf = (pageDirectory: string) =>
    createHttpApp({ port: 0, pageDirectory }, { node: new ScriptedNode(), logger: silentLogger })

  it.each([
    ['/', 'page.html', 'text/html'],
    ['/verify', 'page.html', 'text/html'],
    ['/verify/page.css', 'page.css', 'text/css'],
    ['/verify/page.js', 'page.js', 'text/javascript'],
    ['/verify/light-client.js', 'light-client.js', 'text/javascript'],
  ])('%s is served under a policy that lets nothing in from elsewhere', async (url, name, type) => {
    const app = appOf(directory)
    const { statusCode, headers, rawPayload } = await app.fastify.inject({ url })
    expect(statusCode).toBe(200)
    expect(rawPayload.equals(readFileSync(join(directory, name)))).toBe(true)
    expect(headers['content-type']).toBe(`${type}; charset=utf-8`)
    expect(headers['x-content-type-options']).toBe('nosniff')
    const policy = String(headers['content-security-policy']).split('; ')
    expect(policy[0]).toBe("default-src 'none'")
    expect(policy.join()).not.toMatch(/unsafe|https?:|\*|data:|blob:/)
    await app.close()
  })

  it('names nothing of another place, and carries no script or style of its own', () => {
    const html = readFileSync(join(directory, 'page.html'), 'utf8')
    const named = [...html.matchAll(/\b(?:src|href)="([^"]*)"/g)].map(([, url]) => url)
    expect(named).toEqual(['/verify/page.css', '/verify/page.js'])
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/)
    for (const name of readdirSync(directory)) {
      const text = readFileSync(join(directory, name), 'utf8')
      expect(text, name).not.toMatch(/https?:\/\/(?!www\.w3\.org)/)
    }
  })

  it('of a build that has none is missing, and says so', async () => {
    const app = appOf(join(directory, 'nowhere'))
    const { statusCode, body } = await app.fastify.inject({ url: '/' })
    expect([statusCode, body]).toEqual([404, expect.stringContaining('PAGE_NOT_BUILT')])
    expect((await app.fastify.inject({ url: '/healthz' })).statusCode).toBe(200)
    await app.close()
  })
})
