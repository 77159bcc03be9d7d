import { quorum } from '../../../pbft/quorum.ts'
import type { Certificate, Digest, ReplicaId } from '../../../pbft/types.ts'
import { describe, SignGuard } from '../../../runtime/sign-guard.ts'
import type { CheckerName } from '../../checkers/checkers.ts'
import type { TwinsScenario } from '../scenario.ts'
import type { History } from './histories.ts'
import type { MachineObserver } from './machine.ts'
import type { Said } from './mint.ts'

/**
 * What must hold whatever the partitions were, under the names of the checkers that ask the same of whole replicas. Twinned members may be
 * accused and may say what they like; their CHECKPOINTs count in certificates, as in the protocol.
 */
export interface JudgesComponents {
  violation(checker: CheckerName, text: string): void
}

export class Judges {
  readonly #scenario: TwinsScenario
  readonly #components: JudgesComponents
  /** What correct members executed, and what is certified. */
  readonly #histories = new Map<number, Digest>()
  readonly #checkpoints = new Map<Digest, Set<ReplicaId>>()
  readonly #certified = new Set<Digest>()
  readonly #accused = new Set<ReplicaId>()

  constructor(scenario: TwinsScenario, components: JudgesComponents) {
    this.#scenario = scenario
    this.#components = components
  }

  get accused(): ReadonlySet<ReplicaId> {
    return this.#accused
  }

  /** For one machine. */
  observe(id: ReplicaId): MachineObserver {
    if (this.#scenario.twinned.includes(id))
      return {
        onSaid: said => this.#noteCheckpoint(said),
        onExecuted() {},
        onStable() {},
        onSuspect() {},
        onFailure() {},
      }
    const guard = new SignGuard()
    return {
      onSaid: said => {
        this.#noteCheckpoint(said)
        this.#askGuard(guard, said)
      },
      onExecuted: history => this.#onHistory(id, history.statement),
      onStable: certificate => {
        guard.prune(certificate.statement.sequence)
        this.#onStable(id, certificate)
      },
      onSuspect: suspected => this.#onSuspect(id, suspected),
      onFailure: error =>
        this.#components.violation('accusations', `member ${id} stopped itself: ${String(error)}`),
    }
  }

  #noteCheckpoint({ message: { message, sender } }: Said): void {
    if (message.type !== 'checkpoint') return
    const { historyDigest } = message.statement
    const signers = this.#checkpoints.get(historyDigest) ?? new Set()
    this.#checkpoints.set(historyDigest, signers.add(sender))
  }

  /** One guard for each member, which no crash makes forget anything. */
  #askGuard(guard: SignGuard, { message }: Said): void {
    const asked = describe(message.message, message.proof.hash)
    if (asked === null || guard.permit(asked.slot, asked.statement) || guard.isObsolete(asked.slot)) return
    this.#components.violation(
      'one-statement',
      `member ${message.sender} says ${asked.slot.name} again, or after it left: ${asked.statement}`,
    )
  }

  #onHistory(id: ReplicaId, { sequence, historyDigest }: History['statement']): void {
    const agreed = this.#histories.get(sequence)
    if (agreed === undefined) this.#histories.set(sequence, historyDigest)
    else if (agreed !== historyDigest)
      this.#components.violation(
        'agreement',
        `member ${id} has another history at ${sequence}: ${historyDigest}, not ${agreed}`,
      )
  }

  #onStable(id: ReplicaId, { statement, signatures }: Certificate): void {
    this.#onHistory(id, statement)
    if (this.#certified.has(statement.historyDigest)) return
    const said = this.#checkpoints.get(statement.historyDigest)
    const signers = new Set(signatures.map(({ replica }) => replica).filter(signer => said?.has(signer)))
    if (signers.size >= quorum(this.#scenario.n)) this.#certified.add(statement.historyDigest)
    else
      this.#components.violation(
        'certificates',
        `sequence ${statement.sequence} is stable at member ${id} with the words of ${signers.size} members`,
      )
  }

  #onSuspect(id: ReplicaId, suspected: ReplicaId): void {
    this.#accused.add(suspected)
    if (!this.#scenario.twinned.includes(suspected))
      this.#components.violation('accusations', `member ${id} accuses member ${suspected}, which is correct`)
  }
}
