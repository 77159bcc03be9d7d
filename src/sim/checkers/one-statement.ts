import type { ReplicaId } from '../../pbft/types.ts'
import { describe } from '../../runtime/sign-guard.ts'
import type { Checker, CheckerContext } from './checker.ts'
import { saidIn } from './said.ts'

/**
 * A correct member never says two different things in one slot, whatever crashes between them. One that lost its disk cannot know that
 * it left a view when no correct member that heard it has been up ever since; of that it is free. What then stands against the vote that
 * it was part of is no more than a faulty member, as which it counted.
 */
export function createOneStatement({ scope, violation }: CheckerContext): Checker {
  const said = new Map<string, string>()
  const left = new Map<ReplicaId, number>()
  const departures = new Map<Uint8Array, { readonly member: ReplicaId; readonly view: number }>()
  /** The highest view that a member left for, by those who heard it in the life that they are in. */
  const remembered = new Map<ReplicaId, Map<ReplicaId, number>>()

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
    if (known !== undefined && known !== statement)
      violation(`member ${member} said two things in ${slot.name}`)
    said.set(name, statement)
    const leftFor = left.get(member) ?? 0
    if (slot.votesIn !== null && slot.votesIn < leftFor)
      violation(`member ${member} voted in ${slot.name} after it left for view ${leftFor}`)
    if (slot.leavesFor === null) return
    left.set(member, Math.max(leftFor, slot.leavesFor))
    departures.set(bytes, { member, view: slot.leavesFor })
  }

  return {
    onStart(member) {
      for (const views of remembered.values()) views.delete(member)
    },
    onHeard(hearer, bytes) {
      const departure = departures.get(bytes)
      if (departure === undefined) return
      const views = remembered.get(departure.member) ?? new Map<ReplicaId, number>()
      remembered.set(departure.member, views.set(hearer, Math.max(views.get(hearer) ?? 0, departure.view)))
    },
    onWiped(member) {
      const known = Math.max(0, ...(remembered.get(member)?.values() ?? []))
      for (let view = left.get(member) ?? 0; view > known; view--)
        said.delete(`${member}/view-change/${view}`)
      left.set(member, known)
    },
    onPublished(member, bytes) {
      const opened = saidIn(scope, bytes)
      if (typeof opened === 'string')
        return violation(`member ${member} said what nobody can read: ${opened}`)
      for (const { message } of opened.messages) check(member, bytes, opened.hash, message)
    },
  }
}
