import type { Behaviour, Lair, OutgoingMessage } from './behaviour.ts'
import { messagesIn } from './forgery.ts'

interface Held {
  readonly dueMs: number
  readonly outgoing: OutgoingMessage
}

const SHARE_MAX = 0.95

/**
 * As primary, holds back each proposal and its NEW-VIEW for nearly as long as the others wait before they leave it, a little longer
 * each time, and less when it was left for it; so all goes on, as slowly as can be. Aims at the time-outs: they must not grow while
 * nothing is gained, a batch must not wait behind others for ever, and the next view must not inherit the delay.
 */
export function createSlowPrimary(lair: Lair): Behaviour {
  const { viewChangeTimeoutMs } = lair
  const held: Held[] = []
  let share = 0.5
  let view = 0

  /** A view that is left was too slow. */
  function learn(messages: ReturnType<typeof messagesIn>): void {
    for (const { prePrepare, viewChange } of messages) {
      view = Math.max(view, prePrepare?.view ?? 0)
      if (viewChange !== undefined && viewChange.view > view) {
        share *= 0.7
        view = viewChange.view
      }
    }
  }

  return {
    publish(outgoing) {
      if (outgoing.topic !== 'consensus') return [outgoing]
      const messages = messagesIn(outgoing.bytes)
      learn(messages)
      const opensView = messages.some(({ newView }) => newView !== undefined)
      if (!opensView && messages.every(({ prePrepare }) => prePrepare === undefined)) return [outgoing]
      share = Math.min(share * 1.05, SHARE_MAX)
      lair.did(opensView ? 'a NEW-VIEW held back' : 'a proposal held back')
      held.push({ dueMs: lair.nowMs() + share * viewChangeTimeoutMs, outgoing })
      return []
    },
    tick() {
      const nowMs = lair.nowMs()
      const due = held.filter(({ dueMs }) => dueMs <= nowMs)
      held.splice(0, held.length, ...held.filter(({ dueMs }) => dueMs > nowMs))
      return due.map(({ outgoing }) => outgoing)
    },
  }
}
