import { noteAhead } from './catch-up.ts'
import { quorumOf } from './config.ts'
import { assertCertifiable, sameStatement } from './conflict.ts'
import { countOnce } from './equivocation.ts'
import { propose, replayFuture } from './normal-case.ts'
import { watchProgress } from './progress.ts'
import { highWatermark, lowWatermark, mayVote, type State } from './state.ts'
import type { Certificate, Checkpoint, Sequence, Statement, Verified } from './types.ts'

/** Checkpoints, stable checkpoints and the log window. OSDI'99 §4.3 */

/** The runtime executed a checkpoint sequence: tell the others what came out. */
export function onStatement(state: State, statement: Statement): void {
  if (statement.sequence <= lowWatermark(state)) return
  keepStatement(state, statement)
  if (mayVote(state)) state.effects.push({ type: 'send', draft: { type: 'checkpoint', statement } })
  stabilise(state, statement.sequence)
}

/**
 * Whoever catches up executes far above its stable checkpoint, also before a crash, and needs no more than the youngest to compare with a
 * certificate: of three windows.
 */
export function keepStatement({ statements, config }: State, statement: Statement): void {
  statements.set(statement.sequence, statement)
  if (statements.size <= 3 * config.logWindow) return
  for (const oldest of statements.keys()) {
    statements.delete(oldest)
    return
  }
}

export function onCheckpoint(state: State, message: Verified<Checkpoint>): void {
  const { sequence } = message.message.statement
  const latest = state.latestCheckpoints.get(message.sender)
  if (latest === undefined || latest.message.statement.sequence < sequence) {
    state.latestCheckpoints.set(message.sender, message)
    noteAhead(state)
  }
  if (sequence <= lowWatermark(state) || sequence > highWatermark(state)) return certifyLatest(state, message)
  const votes = state.checkpoints.get(sequence) ?? new Map()
  state.checkpoints.set(sequence, votes)
  if (countOnce(state, votes, message, (a, b) => sameStatement(a.statement, b.statement)))
    stabilise(state, sequence)
}

/** Far above our window only the latest of each member is kept; when those of a quorum agree they prove it all the same. */
function certifyLatest(state: State, { message }: Verified<Checkpoint>): void {
  if (message.statement.sequence <= lowWatermark(state)) return
  const certificate = certificateOf(state, [...state.latestCheckpoints.values()], message.statement)
  if (certificate !== null) makeStable(state, certificate)
}

function stabilise(state: State, sequence: Sequence): void {
  const votes = [...(state.checkpoints.get(sequence)?.values() ?? [])]
  for (const { message } of votes) {
    const certificate = certificateOf(state, votes, message.statement)
    if (certificate !== null) return makeStable(state, certificate)
  }
}

/** q matching CHECKPOINTs, the proof of a stable checkpoint; null while there are fewer. */
function certificateOf(
  state: State,
  votes: readonly Verified<Checkpoint>[],
  statement: Statement,
): Certificate | null {
  const matching = votes.filter(vote => sameStatement(vote.message.statement, statement))
  const needed = quorumOf(state.config)
  if (matching.length < needed) return null
  matching.sort((a, b) => a.sender - b.sender)
  const signatures = matching
    .slice(0, needed)
    .map(vote => ({ replica: vote.sender, signature: vote.message.signature }))
  return { statement, signatures }
}

/**
 * Moves the window to a certified checkpoint. What was not executed here yet stays in the log until it is, or until state
 * transfer replaces it: the window and the execution cursor are different things.
 */
export function makeStable(state: State, certificate: Certificate): void {
  const { statement } = certificate
  assertCertifiable(state, certificate)
  if (statement.sequence <= lowWatermark(state)) return
  state.stable = certificate
  state.effects.push({ type: 'truncate-log', certificate })
  dropBelow(state, statement.sequence)
  noteAhead(state)
  if (state.nextSequence <= statement.sequence) state.nextSequence = (statement.sequence + 1) as Sequence
  replayFuture(state)
  propose(state)
  watchProgress(state)
}

/**
 * Drops what the stable checkpoint replaces; slots that still wait for execution stay, one window of them: a member that falls behind
 * farther fetches the rest, and must not keep what it cannot use yet.
 */
export function dropBelow(state: State, stable: Sequence): void {
  const waitingMax = state.executing + state.config.logWindow
  for (const n of state.slots.keys())
    if (n <= stable && (n <= state.executing || n > waitingMax)) state.slots.delete(n)
  for (const n of state.checkpoints.keys()) if (n <= stable) state.checkpoints.delete(n)
  for (const n of state.statements.keys()) if (n < stable) state.statements.delete(n)
}
