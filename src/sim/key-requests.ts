import type { KeyState } from '../membership/key-state.ts'
import type { SystemOperation } from '../membership/system-operation.ts'
import type { Member } from './member.ts'
import type { SimulationOptions } from './options.ts'
import type { Scheduler } from './scheduler.ts'
import type { KeyRequest } from './trouble-options.ts'

/** What operators of members order about the network's keys; a member that is down or stands still then does not hear it. */
export function askForKeys(
  { keyRequests = [] }: Pick<SimulationOptions, 'keyRequests'>,
  { scheduler, members }: { readonly scheduler: Scheduler; readonly members: readonly Member[] },
): void {
  for (const { request, members: asking, atMs } of keyRequests)
    scheduler.after(atMs, () => {
      for (const id of asking) {
        const runtime = members[id]?.runtime ?? null
        const operation = runtime && operationOf(request, runtime.keys)
        if (operation !== null) runtime?.orderForKeys(operation, () => {})
      }
    })
}

/** Null: there is no key that could be revoked. */
function operationOf(
  request: KeyRequest['request'],
  { active, nextEpoch: epoch }: KeyState,
): SystemOperation | null {
  if (request !== 'revoke') return { type: 'start', kind: request, epoch }
  return active === null ? null : { type: 'revoke', keyId: active.keyId }
}
