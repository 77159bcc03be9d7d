import type { ReplicaConfig } from '../../src/pbft/config.ts'
import type { ConsensusRecord, Draft, Effect } from '../../src/pbft/effect.ts'
import type { Event, RecoveredRecords, TimerKind } from '../../src/pbft/event.ts'
import { Replica, type ReplicaView } from '../../src/pbft/replica.ts'
import { digest, type Verified, view } from '../../src/pbft/types.ts'
import { messageOf } from './harness.ts'
import { freshRecords, signed, statement, testConfig } from './messages.ts'

/**
 * One core under test, m1 of four unless told otherwise: what it says comes back to it signed and what it executes is reported, as the
 * driver does; every other message is the test's. Each call answers with all effects, first to last.
 */
export class Probe {
  readonly config: ReplicaConfig
  readonly start: readonly Effect[]
  readonly #replica: Replica

  constructor(config: Partial<ReplicaConfig> = {}, records: Partial<RecoveredRecords> = {}) {
    this.config = testConfig(config)
    this.#replica = new Replica(this.config)
    this.start = this.step({ type: 'recovered', records: freshRecords(records) })
  }

  step(...events: readonly Event[]): readonly Effect[] {
    const effects: Effect[] = []
    const queue = [...events]
    for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
      for (const effect of this.#replica.step(event)) {
        effects.push(effect)
        const answer = this.#answer(effect)
        if (answer !== null) queue.push(answer)
      }
    }
    return effects
  }

  #answer(effect: Effect): Event | null {
    if (effect.type === 'send' && this.config.self !== null) {
      return { type: 'message', message: signed(this.config.self, messageOf(effect.draft)) }
    }
    if (effect.type !== 'execute') return null
    const { sequence } = effect.entry.proposal
    return { type: 'executed', sequence, statement: effect.checkpoint ? statement(sequence) : null }
  }

  hear(...messages: readonly Verified[]): readonly Effect[] {
    return this.step(...messages.map(message => ({ type: 'message', message }) as const))
  }

  hold(...names: readonly string[]): readonly Effect[] {
    return this.step(...names.map(name => ({ type: 'batch-available', digest: digest(name) }) as const))
  }

  expire(kind: TimerKind, v: number): readonly Effect[] {
    return this.step({ type: 'timer-expired', timer: { kind, view: view(v) } })
  }

  view(): ReplicaView {
    return this.#replica.view()
  }
}

type DraftOf<T extends Draft['type']> = Extract<Draft, { readonly type: T }>
type EffectOf<T extends Effect['type']> = Extract<Effect, { readonly type: T }>
type RecordOf<T extends ConsensusRecord['type']> = Extract<ConsensusRecord, { readonly type: T }>

export function ofType<T extends Effect['type']>(
  effects: readonly Effect[],
  type: T,
): readonly EffectOf<T>[] {
  return effects.filter((effect): effect is EffectOf<T> => effect.type === type)
}

export function drafts<T extends Draft['type']>(effects: readonly Effect[], type: T): readonly DraftOf<T>[] {
  const sent = ofType(effects, 'send').map(({ draft }) => draft)
  return sent.filter((draft): draft is DraftOf<T> => draft.type === type)
}

export function records<T extends ConsensusRecord['type']>(
  effects: readonly Effect[],
  type: T,
): readonly RecordOf<T>[] {
  const persisted = ofType(effects, 'persist').map(({ record }) => record)
  return persisted.filter((record): record is RecordOf<T> => record.type === type)
}

/** What was executed, as lists of batches. */
export function executed(effects: readonly Effect[]): readonly (readonly string[])[] {
  return ofType(effects, 'execute').map(({ entry }) => entry.proposal.batchDigests)
}

/** Everything said but statuses. */
export function said(effects: readonly Effect[]): readonly Draft['type'][] {
  return ofType(effects, 'send').flatMap(({ draft }) => (draft.type === 'status' ? [] : [draft.type]))
}

/** The timers that were set: kind, view, and time in milliseconds. */
export function timers(effects: readonly Effect[]): readonly string[] {
  return ofType(effects, 'set-timer').map(({ timer, afterMs }) => `${timer.kind} v${timer.view} ${afterMs}`)
}

export function cancelled(effects: readonly Effect[]): readonly TimerKind[] {
  return ofType(effects, 'cancel-timer').map(({ kind }) => kind)
}
