import type { Application, QueryAnswer, Refusal } from '../application/contract.ts'
import type { AnyCertificate, StateProof } from '../membership/proof.ts'
import type { ReplicatedState, StateView } from '../membership/replicated-state.ts'

/**
 * Reads from the state as it was at the last certified sequence, while execution goes on. At each checkpoint a view of the state is
 * kept until a certificate comes for it, or for a later one; then it answers until the next. An application that keeps no former state
 * readable is answered for only while nothing was executed since the certificate.
 *
 * A view costs what changes after it, since the trees of states share what they have in common; so few are kept.
 */
export interface CertificateSource {
  latest(): AnyCertificate | null
  /** The first that is known, at or above a sequence. */
  covering(sequence: number): AnyCertificate | null
}

export interface CertifiedRead {
  readonly proof: StateProof
  readonly certificate: AnyCertificate
}

export interface CertifiedView {
  readonly view: StateView
  readonly certificate: AnyCertificate
}

/** Checkpoints that wait for a certificate. */
const WAITING_MAX = 6

const NOT_CERTIFIED: Refusal = {
  code: 'NOT_CERTIFIED',
  message: 'No state is certified here yet; ask again in a moment.',
}
const STATE_MOVED_ON: Refusal = {
  code: 'STATE_MOVED_ON',
  message:
    'The state has moved on since the last certificate, and is not kept readable here as it was then; ask again in a moment.',
}

export interface CertifiedReadsComponents {
  readonly application: Pick<Application, 'query'>
  readonly state: Pick<ReplicatedState, 'sequence' | 'view'>
  readonly source: CertificateSource
}

/** For one kind of certificate. */
export class CertifiedReads {
  readonly #components: CertifiedReadsComponents
  /** Ascending, all above the certified one. */
  #waiting: StateView[] = []
  #certified: CertifiedView | null = null

  constructor(components: CertifiedReadsComponents) {
    this.#components = components
  }

  /** A checkpoint sequence was just executed. @param view one that can be queried */
  onCheckpoint(view: StateView): void {
    this.#settle()
    this.#waiting.push(view)
    // The first of them is the one that is being certified, and the last the next: what is between is least likely to be.
    if (this.#waiting.length > WAITING_MAX) this.#waiting.splice(-2, 1)
  }

  /** The state was replaced by a later one. */
  onInstalled(): void {
    this.#waiting = []
  }

  /** The last certified state that is readable here. */
  view(): CertifiedView | Refusal {
    const latest = this.#components.source.latest()
    if (latest === null) return NOT_CERTIFIED
    this.#settle()
    this.#takePresent(latest)
    return this.#certified ?? STATE_MOVED_ON
  }

  read(key: string): CertifiedRead | Refusal {
    const certified = this.view()
    if ('code' in certified) return certified
    const { view, certificate } = certified
    const answer = this.#ask(view, key)
    if (answer === null) return STATE_MOVED_ON
    if ('code' in answer) return answer
    const { applicationRoot, systemRoot } = view
    return { proof: { key, ...answer, applicationRoot, systemRoot }, certificate }
  }

  /** After a start no view is kept yet, and none ever for an application that keeps no former state. */
  #takePresent(latest: AnyCertificate): void {
    const { state } = this.#components
    const { sequence } = latest.statement
    if (sequence !== state.sequence || this.#certified?.view.statement.sequence === sequence) return
    const view = state.view()
    if (isOf(latest, view)) this.#certified = { view, certificate: latest }
  }

  #ask(view: StateView, key: string): QueryAnswer | Refusal | null {
    if (view.query !== undefined) return view.query(key)
    const { application, state } = this.#components
    return view.statement.sequence === state.sequence ? application.query(key) : null
  }

  /** The last waiting view that a certificate is of is the certified one. */
  #settle(): void {
    for (let i = this.#waiting.length - 1; i >= 0; i--) {
      const view = this.#waiting[i] as StateView
      const certificate = this.#components.source.covering(view.statement.sequence)
      if (certificate === null || !isOf(certificate, view)) continue
      this.#certified = { view, certificate }
      this.#waiting.splice(0, i + 1)
      return
    }
  }
}

/** One sequence, and the same state in it: another would be a conflict, which is not for a reader to judge. */
function isOf({ statement }: AnyCertificate, { statement: own }: StateView): boolean {
  return statement.sequence === own.sequence && statement.stateRoot === own.stateRoot
}
