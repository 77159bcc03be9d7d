import { randomBytes } from 'node:crypto'
import type { Refusal, Transaction, TransactionId } from '../application/contract.ts'
import { present } from '../lib/assert.ts'
import { fromUtf8 } from '../lib/bytes.ts'
import type { KeyState } from '../membership/key-state.ts'
import { encodeSystemOperation, type SystemOperation } from '../membership/system-operation.ts'
import type { Clock, Signer } from '../runtime/ports.ts'
import { transactionSigningBytes } from '../wire/transaction.ts'
import type { KeyRequest, KeyRequestOutcome, SubmitOutcome, TransactionStatus } from './api.ts'

/** With what a member speaks in the log for its operator: what is asked of the network's key counts as one member's voice. */
export interface Voice {
  /** Null for an observer, which has none. */
  readonly signer: Signer | null
  readonly clock: Clock
  /** 32 bytes */
  readonly networkId: Uint8Array
}

export interface KeyRequestComponents {
  readonly keys: KeyState
  submit(transactions: readonly Transaction[]): Promise<readonly SubmitOutcome[]>
  /** Rejects when it takes too long for whoever asks. */
  settled(id: TransactionId): Promise<TransactionStatus>
}

const NOT_A_MEMBER: Refusal = {
  code: 'NOT_A_MEMBER',
  message: 'an observer has no voice about the shared key: ask a member',
}
const NO_KEY: Refusal = { code: 'NO_KEY', message: 'there is no shared key yet' }

export async function askOfKey(
  voice: Voice,
  request: KeyRequest,
  { keys, submit, settled }: KeyRequestComponents,
): Promise<KeyRequestOutcome> {
  const { signer } = voice
  if (signer === null) return { state: 'refused', refusal: NOT_A_MEMBER }
  const operation = operationOf(request, keys)
  if (operation === null) return { state: 'refused', refusal: NO_KEY }
  const [outcome] = await submit([sign(voice, signer, operation)])
  const { id, ...answer } = present(outcome, 'an answer to what was submitted')
  if (!answer.accepted) return { state: 'refused', refusal: answer.refusal }
  const status = await settled(id).catch(() => null)
  if (status?.state !== 'committed') return { state: 'pending' }
  const { sequence, result } = status
  return { state: 'executed', sequence, code: result.code, reason: fromUtf8(result.data) ?? '' }
}

/** @returns null when there is no key to ask something of */
function operationOf(request: KeyRequest, { active }: KeyState): SystemOperation | null {
  if (active === null) return null
  return request === 'revoke' ? { type: 'revoke', keyId: active.keyId } : { type: 'start', kind: request }
}

function sign({ clock, networkId }: Voice, signer: Signer, operation: SystemOperation): Transaction {
  const unsigned = {
    client: signer.publicKey,
    timestampMs: clock.nowMs(),
    nonce: randomBytes(6).readUIntBE(0, 6),
    operation: encodeSystemOperation(operation),
    kind: 'system',
  } as const
  return { ...unsigned, signature: signer.sign(transactionSigningBytes(networkId, unsigned)) }
}
