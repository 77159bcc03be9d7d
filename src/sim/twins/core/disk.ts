import type { ConsensusRecord } from '../../../pbft/effect.ts'
import type { RecoveredRecords } from '../../../pbft/event.ts'
import type { Certificate, Message, Statement, Verified } from '../../../pbft/types.ts'
import { view } from '../../../pbft/types.ts'
import type { History } from './histories.ts'

/** What a machine finds again after a crash: records of consensus, and what it signed. */
export class CoreDisk {
  #view: Pick<RecoveredRecords, 'view' | 'viewActive' | 'newView'> = {
    view: view(0),
    viewActive: true,
    newView: null,
  }
  #stable: Certificate | null = null
  readonly #accepted = new Map<number, RecoveredRecords['accepted'][number]>()
  readonly #prepared = new Map<number, RecoveredRecords['prepared'][number]>()
  readonly #statements = new Map<number, Statement>()
  #own: Verified[] = []

  get stable(): Certificate | null {
    return this.#stable
  }

  write(record: ConsensusRecord): void {
    if (record.type === 'accepted')
      this.#accepted.set(record.prePrepare.message.proposal.sequence, record.prePrepare)
    else if (record.type === 'prepared')
      this.#prepared.set(record.certificate.proposal.sequence, record.certificate)
    else if (record.type === 'view')
      this.#view = { view: record.view, viewActive: record.active, newView: record.newView }
  }

  writeOwn(message: Verified): void {
    if (message.message.type !== 'status') this.#own.push(message)
  }

  writeStatement(statement: Statement): void {
    this.#statements.set(statement.sequence, statement)
  }

  /** What the stable checkpoint replaces is not needed any more, but for our CHECKPOINT of it, which others may. */
  truncate(stable: Certificate): void {
    this.#stable = stable
    const low = stable.statement.sequence
    for (const records of [this.#accepted, this.#prepared, this.#statements])
      for (const n of records.keys()) if (n <= low) records.delete(n)
    this.#own = this.#own.filter(({ message }) => isNeeded(message, low, this.#view.view))
  }

  /** @param history that was on disk too */
  records(history: History, question: number): RecoveredRecords {
    return {
      ...this.#view,
      amnesia: false,
      question,
      stable: this.#stable,
      executed: history.sequence,
      statements: [...this.#statements.values()].filter(({ sequence }) => sequence <= history.sequence),
      accepted: [...this.#accepted.values()],
      prepared: [...this.#prepared.values()],
      own: this.#own,
    }
  }
}

function isNeeded(message: Message, low: number, view: number): boolean {
  if (message.type === 'view-change' || message.type === 'new-view') return message.view >= view
  if (message.type === 'checkpoint') return message.statement.sequence >= low
  if (message.type === 'pre-prepare') return message.proposal.sequence >= low
  return message.type !== 'status' && message.sequence >= low
}
