import './polyfill.ts'
import { scrypt } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import {
  checkTicketClaim,
  decodeTicket,
  encodeTicket,
  findGateNonce,
  increment,
  meetsEffort,
  NONCE_BYTES,
  type PowTicket,
  SCRYPT_PARAMETERS,
  type TicketClaim,
  ticketChallenge,
  ticketSigningBytes,
  workInput,
} from '../crypto/pow-ticket.ts'
import type { Logger } from '../lib/logger.ts'

/**
 * The costly side of tickets: scrypt runs in the thread pool of Node, so the main thread only searches for nonces that pass
 * the gate, a few milliseconds at a time. A solved ticket is kept on disk, so that the next start is instant.
 */

const GATE_TRIES_PER_TURN = 512
/** Threads that search; the pool of Node has four, and files and name look-ups need some. */
const SOLVERS = 2
const PROGRESS_INTERVAL_MS = 2_000
const TICKET_FILE = 'ticket.bin'

export interface SolverComponents {
  readonly logger: Logger
  readonly randomBytes: (length: number) => Uint8Array
  readonly nowMs: () => number
  readonly signal?: AbortSignal | undefined
}

/** One evaluation: 16 MiB and about 50 ms of a core. @returns 32 bytes */
export function evaluateWork(challenge: Uint8Array, nonce: Uint8Array): Promise<Uint8Array> {
  const { password, salt } = workInput(challenge, nonce)
  const { N, r, p, keyBytes } = SCRYPT_PARAMETERS
  return new Promise((resolve, reject) => {
    scrypt(password, salt, keyBytes, { N, r, p, maxmem: 64 * 1024 * 1024 }, (error, digest) => {
      if (error === null) resolve(Uint8Array.from(digest))
      else reject(error)
    })
  })
}

export async function verifyTicketSignature(ticket: PowTicket): Promise<boolean> {
  return publicKeyFromRaw(ticket.peerKey).verify(ticketSigningBytes(ticket), ticket.signature)
}

/**
 * Searches until the work meets the effort: `claim.effort` evaluations on average, with no upper bound.
 * @throws the reason of the signal
 */
export async function solveTicket(
  claim: TicketClaim,
  key: Ed25519PrivateKey,
  components: SolverComponents,
): Promise<PowTicket> {
  const progress = { evaluations: 0, startedMs: components.nowMs(), loggedMs: components.nowMs() }
  const search = { solved: false }
  const found = await Promise.race(
    Array.from({ length: SOLVERS }, () => searchNonce(claim, search, progress, components)),
  )
  search.solved = true
  const unsigned = { ...claim, ...found }
  const signature = Uint8Array.from(await key.sign(ticketSigningBytes(unsigned)))
  const elapsedMs = components.nowMs() - progress.startedMs
  components.logger.info(
    { effort: claim.effort, evaluations: progress.evaluations, elapsedMs },
    'admission ticket solved',
  )
  return { ...unsigned, signature }
}

async function searchNonce(
  claim: TicketClaim,
  search: { readonly solved: boolean },
  progress: { evaluations: number; readonly startedMs: number; loggedMs: number },
  components: SolverComponents,
): Promise<Pick<PowTicket, 'nonce' | 'digest'>> {
  const challenge = ticketChallenge(claim)
  let start = components.randomBytes(NONCE_BYTES)
  for (;;) {
    components.signal?.throwIfAborted()
    const nonce = findGateNonce(challenge, start, GATE_TRIES_PER_TURN)
    if (nonce === null) {
      for (let i = 0; i < GATE_TRIES_PER_TURN; i++) increment(start)
      await new Promise<void>(resolve => setImmediate(resolve))
      continue
    }
    const digest = await evaluateWork(challenge, nonce)
    if (meetsEffort(digest, claim.effort)) return { nonce, digest }
    // The other searcher won the race; its result is already on its way.
    if (search.solved) return new Promise(() => {})
    progress.evaluations += 1
    logProgress(claim.effort, progress, components)
    start = Uint8Array.from(nonce)
    increment(start)
  }
}

function logProgress(
  effort: number,
  progress: { readonly evaluations: number; readonly startedMs: number; loggedMs: number },
  components: SolverComponents,
): void {
  const nowMs = components.nowMs()
  if (nowMs - progress.loggedMs < PROGRESS_INTERVAL_MS) return
  progress.loggedMs = nowMs
  const { evaluations, startedMs } = progress
  components.logger.info(
    { effort, evaluations, elapsedMs: nowMs - startedMs },
    'solving the admission ticket',
  )
}

/** The ticket of an earlier start if it still serves, or a new one. @param directory null: not kept */
export async function loadOrSolveTicket(
  claim: TicketClaim,
  key: Ed25519PrivateKey,
  directory: string | null,
  components: SolverComponents,
): Promise<PowTicket> {
  const kept = directory === null ? null : await loadTicket(claim, directory)
  if (kept !== null) return kept
  const ticket = await solveTicket(claim, key, components)
  if (directory !== null) await saveTicket(ticket, directory)
  return ticket
}

async function loadTicket(claim: TicketClaim, directory: string): Promise<PowTicket | null> {
  const bytes = await readFile(join(directory, TICKET_FILE)).catch(() => null)
  const ticket = bytes === null ? null : decodeTicket(Uint8Array.from(bytes))
  if (ticket === null || ticket.role !== claim.role) return null
  if (checkTicketClaim(ticket, { ...claim, effortMin: claim.effort }) !== null) return null
  return (await verifyTicketSignature(ticket)) ? ticket : null
}

/** Losing the file costs a new search and nothing else, so it is renamed into place but not synced. */
async function saveTicket(ticket: PowTicket, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  const temporary = join(directory, `${TICKET_FILE}.new`)
  await writeFile(temporary, encodeTicket(ticket))
  await rename(temporary, join(directory, TICKET_FILE))
}
