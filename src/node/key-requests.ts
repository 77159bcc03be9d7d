import type { Refusal, TransactionId } from '../application/contract.ts'
import { fromUtf8 } from '../lib/bytes.ts'
import type { KeyState } from '../membership/key-state.ts'
import type { SystemOperation } from '../membership/system-operation.ts'
import type { IntakeOutcome } from '../runtime/intake.ts'
import type { ReplicaRuntime } from '../runtime/replica-runtime.ts'
import type { KeyRequest, KeyRequestOutcome, TransactionStatus } from './api.ts'

/** What an operator asks of the network's key: this member says it in the log, where it counts as one member's voice. */
export interface KeyRequestComponents {
  readonly runtime: Pick<ReplicaRuntime, 'keys' | 'orderForKeys'>
  /** Rejects when it takes too long for whoever asks. */
  settled(id: TransactionId): Promise<TransactionStatus>
}

const NOT_A_MEMBER: Refusal = {
  code: 'NOT_A_MEMBER',
  message: 'An observer has no voice about the shared key: ask a member.',
}
const NO_KEY: Refusal = { code: 'NO_KEY', message: 'There is no shared key yet.' }

export async function askOfKey(
  request: KeyRequest,
  { runtime, settled }: KeyRequestComponents,
): Promise<KeyRequestOutcome> {
  const operation = operationOf(request, runtime.keys)
  if (operation === null) return { state: 'refused', refusal: NO_KEY }
  const outcome = await new Promise<IntakeOutcome | null>(resolve => runtime.orderForKeys(operation, resolve))
  if (outcome === null) return { state: 'refused', refusal: NOT_A_MEMBER }
  if (!outcome.accepted) return { state: 'refused', refusal: outcome.refusal }
  const status = await settled(outcome.id).catch(() => null)
  if (status?.state === 'expired') return { state: 'expired' }
  if (status?.state !== 'committed') return { state: 'pending' }
  const { sequence, result } = status
  return { state: 'executed', sequence, code: result.code, reason: fromUtf8(result.data) ?? '' }
}

/** @returns null when there is no key to ask something of */
function operationOf(request: KeyRequest, { active, nextEpoch: epoch }: KeyState): SystemOperation | null {
  if (active === null) return null
  if (request === 'revoke') return { type: 'revoke', keyId: active.keyId }
  return { type: 'start', kind: request, epoch }
}
