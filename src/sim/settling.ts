import { servedKeys } from '../membership/key-state.ts'
import { quorum } from '../pbft/quorum.ts'
import type { ReplicaRuntime } from '../runtime/replica-runtime.ts'
import type { Clients } from './clients.ts'
import type { Member } from './member.ts'
import { owesShares, type SimulationOptions } from './options.ts'

/** What is owed when faults are over: everything that clients handed in is executed by all who are correct, and certified. */
export interface SettlingContext {
  readonly options: SimulationOptions
  readonly clients: Pick<Clients, 'accepted' | 'transaction'>
  /** Those to whom it is owed: correct members that did not leave. */
  readonly correct: readonly Member[]
  /** Executed by a correct member. */
  readonly executed: ReadonlySet<string>
}

/** @returns a sentence for each thing that is not in order yet */
export function missingFrom(context: SettlingContext): readonly string[] {
  const { clients, correct, executed } = context
  const latest = Math.max(...correct.map(({ runtime }) => runtime?.state.sequence ?? 0))
  const entered = Math.max(...correct.map(viewEntered))
  const missing = correct.flatMap(member => [
    ...missingAt(member, latest, context),
    ...missingView(member, entered),
  ])
  for (const [id, holders] of clients.accepted)
    if (!executed.has(id) && isOwed(holders, context) && !isExpired(id, context))
      missing.push(`transaction ${id.slice(0, 8)} was accepted and not executed`)
  return missing
}

function missingAt(
  { id, runtime, secrets }: Member,
  latest: number,
  context: SettlingContext,
): readonly string[] {
  const { options, correct } = context
  if (runtime === null) return [`member ${id} is down`]
  const missing: string[] = []
  const replica = runtime.replica()
  const where = `member ${id} in view ${replica.view}${replica.viewActive ? '' : ' (wanted)'}`
  if (runtime.state.sequence < latest) missing.push(`${where} ends at ${runtime.state.sequence} of ${latest}`)
  else if (replica.lowWatermark < latest)
    missing.push(`${where} is certified to ${replica.lowWatermark} of ${latest}`)
  const { notOwed } = runtime
  const transactions = runtime.pendingTransactions - notOwed.transactions
  const batches = runtime.pendingBatches - notOwed.batches
  if (transactions > 0) missing.push(`${where}: ${transactions} transactions wait`)
  if (batches > 0) missing.push(`${where}: ${batches} batches wait`)
  if (options.threshold !== undefined) {
    missing.push(...missingCertificate(runtime, where, options, correct))
    missing.push(
      ...strayingSecrets(runtime, where, secrets),
      ...missingShare(runtime, where, secrets, context),
    )
  }
  const isAlone = options.byzantine.length > 0 || (options.left ?? []).length > 0
  if (replica.recovering && !isAlone) missing.push(`${where} has no memory`)
  return missing
}

/** A key, and a certificate of the stable checkpoint while enough of those who are correct can sign. */
function missingCertificate(
  { keys, certificates, state }: ReplicaRuntime,
  where: string,
  { n }: SimulationOptions,
  correct: readonly Member[],
): readonly string[] {
  if (keys.active === null) return [`${where} has no key`]
  const { epoch } = keys.active
  const covered = certificates.latest?.statement.sequence ?? 0
  const isOwed = areEnough(epoch, n, correct) && state.keyAt(state.sequence)?.epoch === epoch
  if (!isOwed || covered >= state.sequence) return []
  return [`${where} has a certificate of ${covered} at ${state.sequence}`]
}

/** What is over is erased: shares of keys that are served no more, and what was of use in a ceremony alone. */
function strayingSecrets(
  { keys }: ReplicaRuntime,
  where: string,
  secrets: readonly string[],
): readonly string[] {
  const served = new Set(servedKeys(keys).map(({ epoch }) => `share/${epoch}`))
  const stray = secrets.filter(name =>
    name.startsWith('share/')
      ? !served.has(name) && Number(name.slice('share/'.length)) < keys.nextEpoch
      : keys.ceremony === null,
  )
  return stray.length === 0 ? [] : [`${where} keeps ${stray.join(', ')}`]
}

/** Do so many hold shares that these can sign, and be dealt again? */
function areEnough(epoch: number, n: number, correct: readonly Member[]): boolean {
  return correct.filter(({ secrets }) => secrets.includes(`share/${epoch}`)).length >= quorum(n)
}

function missingShare(
  { keys: { active } }: ReplicaRuntime,
  where: string,
  secrets: readonly string[],
  { options, correct }: SettlingContext,
): readonly string[] {
  if (active === null || !owesShares(options) || !areEnough(active.epoch, options.n, correct)) return []
  if (secrets.includes(`share/${active.epoch}`)) return []
  return [`${where} has no share of epoch ${active.epoch}`]
}

/** The view in which it takes part; 0: in none. */
function viewEntered({ runtime }: Member): number {
  const replica = runtime?.replica()
  return replica?.viewActive ? replica.view : 0
}

/**
 * A NEW-VIEW convinces whoever is shown it, so all take part in the highest view in which anybody does. Whoever wants a still higher one
 * may stay out: it may not go back, and cannot move the others alone.
 */
function missingView({ id, runtime }: Member, entered: number): readonly string[] {
  const replica = runtime?.replica()
  if (replica === undefined || replica.view > entered) return []
  if (replica.view === entered && replica.viewActive) return []
  const where = replica.viewActive ? `stays in view ${replica.view}` : `waits for view ${replica.view}`
  return [`member ${id} ${where} while others are in view ${entered}`]
}

/** Somebody has it who did not leave with it. */
function isOwed(holders: ReadonlySet<number>, { options }: SettlingContext): boolean {
  const left = options.left ?? []
  return [...holders].some(holder => left.every(({ member }) => member !== holder))
}

function isExpired(id: string, { clients, correct }: SettlingContext): boolean {
  const transaction = clients.transaction(id)
  if (transaction === undefined) return false
  return correct.every(
    ({ runtime }) => runtime?.state.window.admission(transaction, runtime.state.logTimeMs) === 'expired',
  )
}
