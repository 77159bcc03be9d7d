import { parseScalar, SCALAR_BYTES } from '../../crypto/threshold/scalar.ts'
import { publicKeyOf } from '../../crypto/threshold/secret.ts'
import { equalBytes, toHex } from '../../lib/bytes.ts'
import { type KeyEvent, type SharedKey, servedKeys } from '../../membership/key-state.ts'
import type { ReplicaId } from '../../pbft/types.ts'
import type { Checker, CheckerContext } from './checker.ts'
import { followKeyLog } from './key-log.ts'

/**
 * Who said in the log that it has a share has it until the share is over, unless its secrets are lost: not lost in a crash, not
 * overwritten, not erased too early. And it is that share: times the generator it gives the point of this member on the polynomial in the log.
 * Members that come back may have a state that is older than their secrets: a share that is over in the log is owed by nobody.
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

  /** By member and epoch: the share that was found to be right, and for what. Finding out costs a multiplication. */
  const right = new Map<string, string>()

  function isRight(member: ReplicaId, { epoch, sharing }: SharedKey, share: Uint8Array): boolean {
    const publicShare = sharing.publicShares[member] ?? new Uint8Array()
    const [name, value] = [`${member}/${epoch}`, `${toHex(share)} ${toHex(publicShare)}`]
    if (right.get(name) === value) return true
    const scalar = share.length === SCALAR_BYTES ? parseScalar(share) : null
    if (scalar === null || !equalBytes(publicKeyOf(scalar), publicShare)) return false
    right.set(name, value)
    return true
  }

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
      for (const key of servedKeys(keys)) {
        if (holders.get(key.epoch)?.has(member) !== true) continue
        const share = secrets.get(`share/${key.epoch}`)
        const whose = `member ${member} confirmed a share of epoch ${key.epoch}`
        if (share === undefined) violation(`${whose}, and has none`)
        else if (!isRight(member, key, share)) violation(`${whose}, and has another`)
      }
    },
  }
}
