/** JSON of the API <-> values of the node. Decoding takes anything and answers with a value or a sentence. */
import type { Transaction } from '../../application/contract.ts'
import type { AcceptedJson, CommittedJson, ExpiredJson, StateJson } from '../../client/api-types.ts'
import { membersCertificateToJson } from '../../client/proof-json.ts'
import type { StateAnswer, TransactionStatus } from '../../node/api.ts'

const HEX_32_BYTES = /^[0-9a-fA-F]{64}$/
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/** @returns the transaction, or what is wrong with it in one sentence */
export function parseTransaction(text: string): Transaction | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'The transaction is not JSON.'
  }
  return decodeTransaction(value)
}

/** Checks shapes only: whether the transaction is any good is for the node to say. */
export function decodeTransaction(value: unknown): Transaction | string {
  if (typeof value !== 'object' || value === null) return 'A transaction is a JSON object.'
  const { client, timestampMs, nonce, operation, signature, kind } = value as Record<string, unknown>
  if (kind !== undefined) return 'kind must be left out: what is about the keys is for members to say.'
  if (typeof client !== 'string' || !HEX_32_BYTES.test(client)) return 'client must be 64 hexadecimal digits.'
  if (!isCount(timestampMs)) return 'timestampMs must be a whole number of milliseconds, not negative.'
  if (!isCount(nonce)) return 'nonce must be a whole number, not negative, below 2^53.'
  const operationBytes = decodeBase64(operation)
  if (operationBytes === undefined) return 'operation must be base64 with padding.'
  const signatureBytes = decodeBase64(signature)
  if (signatureBytes === undefined) return 'signature must be base64 with padding, or empty.'
  if (signatureBytes.length !== 64 && signatureBytes.length !== 0)
    return 'signature must be 64 bytes, or empty.'
  return {
    client: plain(Buffer.from(client, 'hex')),
    timestampMs,
    nonce,
    operation: operationBytes,
    signature: signatureBytes,
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function decodeBase64(text: unknown): Uint8Array | undefined {
  if (typeof text !== 'string' || text.length % 4 !== 0 || !BASE64.test(text)) return undefined
  return plain(Buffer.from(text, 'base64'))
}

/** A Buffer is a Uint8Array whose `slice` does not copy: too surprising to hand on. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
}

function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
}

type Known = Exclude<TransactionStatus, { readonly state: 'unknown' }>

export function statusToJson(status: Known): CommittedJson | AcceptedJson | ExpiredJson {
  if (status.state !== 'committed') return { id: status.id, state: status.state }
  const { id, sequence, position, logTimeMs, result } = status
  const data = encodeBase64(result.data)
  return { id, state: 'committed', sequence, position, logTimeMs, result: { code: result.code, data } }
}

/** The same as text, for the bulk form: nothing in it needs escaping, and it is written ten thousand times a second. */
export function statusToLine(line: number, status: Known, timedOut: boolean): string {
  if (status.state !== 'committed') {
    const mark = timedOut ? ',"timedOut":true' : ''
    return `{"line":${line},"id":"${status.id}","state":"${status.state}"${mark}}\n`
  }
  const { id, sequence, position, logTimeMs, result } = status
  return (
    `{"line":${line},"id":"${id}","state":"committed","sequence":${sequence},"position":${position},` +
    `"logTimeMs":${logTimeMs},"result":{"code":${result.code},"data":"${encodeBase64(result.data)}"}}\n`
  )
}

export function stateToJson(state: StateAnswer): StateJson {
  const { value, proof } = state.answer
  return {
    key: state.key,
    value: value === null ? null : encodeBase64(value),
    proof: encodeBase64(proof),
    sequence: state.sequence,
    applicationRoot: state.applicationRoot,
    certificate: state.certificate === null ? null : membersCertificateToJson(state.certificate),
  }
}
