import { createPrng, type Prng } from '../lib/prng.ts'
import { openEnvelope } from '../wire/envelope.ts'
import type { WireMessage } from '../wire/pb/messages.ts'
import { isRejection } from '../wire/rejection.ts'
import type { Scope } from '../wire/scope.ts'
import { type Fate, ORDINARY_FATE } from './network.ts'
import type { SimulationOptions } from './options.ts'
import type { MessageName, MessageSentence } from './sentences.ts'
import type { Letter } from './witness.ts'

/** What sentences say of the messages on a network's links. */
export interface FateComponents {
  readonly scope: Scope
  readonly seed: number
  nowMs(): number
}

/** Draws of its own, so that a world without sentences stays what it is. */
const SALT = 0x7e * 2 ** 32

export function messageSentences({
  sentences = [],
}: Pick<SimulationOptions, 'sentences'>): readonly MessageSentence[] {
  return sentences.filter(sentence => 'when' in sentence)
}

/** What a sentence can ask of a message. */
interface Told {
  readonly name: MessageName
  readonly view?: number | undefined
  readonly sequence?: number | undefined
}

export class Fates {
  readonly #components: FateComponents
  readonly #prng: Prng
  readonly #sentences: readonly MessageSentence[]
  /** How often each sentence came true. */
  readonly #counts: number[]
  readonly #told = new WeakMap<Uint8Array, readonly Told[]>()
  #isOver = false

  constructor(sentences: readonly MessageSentence[], components: FateComponents) {
    this.#sentences = sentences
    this.#components = components
    this.#prng = createPrng(components.seed + SALT)
    this.#counts = sentences.map(() => 0)
  }

  /** How often a sentence came true. */
  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0)
  }

  end(): void {
    this.#isOver = true
  }

  /** @returns null when no sentence speaks of the message */
  of(letter: Omit<Letter, 'delayMs'>): Fate | null {
    if (this.#isOver || this.#sentences.length === 0) return null
    const told = this.#tell(letter)
    let fate = null as Fate | null
    for (const [i, sentence] of this.#sentences.entries()) {
      if (!this.#isTrue(sentence, i, letter, told)) continue
      this.#counts[i] = (this.#counts[i] ?? 0) + 1
      const { isLost, delayMs, copies }: Fate = fate ?? ORDINARY_FATE
      if (sentence.fate === 'drop') fate = { isLost: true, delayMs, copies }
      else if (sentence.fate === 'duplicate') fate = { isLost, delayMs, copies: copies + 1 }
      else fate = { isLost, delayMs: delayMs + sentence.fate.delayMs, copies }
    }
    return fate
  }

  #isTrue(
    sentence: MessageSentence,
    index: number,
    letter: Omit<Letter, 'delayMs'>,
    told: readonly Told[],
  ): boolean {
    const { from, to, afterMs = 0, untilMs = Number.POSITIVE_INFINITY } = sentence
    const { percent = 100, first = Number.POSITIVE_INFINITY } = sentence
    const nowMs = this.#components.nowMs()
    if (nowMs < afterMs || nowMs >= untilMs || (this.#counts[index] ?? 0) >= first) return false
    if (from?.includes(letter.from) === false || to?.includes(letter.to) === false) return false
    if (!told.some(one => isSpokenOf(one, sentence))) return false
    return percent >= 100 || this.#prng.chance(percent / 100)
  }

  #tell({ kind, bytes }: Omit<Letter, 'delayMs'>): readonly Told[] {
    if (kind === 'batch') return [{ name: 'batch' }]
    if (kind === 'certificate') return []
    if (kind !== 'consensus') return [{ name: 'request' in kind ? 'request' : 'answer' }]
    if (bytes === null) return []
    const known = this.#told.get(bytes)
    if (known !== undefined) return known
    const told = saidIn(this.#components.scope, bytes).map(tellMessage)
    this.#told.set(bytes, told)
    return told
  }
}

/** What an envelope says; of one that says nothing itself, what it hands on. */
function saidIn(scope: Scope, bytes: Uint8Array): readonly WireMessage[] {
  const opened = openEnvelope(scope, bytes)
  if (isRejection(opened)) return []
  const { main, attachments } = opened
  return main.messages.length > 0 ? main.messages : attachments.flatMap(({ messages }) => messages)
}

function isSpokenOf({ name, view, sequence }: Told, sentence: MessageSentence): boolean {
  if (sentence.when !== 'anything' && sentence.when !== name) return false
  if (sentence.inView !== undefined && sentence.inView !== view) return false
  return sentence.atSequence === undefined || sentence.atSequence === sequence
}

function tellMessage(message: WireMessage): Told {
  const { prePrepare, prepare, commit, checkpoint, viewChange, newView, status } = message
  if (prePrepare !== undefined)
    return { name: 'pre-prepare', view: prePrepare.view, sequence: prePrepare.proposal?.sequence }
  if (prepare !== undefined) return { name: 'prepare', ...prepare }
  if (commit !== undefined) return { name: 'commit', ...commit }
  if (checkpoint !== undefined) return { name: 'checkpoint', sequence: checkpoint.statement?.sequence }
  if (viewChange !== undefined) return { name: 'view-change', view: viewChange.view }
  if (newView !== undefined) return { name: 'new-view', view: newView.view }
  return { name: 'status', view: status?.view }
}
