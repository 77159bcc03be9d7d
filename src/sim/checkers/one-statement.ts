import { describe } from '../../runtime/sign-guard.ts'
import { EnvelopeDecoder } from '../../wire/decode.ts'
import { openEnvelope } from '../../wire/envelope.ts'
import { isRejection } from '../../wire/rejection.ts'
import type { Checker, CheckerContext } from './checker.ts'

/** A correct member never says two different things in one slot, whatever crashes between them. */
export function createOneStatement({ scope, violation }: CheckerContext): Checker {
  const said = new Map<string, string>()
  const left = new Map<number, number>()

  return {
    onPublished(member, bytes) {
      const opened = openEnvelope(scope, bytes)
      if (isRejection(opened)) return violation(`member ${member} said what nobody can read: ${opened.code}`)
      const all = [...opened.attachments, opened.main]
      const messages = new EnvelopeDecoder(scope, 0, all).messages(opened.main)
      if (messages === null) return violation(`member ${member} said something malformed`)
      for (const { message } of messages) {
        const described = describe(message, opened.main.hash)
        if (described === null) continue
        const { slot, statement } = described
        const name = `${member}/${slot.name}`
        const known = said.get(name)
        if (known !== undefined && known !== statement)
          violation(`member ${member} said two things in ${slot.name}`)
        said.set(name, statement)
        if (slot.votesIn !== null && slot.votesIn < (left.get(member) ?? 0))
          violation(`member ${member} voted in ${slot.name} after it left for view ${left.get(member)}`)
        if (slot.leavesFor !== null) left.set(member, Math.max(left.get(member) ?? 0, slot.leavesFor))
      }
    },
  }
}
