/**
 * The page of a node in a real browser, against a network that runs. The node that serves it lies, about a value, about what is not there,
 * about a result: the page says so.
 */
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeSet } from '../../src/application/key-value.ts'
import type { StatusJson } from '../../src/client/api-types.ts'
import { toBase64 } from '../../src/client/base64.ts'
import { LightClient } from '../../src/client/light-client.ts'
import type { ReceiptProofJson, StateProofJson } from '../../src/client/proof-types.ts'
import { createTransactionSigner } from '../../src/client/signer.ts'
import { toHex, utf8 } from '../../src/lib/bytes.ts'
import { DEFAULT_THRESHOLD } from '../../src/membership/genesis.ts'
import { SEQUENCE } from '../support/sample-answers.ts'
import { findBrowser } from './support/browser.ts'
import { type Cluster, createCluster } from './support/cluster.ts'
import { createLyingProxy, type LyingProxy } from './support/lying-proxy.ts'
import { PATIENCE_MS, until } from './support/until.ts'

const executablePath = findBrowser()

interface Visit {
  readonly page: Page
  readonly proxy: LyingProxy
  readonly cluster: Cluster
  /** Of the network. */
  readonly key: string
  readonly transactionId: string
  /** What the page could not load or do, as the browser says it. */
  readonly complaints: readonly string[]
}

describe.skipIf(executablePath === null)('the page in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    // A container has no user namespaces, and nothing here comes from elsewhere.
    browser = await chromium.launch({
      executablePath: executablePath ?? '',
      args: ['--no-sandbox'],
      timeout: PATIENCE_MS,
    })
  })
  afterAll(() => browser?.close())

  /** Four members with a key, a value, and the page of one of them through the proxy. */
  async function visit(): Promise<Visit> {
    const cluster = await createCluster({ replicas: 4, threshold: DEFAULT_THRESHOLD })
    await cluster.start()
    const node = cluster.member(1)
    const signer = createTransactionSigner(new Uint8Array(32).fill(5), cluster.networkId)
    const reply = await node.api.submit(signer.sign(encodeSet('colour', 'red')), {
      wait: 'committed',
      timeoutMs: 90_000,
    })
    // From somebody who is trusted, and not from the node that lies.
    const key = await until('the network has a key', async () => {
      return (await cluster.member(2).api.status()).sharedKey?.publicKey ?? false
    })
    const proxy = await createLyingProxy(node.apiUrl)
    const page = await browser.newPage()
    page.setDefaultTimeout(PATIENCE_MS)
    const complaints: string[] = []
    page.on('console', message => {
      // A 503 says that nothing is certified yet: the page asks again.
      if (message.type() === 'error' && !message.text().includes('status of 503'))
        complaints.push(message.text())
    })
    page.on('pageerror', error => complaints.push(error.message))
    page.on('request', request => {
      if (!request.url().startsWith(proxy.url)) complaints.push(`it asked for ${request.url()}`)
    })
    return { page, proxy, cluster, key, transactionId: reply.id, complaints }
  }

  async function pin(page: Page, network: string, key: string, genesis: string): Promise<void> {
    await page.getByLabel('Network id').fill(network)
    await page.getByLabel('Key of the network').fill(key)
    if (genesis !== '') await page.getByText('Or the genesis file').click()
    if (genesis !== '') await page.getByLabel('Genesis').fill(genesis)
    await page.getByRole('button', { name: 'Pin' }).click()
    await page.getByText('pinned in this browser').waitFor()
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
    const { page, proxy, cluster, key, transactionId, complaints } = await visit()
    await page.goto(proxy.url)
    await pin(page, toHex(cluster.networkId), key, '')
    await expectProved(page, 'the key')
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
    await expectProved(page, 'the key')

    await expectNoEndlessSearch(page, proxy)

    // What is pinned is still there, until it is another anchor.
    await page.goto(`${proxy.url}/verify`)
    await expectProved(page, 'the key')
    await page.getByRole('button', { name: 'Forget' }).click()
    await pin(page, '', '', JSON.stringify(cluster.genesis))
    await expectProved(page, 'a quorum of the members')
    await expectStartWithDamage(page, async () => {
      await page.getByText('Or the genesis file').click()
      await pin(page, toHex(cluster.networkId), key, '')
      await expectProved(page, 'the key')
    })
    expect(complaints).toEqual([])

    // Who has the genesis learns from any node what the key is.
    const { genesis } = cluster
    const answer = await fetch(`${cluster.member(3).apiUrl}/v1/proofs/key`)
    const learned = new LightClient({ anchor: { genesis } }).adoptKey(await answer.json())
    expect(toHex(learned.publicKey)).toBe(key)
  })

  /** From a sequence that cannot be, a search for the newest transaction would count down for ever. */
  async function expectNoEndlessSearch(page: Page, proxy: LyingProxy): Promise<void> {
    let asked = 0
    const newest = async (certifiedSequence: unknown) => {
      asked = 0
      proxy.lie = (path, json) =>
        path.startsWith('/v1/status') ? { ...(json as StatusJson), certifiedSequence } : json
      const result = page.locator('#receipt-result')
      await result.evaluate(shown => shown.replaceChildren())
      await page.getByRole('button', { name: 'The newest one' }).click()
      await result.getByText('Not proved.').waitFor()
      return result.innerText()
    }
    proxy.answers = path => {
      if (!path.startsWith('/v1/sequences/')) return null
      asked += 1
      return { ...SEQUENCE, transactions: [] }
    }
    for (const impossible of [1e300, 2 ** 53, 0.5, '9', null]) {
      expect(await newest(impossible)).toContain('answer.certifiedSequence is not a whole number')
      expect(asked, `${impossible}`).toBe(0)
    }
    // One that could be is looked for, and not for long.
    expect(await newest(2 ** 53 - 1)).toContain('no transaction was executed lately')
    expect(asked).toBe(256)
    proxy.answers = null
    proxy.lie = null
  }

  /** What the page kept may be damaged, by a disk or by another program of this origin: it starts, says so, and can forget it. */
  async function expectStartWithDamage(page: Page, pinAgain: () => Promise<void>): Promise<void> {
    const keep = (text: string) => page.evaluate(kept => localStorage.setItem('quorate-pinned', kept), text)
    for (const text of ['{"networkId":"ab', 'null', '7', '[]', '{"networkId":5,"key":{},"genesis":null}']) {
      await keep(text)
      await page.reload()
      await page.getByText('not pinned: what this browser kept is damaged').waitFor()
      expect((await read(page, 'colour')).text).toContain('pin a key first')
      expect(await page.getByLabel('Network id').inputValue()).toBe('')
    }
    await keep(JSON.stringify({ networkId: 'zz', key: 'no key', genesis: '', application: 'none' }))
    await page.reload()
    await page.getByText('not pinned: ').waitFor()
    await page.getByRole('button', { name: 'Forget' }).click()
    await page.getByText('nothing is pinned').waitFor()
    expect(await page.evaluate(() => localStorage.length)).toBe(0)
    await pinAgain()
  }

  async function expectProved(page: Page, by: string): Promise<void> {
    const { verdict, text } = await read(page, 'colour')
    expect(text).toContain(`signed by\n${by}`)
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
