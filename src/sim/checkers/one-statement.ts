import { quorum } from '../../pbft/quorum.ts'
import type { ReplicaId } from '../../pbft/types.ts'
import { describe } from '../../runtime/sign-guard.ts'
import type { Checker, CheckerContext } from './checker.ts'
import { saidIn } from './said.ts'

/**
 * A correct member never says two different things in one slot, whatever crashes between them. One that lost its disk is told by q-1 others
 * which view it left for; where no more than n-q remember it, as many as need not answer, it is free of it. What then stands
 * against the vote that it was part of is no more than a faulty member, as which it counted.
 */
export function createOneStatement({ options, reader, violation }: CheckerContext): Checker {
  const silentMax = options.n - quorum(options.n)
  const said = new Map<string, string>()
  const left = new Map<ReplicaId, number>()
  const departures = new Map<Uint8Array, { readonly member: ReplicaId; readonly view: number }>()
  /** The highest view that a member left for, by those who heard it in the life that they are in. */
  const remembered = new Map<ReplicaId, Map<ReplicaId, number>>()
  /** The same, as it was when the member lost its disk, without those who crashed since. */
  const mayTell = new Map<ReplicaId, Map<ReplicaId, number>>()

  function toldOf(member: ReplicaId): number {
    const views = [...(mayTell.get(member)?.values() ?? [])].sort((a, b) => b - a)
    return views[silentMax] ?? 0
  }

  function check(
    member: ReplicaId,
    bytes: Uint8Array,
    hash: string,
    message: Parameters<typeof describe>[0],
  ) {
    const described = describe(message, hash)
    if (described === null) return
    const { slot, statement } = described
    const name = `${member}/${slot.name}`
    const known = said.get(name)
    const isForgotten =
      slot.leavesFor !== null && slot.leavesFor > Math.max(left.get(member) ?? 0, toldOf(member))
    if (known !== undefined && known !== statement && !isForgotten)
      violation(`member ${member} said two things in ${slot.name}`)
    said.set(name, statement)
    const leftFor = Math.max(left.get(member) ?? 0, toldOf(member))
    if (slot.votesIn !== null && slot.votesIn < leftFor)
      violation(`member ${member} voted in ${slot.name} after it left for view ${leftFor}`)
    if (slot.leavesFor === null) return
    left.set(member, Math.max(left.get(member) ?? 0, slot.leavesFor))
    departures.set(bytes, { member, view: slot.leavesFor })
  }

  return {
    onStart(member) {
      for (const views of [...remembered.values(), ...mayTell.values()]) views.delete(member)
    },
    onHeard(hearer, bytes) {
      const departure = departures.get(bytes)
      if (departure === undefined) return
      const views = remembered.get(departure.member) ?? new Map<ReplicaId, number>()
      remembered.set(departure.member, views.set(hearer, Math.max(views.get(hearer) ?? 0, departure.view)))
    },
    onWiped(member) {
      mayTell.set(member, new Map(remembered.get(member)))
      left.delete(member)
    },
    onPublished(member, bytes) {
      const opened = saidIn(reader, bytes)
      if (typeof opened === 'string')
        return violation(`member ${member} said what nobody can read: ${opened}`)
      for (const { message } of opened.messages) check(member, bytes, opened.hash, message)
    },
  }
}
