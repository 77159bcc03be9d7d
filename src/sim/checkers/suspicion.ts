import type { ReplicaId, Verified } from '../../pbft/types.ts'
import type { ReplicaRuntime } from '../../runtime/replica-runtime.ts'
import type { Checker, CheckerContext } from './checker.ts'
import { type Said, saidIn } from './said.ts'

/** One such envelope may come too late, or when its sender said too much: so many do not. */
const OCCASIONS_MIN = 20

/**
 * Whoever says two things in one slot in front of correct members is suspected by one of them. What is looked at are envelopes with two
 * votes of one kind for two digests, and with a proposal of the primary for what the hearer prepared another one of; heard by a
 * member in their view and window; each once, because a copy is ignored. A clock that jumps makes a sender's numbers old, and what it
 * says unheard, so nothing is asked for where clocks do.
 */
export function createSuspicion({ options, reader, isFaulty, violation }: CheckerContext): Checker {
  if (options.byzantine.length === 0 || (options.clockJumpsPerSecond ?? 0) > 0) return {}
  const runtimes = new Map<ReplicaId, ReplicaRuntime>()
  const occasions = new Map<ReplicaId, Set<string>>()
  const suspected = new Set<ReplicaId>()
  /** What each member prepared, by view and sequence. */
  const prepared = new Map<ReplicaId, Map<string, string>>()

  function isContradicted(member: ReplicaId, { sender, messages }: Said, runtime: ReplicaRuntime): boolean {
    const known = prepared.get(member)
    return messages.some(({ message }) => {
      if (message.type !== 'pre-prepare' || message.view % options.n !== sender) return false
      const { sequence, digest } = message.proposal
      if (!isHere(runtime, message.view, sequence)) return false
      return (known?.get(`${message.view}/${sequence}`) ?? digest) !== digest
    })
  }

  return {
    onStart(member, runtime) {
      runtimes.set(member, runtime)
    },
    onWiped(member) {
      prepared.delete(member)
    },
    onPublished(member, bytes) {
      const said = saidIn(reader, bytes)
      if (typeof said === 'string') return
      const known = prepared.get(member) ?? new Map<string, string>()
      for (const { message } of said.messages)
        if (message.type === 'prepare') known.set(`${message.view}/${message.sequence}`, message.digest)
      prepared.set(member, known)
    },
    onHeard(member, bytes) {
      const said = saidIn(reader, bytes)
      const runtime = runtimes.get(member)
      if (typeof said === 'string' || runtime === undefined) return
      const sender = said.sender as ReplicaId
      if (!isFaulty(sender) || suspected.has(sender)) return
      if (!saysTwoThings(said.messages, runtime) && !isContradicted(member, said, runtime)) return
      const known = occasions.get(sender) ?? new Set()
      occasions.set(sender, known.add(said.hash))
    },
    onSuspect(_member, suspect) {
      suspected.add(suspect)
    },
    onEnd() {
      for (const [sender, { size }] of occasions)
        if (size >= OCCASIONS_MIN && !suspected.has(sender))
          violation(`nobody suspects member ${sender}, which said two things in one slot ${size} times`)
    },
  }
}

/** In the view and the window in which the hearer is. */
function isHere(runtime: ReplicaRuntime, inView: number, sequence: number): boolean {
  const { view, viewActive, lowWatermark, highWatermark } = runtime.replica()
  return viewActive && inView === view && sequence > lowWatermark && sequence <= highWatermark
}

function saysTwoThings(messages: readonly Verified[], runtime: ReplicaRuntime): boolean {
  const digests = new Map<string, string>()
  for (const { message } of messages) {
    if (message.type !== 'prepare' && message.type !== 'commit') continue
    const { sequence } = message
    if (!isHere(runtime, message.view, sequence)) continue
    const slot = `${message.type}/${sequence}`
    const known = digests.get(slot)
    if (known !== undefined && known !== message.digest) return true
    digests.set(slot, message.digest)
  }
  return false
}
