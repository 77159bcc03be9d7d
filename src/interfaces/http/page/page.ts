import { keysShape, sequenceShape, statusShape } from '../../../client/answers.ts'
import { QuorateClientError } from '../../../client/error.ts'
import {
  type Demands,
  LightClient,
  LightClientError,
  type LightClientErrorCode,
  type TrustAnchor,
  type VerifiedCertificate,
} from '../../../client/light-client.ts'
import { anything } from '../../../client/shapes.ts'
import { createTransport } from '../../../client/transport.ts'
import { fromHex, fromUtf8, toHex } from '../../../lib/bytes.ts'
import { messageOf } from '../../../lib/thrown.ts'

/**
 * The page that a node serves about itself. Everything that the node says passes the light client before it is shown, and what does not
 * pass is shown as what it is. The node is asked for nothing but its API, and what is pinned stays in this browser.
 */
interface Pinned {
  readonly networkId: string
  readonly key: string
  readonly genesis: string
  readonly application: string
}

/** How a result is shown. `open`: neither proved nor shown to be false. */
type Verdict = 'proved' | 'lie' | 'open'

const PINNED = 'quorate-pinned'
const NEWEST_SEARCHED = 256
/** What an honest node that is behind, or restarted, or that a client has not followed to a new key, can bring about. */
const NOT_A_LIE: ReadonlySet<LightClientErrorCode> = new Set([
  'STALE',
  'AHEAD_OF_CLOCK',
  'ROLLED_BACK',
  'UNKNOWN_KEY',
  'NO_VERIFIER',
])

let client: LightClient | null = null
/** Whom to ask for: a client with a genesis knows the members, one with a key only the key. */
let by: 'key' | 'members' = 'key'

/** The node that served the page; its answers are bounded in time and size. */
const node = createTransport({ url: '' })

function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id)
  if (found instanceof type) return found
  throw new Error(`the page has no ${id}`)
}

const fields = {
  networkId: element('network', HTMLInputElement),
  key: element('key', HTMLTextAreaElement),
  genesis: element('genesis', HTMLTextAreaElement),
  application: element('application', HTMLSelectElement),
}
const anchorState = element('anchor-state', HTMLElement)
const claim = element('claim', HTMLElement)
const take = element('take', HTMLButtonElement)

const FIELDS = ['networkId', 'key', 'genesis', 'application'] as const

/** Whatever else writes to this place of the browser, the page has to start. @throws when it is not what `pin` keeps */
function readPinned(): Pinned | null {
  const text = localStorage.getItem(PINNED)
  if (text === null) return null
  const kept = Object(JSON.parse(text)) as Record<string, unknown>
  if (FIELDS.some(name => typeof kept[name] !== 'string')) throw new Error('it has not all of its fields')
  return kept as unknown as Pinned
}

function pinAgain(): void {
  try {
    const pinned = readPinned()
    if (pinned === null) return forget()
    writeFields(pinned)
    pin()
  } catch (error) {
    anchorState.textContent = `not pinned: what this browser kept is damaged (${messageOf(error)}); pin again, or forget it`
  }
}

function writeFields(pinned: Pinned): void {
  for (const name of FIELDS) fields[name].value = pinned[name]
}

/** @throws LightClientError, and others for what is no hexadecimal text or JSON */
function makeClient({ networkId, key, genesis, application }: Pinned): LightClient {
  const publicKey = key === '' ? undefined : fromHex(key)
  if (genesis !== '') {
    const anchor: TrustAnchor = {
      genesis: JSON.parse(genesis),
      ...(publicKey === undefined ? {} : { publicKey }),
    }
    return new LightClient({ anchor })
  }
  if (publicKey === undefined) throw new Error('paste the key of the network, or a genesis')
  return new LightClient({ anchor: { networkId: fromHex(networkId), publicKey }, application })
}

function pin(): void {
  const text = (field: { readonly value: string }) => field.value.trim()
  const pinned: Pinned = {
    networkId: text(fields.networkId).toLowerCase(),
    key: text(fields.key).toLowerCase(),
    genesis: text(fields.genesis),
    application: fields.application.value,
  }
  try {
    client = makeClient(pinned)
    by = pinned.key === '' ? 'members' : 'key'
    localStorage.setItem(PINNED, JSON.stringify(pinned))
    anchorState.textContent = `pinned in this browser: network ${client.networkId.slice(0, 16)}…`
  } catch (error) {
    client = null
    anchorState.textContent = `not pinned: ${messageOf(error)}`
  }
}

function forget(): void {
  client = null
  localStorage.removeItem(PINNED)
  writeFields({ networkId: '', key: '', genesis: '', application: 'key-value' })
  anchorState.textContent = 'nothing is pinned'
}

/** What the node says of itself: to be compared with what one knows, and worth nothing alone. */
async function showClaim(): Promise<void> {
  try {
    const status = await node.json('/v1/status', statusShape)
    const key = status.sharedKey?.publicKey ?? null
    claim.textContent =
      `network ${status.networkName}, ${status.networkId}, application ${status.application}, ` +
      (key === null ? 'no key yet' : `key ${key}`)
    take.hidden = key === null
    take.onclick = () => {
      writeFields({
        networkId: status.networkId,
        key: key ?? '',
        genesis: '',
        application: status.application === 'ledger' ? 'ledger' : 'key-value',
      })
      pin()
    }
  } catch (error) {
    claim.textContent = `nothing (${messageOf(error)})`
  }
}

function demands(): Demands {
  const text = element('age', HTMLInputElement).value.trim()
  if (text === '') return { monotonic: true }
  const seconds = Number(text)
  if (!(seconds >= 0)) throw new Error('the age is a number of seconds')
  return { monotonic: true, nowMs: Date.now(), maxAgeMs: 1_000 * seconds }
}

/** A key may have been handed over since it was pinned: then the node can show how. */
async function withHandovers<T>(trusting: LightClient, verify: () => T): Promise<T> {
  try {
    return verify()
  } catch (error) {
    if (!(error instanceof LightClientError) || error.code !== 'UNKNOWN_KEY') throw error
    const { handovers } = await node.json('/v1/keys', keysShape)
    for (const handover of handovers) {
      try {
        trusting.followHandover(handover)
      } catch (refused) {
        // Those before the pinned key lead to it, not on.
        if (!(refused instanceof LightClientError) || refused.code !== 'UNKNOWN_KEY') throw refused
      }
    }
    return verify()
  }
}

function show(
  result: HTMLElement,
  verdict: Verdict,
  title: string,
  rows: readonly (readonly [string, string])[],
): void {
  const strong = document.createElement('strong')
  strong.textContent = title
  const list = document.createElement('dl')
  for (const [name, text] of rows) {
    const [term, description] = [document.createElement('dt'), document.createElement('dd')]
    term.textContent = name
    description.textContent = text
    list.append(term, description)
  }
  result.dataset.verdict = verdict
  result.replaceChildren(strong, list)
  result.hidden = false
}

function showFailure(result: HTMLElement, error: unknown): void {
  if (error instanceof LightClientError && !NOT_A_LIE.has(error.code)) {
    show(result, 'lie', 'Not true. This node lies, or is not of this network.', [
      ['why', error.message],
      ['code', error.code],
    ])
    return
  }
  const code = error instanceof LightClientError || error instanceof QuorateClientError ? error.code : null
  const why: (readonly [string, string])[] = [['why', messageOf(error)]]
  if (code !== null) why.push(['code', code])
  show(result, 'open', 'Not proved.', why)
}

function certificateRows(certificate: VerifiedCertificate): readonly (readonly [string, string])[] {
  const { sequence, logTimeMs, keyId, randomness } = certificate
  const seconds = Math.round((Date.now() - logTimeMs) / 1_000)
  const signed: readonly [string, string] = [
    'signed by',
    keyId === null ? 'a quorum of the members' : `the key ${keyId}`,
  ]
  const rows: (readonly [string, string])[] = [
    ['certified at', `sequence ${sequence}, ${new Date(logTimeMs).toISOString()} (${seconds} s ago)`],
    signed,
  ]
  if (randomness !== null) rows.push(['randomness', toHex(randomness)])
  return rows
}

const bytesText = (bytes: Uint8Array): string => fromUtf8(bytes) ?? `0x${toHex(bytes)}`

async function verifyRead(trusting: LightClient, result: HTMLElement): Promise<void> {
  const key = element('read-key', HTMLInputElement).value
  const proof = await node.json(`/v1/proofs/state?key=${encodeURIComponent(key)}&by=${by}`, anything)
  const { value, certificate } = await withHandovers(trusting, () =>
    trusting.verifyState(key, proof, demands()),
  )
  show(result, 'proved', value === null ? 'Proved: there is no such value.' : 'Proved.', [
    ['key', key],
    ['value', value === null ? 'none' : bytesText(value)],
    ...certificateRows(certificate),
  ])
}

/** What was once executed stays so: no age, and no order of looking, makes it less true. */
async function verifyReceipt(trusting: LightClient, result: HTMLElement): Promise<void> {
  const id = element('receipt-id', HTMLInputElement).value.trim().toLowerCase()
  const proof = await node.json(`/v1/proofs/receipts/${encodeURIComponent(id)}?by=${by}`, anything)
  const verified = await withHandovers(trusting, () => trusting.verifyReceipt(id, proof))
  const { code, data } = verified.result
  show(result, 'proved', code === 0 ? 'Proved: it was executed.' : 'Proved: it was executed, and refused.', [
    ['executed at', `sequence ${verified.sequence}, ${new Date(verified.logTimeMs).toISOString()}`],
    ['result', `code ${code}`],
    ['answer', data.length === 0 ? 'none' : bytesText(data)],
    ...certificateRows(verified.certificate),
  ])
}

/** Sequences without transactions are usual. */
async function findNewest(): Promise<string | null> {
  const { certifiedSequence } = await node.json('/v1/status', statusShape)
  for (let n = certifiedSequence; n > 0 && n > certifiedSequence - NEWEST_SEARCHED; n--) {
    const { transactions } = await node.json(`/v1/sequences/${n}`, sequenceShape)
    const last = transactions.at(-1)
    if (last !== undefined) return last.id
  }
  return null
}

function onSubmit(
  form: string,
  resultId: string,
  verify: (trusting: LightClient, result: HTMLElement) => Promise<void>,
): void {
  const result = element(resultId, HTMLElement)
  element(form, HTMLFormElement).addEventListener('submit', async event => {
    event.preventDefault()
    result.hidden = true
    try {
      if (client === null) throw new Error('pin a key first, or a genesis')
      await verify(client, result)
    } catch (error) {
      showFailure(result, error)
    }
  })
}

element('anchor', HTMLFormElement).addEventListener('submit', event => {
  event.preventDefault()
  pin()
})
element('forget', HTMLButtonElement).addEventListener('click', forget)
element('newest', HTMLButtonElement).addEventListener('click', async () => {
  const result = element('receipt-result', HTMLElement)
  try {
    const id = await findNewest()
    if (id === null) throw new Error('no transaction was executed lately')
    element('receipt-id', HTMLInputElement).value = id
    element('receipt', HTMLFormElement).requestSubmit()
  } catch (error) {
    showFailure(result, error)
  }
})
onSubmit('read', 'read-result', verifyRead)
onSubmit('receipt', 'receipt-result', verifyReceipt)

pinAgain()
await showClaim()
