/**
 * Faults written as sentences: `when('prepare').from(1).to(2).percent(10).drop()`, `crash(2).at(1_000).for(500)`. A sentence is data, so
 * that it can stand in a world's options, be drawn, printed and left out; `textOf` writes it as it is written here.
 *
 * A sentence speaks of a message by what a signed envelope says. A link cannot take an envelope apart: what is said with a message
 * shares its fate. Sentences are over with the faults of their world.
 */
export type MessageName =
  | 'pre-prepare'
  | 'prepare'
  | 'commit'
  | 'checkpoint'
  | 'view-change'
  | 'new-view'
  | 'status'
  /** The body of a batch. */
  | 'batch'
  | 'request'
  | 'answer'
  | 'anything'

export const MESSAGE_NAMES: readonly MessageName[] = [
  'pre-prepare',
  'prepare',
  'commit',
  'checkpoint',
  'view-change',
  'new-view',
  'status',
  'batch',
  'request',
  'answer',
  'anything',
]

export interface MessageSentence extends Conditions {
  readonly when: MessageName
  readonly fate: 'drop' | 'duplicate' | { readonly delayMs: number }
}

/** What is missing is not asked for. */
interface Conditions {
  readonly from?: readonly number[]
  readonly to?: readonly number[]
  /** Of a VIEW-CHANGE or NEW-VIEW: the view that is to be entered. */
  readonly inView?: number
  /** Of a CHECKPOINT: the one that it is of. */
  readonly atSequence?: number
  /** Sent at this time of the world, or later. */
  readonly afterMs?: number
  /** Sent before this time. */
  readonly untilMs?: number
  /** Of those that match, 0 to 100. */
  readonly percent?: number
  /** Only so many of those that match. */
  readonly first?: number
}

export interface MachineSentence {
  readonly machine: number
  /**
   * `isolate`: nothing reaches it, and nothing of it reaches others. `wipe`: it crashes and loses its disk; merely crashes where more than f
   * would be faulty then.
   */
  readonly does: MachineFault
  readonly atMs: number
  readonly forMs: number
}

export type MachineFault = 'crash' | 'pause' | 'isolate' | 'wipe'
export type Sentence = MessageSentence | MachineSentence

export interface MessageClause {
  from(...members: number[]): MessageClause
  to(...members: number[]): MessageClause
  inView(view: number): MessageClause
  atSequence(sequence: number): MessageClause
  after(ms: number): MessageClause
  until(ms: number): MessageClause
  percent(percent: number): MessageClause
  first(count: number): MessageClause
  drop(): MessageSentence
  duplicate(): MessageSentence
  delay(ms: number): MessageSentence
}

export function when(name: MessageName): MessageClause {
  return clause(name, {})
}

function clause(name: MessageName, said: Conditions): MessageClause {
  const and = (more: Conditions): MessageClause => clause(name, { ...said, ...more })
  return {
    from: (...members) => and({ from: members }),
    to: (...members) => and({ to: members }),
    inView: view => and({ inView: view }),
    atSequence: sequence => and({ atSequence: sequence }),
    after: ms => and({ afterMs: ms }),
    until: ms => and({ untilMs: ms }),
    percent: percent => and({ percent }),
    first: count => and({ first: count }),
    drop: () => ({ when: name, ...said, fate: 'drop' }),
    duplicate: () => ({ when: name, ...said, fate: 'duplicate' }),
    delay: ms => ({ when: name, ...said, fate: { delayMs: ms } }),
  }
}

export interface MachineClause {
  at(ms: number): { for(ms: number): MachineSentence }
}

export const crash = (machine: number): MachineClause => machineClause(machine, 'crash')
export const pause = (machine: number): MachineClause => machineClause(machine, 'pause')
export const isolate = (machine: number): MachineClause => machineClause(machine, 'isolate')
export const wipe = (machine: number): MachineClause => machineClause(machine, 'wipe')

function machineClause(machine: number, does: MachineFault): MachineClause {
  return { at: atMs => ({ for: forMs => ({ machine, does, atMs, forMs }) }) }
}

/** The sentence as it is written in code. */
export function textOf(sentence: Sentence): string {
  if ('machine' in sentence) {
    const { machine, does, atMs, forMs } = sentence
    return `${does}(${machine}).at(${atMs}).for(${forMs})`
  }
  const { from, to, inView, atSequence, afterMs, untilMs, percent, first } = sentence
  const said = Object.entries({
    from: from?.join(', '),
    to: to?.join(', '),
    inView,
    atSequence,
    after: afterMs,
    until: untilMs,
    percent,
    first,
  }).filter(([, value]) => value !== undefined)
  const conditions = said.map(([verb, value]) => `.${verb}(${value})`).join('')
  const end = typeof sentence.fate === 'object' ? `delay(${sentence.fate.delayMs})` : `${sentence.fate}()`
  return `when('${sentence.when}')${conditions}.${end}`
}
