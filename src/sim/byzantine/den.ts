import type { Prng } from '../../lib/prng.ts'
import { computeNewView } from '../../pbft/new-view.ts'
import { quorum } from '../../pbft/quorum.ts'
import {
  type NewView,
  type ReplicaId,
  replicaId,
  type Statement,
  type Verified,
  type ViewChange,
} from '../../pbft/types.ts'
import { isRejection } from '../../wire/rejection.ts'
import type { Scope } from '../../wire/scope.ts'
import { EnvelopeVerifier } from '../../wire/verify.ts'

/**
 * Where colluding members meet: what any of them hears all know, and they keep to one plan. `two-lines`: the correct members are shown two
 * proposals for each sequence, one a side, and each side all the votes that it needs. `amnesia`: one side is left behind, then all ask
 * for a new view, in which nobody of them knows what the other side committed. `roll-back`: all at once get back the disks that they
 * had some time ago. `by-turns`: the first two, by turns.
 */
export const COLLUSION_PLANS = ['two-lines', 'amnesia', 'roll-back', 'by-turns'] as const
export type CollusionPlan = (typeof COLLUSION_PLANS)[number]

/** What is not left to the den's own draws. */
export interface Collusion {
  readonly plan: CollusionPlan
  /** Correct members on the favoured side; all others are on the other. */
  readonly favoured: readonly number[]
  /** When the disks are copied, and when they are put back. Milliseconds from the beginning. */
  readonly keepAtMs: number
  readonly turnAtMs: number
}

/** Something that a side needs more voices for. */
export type Support =
  | {
      readonly type: 'vote'
      readonly favoured: boolean
      readonly view: number
      readonly sequence: number
      readonly digest: string
    }
  | { readonly type: 'checkpoint'; readonly favoured: boolean; readonly statement: Statement }

/** Views of which VIEW-CHANGEs are kept. */
const VIEWS_MAX = 6
/** Of a window or more: what is older helps nobody. */
const SUPPORTS_MAX = 4_000
const VIEW_BELIEVED_MAX = 100_000

export class Den {
  readonly #prng: Prng
  readonly #given: Collusion | undefined
  readonly #verifier: EnvelopeVerifier
  readonly #n: number
  readonly #members = new Set<ReplicaId>()
  readonly #heard = new WeakSet<Uint8Array>()
  readonly #viewChanges = new Map<number, Map<ReplicaId, Verified<ViewChange>>>()
  readonly #known = new Set<string>()
  #supports: Support[] = []
  #dropped = 0
  #drawn: Collusion | null = null
  #isBlocked = false
  #nextTurnMs: number | null = null
  #beganMs: number | null = null
  #view = 0
  #viewWanted = 0
  #sequence = 0

  constructor(scope: Scope, prng: Prng, given?: Collusion) {
    this.#prng = prng
    this.#given = given
    this.#verifier = new EnvelopeVerifier(scope)
    this.#n = scope.memberKeys.length
  }

  join(member: ReplicaId): void {
    this.#members.add(member)
  }

  /** Drawn when first asked for: by then everybody has joined. */
  get collusion(): Collusion {
    this.#drawn ??= this.#given ?? this.#draw()
    return this.#drawn
  }

  #draw(): Collusion {
    const prng = this.#prng
    const correct = Array.from({ length: this.#n }, (_, id) => id).filter(
      id => !this.#members.has(id as ReplicaId),
    )
    const favoured = prng.shuffle(correct).slice(0, Math.ceil(correct.length / 2))
    const keepAtMs = prng.between(100, 3_000)
    return {
      plan: prng.pick(COLLUSION_PLANS),
      favoured,
      keepAtMs,
      turnAtMs: keepAtMs + prng.between(200, 3_000),
    }
  }

  /** Is it told what we tell each other? */
  isFavoured(member: ReplicaId): boolean {
    return this.#members.has(member) || this.collusion.favoured.includes(member)
  }

  /** The other side gets no vote, and another proposal if any. */
  get isBlocked(): boolean {
    return this.#isBlocked
  }

  /** A view that all of us ask for now; 0: none. */
  get viewWanted(): number {
    return this.#viewWanted
  }

  /** The highest sequence that any correct member spoke of. */
  get sequence(): number {
    return this.#sequence
  }

  /** How long the world of this den lasts, in milliseconds, by its own clock. */
  age(nowMs: number): number {
    this.#beganMs ??= nowMs
    return nowMs - this.#beganMs
  }

  /** Time passes: what is next in the plan? */
  tick(nowMs: number): void {
    const { plan } = this.collusion
    if (plan === 'roll-back') return
    if (plan === 'two-lines') return this.#takeOver(nowMs)
    if (this.#nextTurnMs === null) {
      this.#isBlocked = true
      this.#nextTurnMs = nowMs + this.#prng.between(300, 2_000)
    }
    if (nowMs < this.#nextTurnMs) return
    this.#isBlocked = !this.#isBlocked
    if (!this.#isBlocked) this.#viewWanted = Math.max(this.#view, this.#viewWanted) + 1
    this.#nextTurnMs = nowMs + this.#prng.between(600, 3_000)
  }

  /** Two proposals need a primary of ours: ask for views until there is one. */
  #takeOver(nowMs: number): void {
    if (this.#members.has(replicaId(this.#view % this.#n))) return
    this.#nextTurnMs ??= nowMs + this.#prng.between(200, 1_000)
    if (nowMs < this.#nextTurnMs) return
    this.#nextTurnMs = nowMs + this.#prng.between(600, 2_000)
    this.#viewWanted = Math.max(this.#view, this.#viewWanted) + 1
  }

  /** Are two proposals shown? */
  get isTwofold(): boolean {
    const { plan } = this.collusion
    if (plan === 'roll-back') return false
    return plan === 'two-lines' || this.#isBlocked || plan === 'by-turns'
  }

  /** Each array counts once, whoever of us was sent it. */
  hear(bytes: Uint8Array, nowMs: number): void {
    if (this.#heard.has(bytes)) return
    this.#heard.add(bytes)
    const opened = this.#verifier.open(bytes, nowMs)
    if (isRejection(opened)) return
    for (const verified of opened.messages) this.#take(verified)
  }

  #take({ sender, message, proof }: Verified): void {
    if (message.type === 'view-change') this.#keepViewChange({ sender, message, proof })
    if (this.#members.has(sender)) return
    switch (message.type) {
      case 'pre-prepare':
        return this.#helpAll(message.view, message.proposal.sequence, message.proposal.digest)
      case 'new-view':
        return this.#helpWithNewView(message)
      case 'prepare':
      case 'commit':
        return this.#help(sender, message.view, message.sequence, message.digest)
      case 'checkpoint': {
        const { statement } = message
        const favoured = this.isFavoured(sender)
        const name = `${favoured}/${statement.sequence}/${statement.historyDigest}/${statement.stateRoot}`
        return this.#support(name, { type: 'checkpoint', favoured, statement })
      }
      case 'view-change':
      case 'status':
        this.#view = Math.max(this.#view, Math.min(message.view, VIEW_BELIEVED_MAX))
    }
  }

  #helpWithNewView({ view, proposals }: NewView): void {
    for (const { sequence, digest } of proposals) this.#helpAll(view, sequence, digest)
  }

  /** A correct primary tells everybody the same. */
  #helpAll(view: number, sequence: number, digest: string): void {
    for (const favoured of [true, false]) this.#vote(favoured, view, sequence, digest)
  }

  #help(sender: ReplicaId, view: number, sequence: number, digest: string): void {
    this.#vote(this.isFavoured(sender), view, sequence, digest)
  }

  #vote(favoured: boolean, view: number, sequence: number, digest: string): void {
    this.#view = Math.max(this.#view, Math.min(view, VIEW_BELIEVED_MAX))
    this.#sequence = Math.max(this.#sequence, sequence)
    this.#support(`${favoured}/${view}/${sequence}/${digest}`, {
      type: 'vote',
      favoured,
      view,
      sequence,
      digest,
    })
  }

  #support(name: string, support: Support): void {
    if (this.collusion.plan === 'roll-back' || this.#known.has(name)) return
    if (!support.favoured && this.#isBlocked) return
    this.#known.add(name)
    this.#supports.push(support)
    if (this.#supports.length <= SUPPORTS_MAX) return
    this.#dropped += this.#supports.length / 2
    this.#supports = this.#supports.slice(this.#supports.length / 2)
  }

  /** What came since; `next` is where to ask from the next time. */
  supportsSince(from: number): { readonly supports: readonly Support[]; readonly next: number } {
    const supports = this.#supports.slice(Math.max(0, from - this.#dropped))
    return { supports, next: this.#dropped + this.#supports.length }
  }

  #keepViewChange(viewChange: Verified<ViewChange>): void {
    const { view } = viewChange.message
    if (view > VIEW_BELIEVED_MAX) return
    const ofView = this.#viewChanges.get(view) ?? new Map<ReplicaId, Verified<ViewChange>>()
    if (!ofView.has(viewChange.sender)) ofView.set(viewChange.sender, viewChange)
    this.#viewChanges.set(view, ofView)
    for (const known of [...this.#viewChanges.keys()].sort((a, b) => a - b))
      if (this.#viewChanges.size > VIEWS_MAX) this.#viewChanges.delete(known)
  }

  /** Views that can be entered, and that this member is the primary of. */
  viewsToEnter(primary: ReplicaId): readonly number[] {
    return [...this.#viewChanges]
      .filter(([view, ofView]) => view % this.#n === primary && ofView.size >= quorum(this.#n))
      .map(([view]) => view)
  }

  /** The quorum that knows least of what the favoured side committed: ourselves, then the other side. */
  leastKnowing(view: number): readonly Verified<ViewChange>[] {
    const all = [...(this.#viewChanges.get(view)?.values() ?? [])].sort((a, b) => a.sender - b.sender)
    const rank = ({ sender }: Verified): number =>
      this.#members.has(sender) ? 0 : this.isFavoured(sender) ? 2 : 1
    const least = all.sort((a, b) => rank(a) - rank(b) || a.sender - b.sender).slice(0, quorum(this.#n))
    return least.sort((a, b) => a.sender - b.sender)
  }

  /** The sequences above O that were spoken of before: somebody may have committed them. */
  sequencesAbove(viewChanges: readonly Verified<ViewChange>[]): {
    readonly from: number
    readonly to: number
  } {
    const { stable, proposals } = computeNewView(viewChanges)
    const last = proposals.at(-1)?.sequence ?? stable?.statement.sequence ?? 0
    return { from: last + 1, to: this.#sequence }
  }
}
