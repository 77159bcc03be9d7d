import { toHex } from '../../lib/bytes.ts'
import { type KeyEvent, servedKeys } from '../../membership/key-state.ts'
import type { Checker, CheckerContext } from './checker.ts'
import { followKeyLog } from './key-log.ts'

/**
 * Who said in the log that it has a share has it until the share is over, unless its secrets are lost: not lost in a crash, not
 * overwritten, not erased too early. Members that come back may have a state that is older than their secrets: a share that is over in the log is owed by
 * nobody.
 */
export function createShares({ violation }: CheckerContext): Checker {
  /** By epoch that was activated: members that confirmed. */
  const holders = new Map<number, Set<number>>()
  /** By key id: its epochs. */
  const epochsOf = new Map<string, number[]>()
  /** Of the latest ceremony. */
  let [epoch, confirmed] = [0, new Set<number>()]
  /** By member: the epoch of the ceremony in which its secrets were lost; what it said before may be ordered later. */
  const lostIn = new Map<number, number>()

  function take(event: KeyEvent): void {
    switch (event.type) {
      case 'ceremony-started':
        ;[epoch, confirmed] = [event.epoch, new Set()]
        break
      case 'confirmed':
        if ((lostIn.get(event.member) ?? 0) < epoch) confirmed.add(event.member)
        break
      // Who is convicted may take the confirmations of the others with it; they confirm again.
      case 'fault':
        if (event.role === 'dealer') confirmed.clear()
        break
      case 'activated': {
        const name = toHex(event.keyId)
        if (event.epoch === epoch) holders.set(epoch, new Set(confirmed))
        epochsOf.set(name, [...(epochsOf.get(name) ?? []), event.epoch])
        break
      }
      case 'retired':
        holders.delete(event.epoch)
        break
      case 'revoked':
        for (const over of epochsOf.get(toHex(event.keyId)) ?? []) holders.delete(over)
    }
  }

  function forget(): void {
    holders.clear()
    confirmed.clear()
  }

  return {
    onExecuted: followKeyLog(take, forget),
    onSecretsLost(member) {
      lostIn.set(member, epoch)
      confirmed.delete(member)
      for (const some of holders.values()) some.delete(member)
    },
    onSecrets(member, keys, secrets) {
      for (const key of servedKeys(keys))
        if (holders.get(key.epoch)?.has(member) === true && !secrets.includes(`share/${key.epoch}`))
          violation(`member ${member} confirmed a share of epoch ${key.epoch}, and has none`)
    },
  }
}
