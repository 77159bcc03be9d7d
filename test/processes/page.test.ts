/**
 * The page of a node in a real browser, against a network that runs. The node that serves it lies, about a value, about what is not there,
 * about a result: the page says so.
 */
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeSet } from '../../src/application/key-value.ts'
import { toBase64 } from '../../src/client/base64.ts'
import type { ReceiptProofJson, StateProofJson } from '../../src/client/proof-types.ts'
import { createTransactionSigner } from '../../src/client/signer.ts'
import { utf8 } from '../../src/lib/bytes.ts'
import { findBrowser } from './support/browser.ts'
import { createCluster } from './support/cluster.ts'
import { createLyingProxy, type LyingProxy } from './support/lying-proxy.ts'

const executablePath = findBrowser()

interface Visit {
  readonly page: Page
  readonly proxy: LyingProxy
  readonly transactionId: string
  /** What the page could not load or do, as the browser says it. */
  readonly complaints: readonly string[]
}

describe.skipIf(executablePath === null)('the page in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    // A container has no user namespaces, and nothing here comes from elsewhere.
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox'] })
  })
  afterAll(() => browser?.close())

  /** Four members, a value, and the page of one of them through the proxy. */
  async function visit(): Promise<Visit> {
    const cluster = await createCluster({ replicas: 4 })
    await cluster.start()
    const node = cluster.member(1)
    const signer = createTransactionSigner(new Uint8Array(32).fill(5), cluster.networkId)
    const reply = await node.api.submit(signer.sign(encodeSet('colour', 'red')), { wait: 'committed' })
    const proxy = await createLyingProxy(node.apiUrl)
    const page = await browser.newPage()
    const complaints: string[] = []
    page.on('console', message => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', error => complaints.push(error.message))
    page.on('request', request => {
      if (!request.url().startsWith(proxy.url)) complaints.push(`it asked for ${request.url()}`)
    })
    await page.goto(proxy.url)
    await page.getByText('Or the genesis file').click()
    await page.getByLabel('Genesis').fill(JSON.stringify(cluster.genesis))
    await page.getByRole('button', { name: 'Pin' }).click()
    await page.getByText('pinned in this browser').waitFor()
    return { page, proxy, transactionId: reply.id, complaints }
  }

  const read = async (page: Page, key: string) => {
    await page.getByLabel('Key', { exact: true }).fill(key)
    await page.getByRole('button', { name: 'Read and verify' }).click()
    return resultOf(page, '#read-result')
  }
  const receipt = async (page: Page, id: string) => {
    await page.getByLabel('Transaction id').fill(id)
    await page.getByRole('button', { name: 'Verify its receipt' }).click()
    return resultOf(page, '#receipt-result')
  }

  it('believes what is true, and names each lie of the node that serves it', async () => {
    const { page, proxy, transactionId, complaints } = await visit()
    await expectProved(page)
    expect(await receipt(page, transactionId)).toMatchObject({
      verdict: 'proved',
      text: expect.stringContaining('code 0'),
    })

    proxy.lie = (path, json) =>
      path.startsWith('/v1/proofs/state')
        ? { ...(json as StateProofJson), value: toBase64(utf8('blue')) }
        : json
    expect(await read(page, 'colour')).toEqual({
      verdict: 'lie',
      text: expect.stringMatching(/This node lies.*does not have this value.*NOT_IN_STATE/s),
    })
    proxy.lie = (path, json) =>
      path.startsWith('/v1/proofs/state') ? { ...(json as StateProofJson), value: null } : json
    expect(await read(page, 'colour')).toMatchObject({ verdict: 'lie' })
    expect((await read(page, 'flavour')).text).toContain('there is no such value')

    proxy.lie = (path, json) => {
      const { receipt, ...proof } = json as ReceiptProofJson
      return path.startsWith('/v1/proofs/receipts') ? { ...proof, receipt: { ...receipt, code: 2 } } : json
    }
    expect(await receipt(page, transactionId)).toEqual({
      verdict: 'lie',
      text: expect.stringMatching(/This node lies.*NOT_IN_HISTORY/s),
    })
    proxy.lie = null
    await expectProved(page)
    expect(complaints).toEqual([])
  }, 90_000)

  async function expectProved(page: Page): Promise<void> {
    const { verdict, text } = await read(page, 'colour')
    expect([verdict, text]).toEqual([
      'proved',
      expect.stringMatching(/^Proved\..*red.*certified at.*sequence \d+/s),
    ])
  }

  /** After a commit a moment passes until it is certified: whoever is told so asks again. */
  async function resultOf(page: Page, id: string): Promise<{ verdict: string | undefined; text: string }> {
    const result = page.locator(id)
    await result.waitFor()
    const text = (await result.innerText()).trim()
    const verdict = (await result.getAttribute('data-verdict')) ?? undefined
    if (!/NOT_CERTIFIED|STATE_MOVED_ON/.test(text)) return { verdict, text }
    await page.waitForTimeout(100)
    await result.locator('xpath=preceding-sibling::form').getByRole('button').first().click()
    return resultOf(page, id)
  }
})
