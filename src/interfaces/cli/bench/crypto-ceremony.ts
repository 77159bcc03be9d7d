import { performance } from 'node:perf_hooks'
import { setImmediate as breathe } from 'node:timers/promises'
import {
  applyActivation,
  applyConfirmation,
  applyDealing,
  applyRegistration,
  type Ceremony,
  createCeremony,
  type Step,
} from '../../../crypto/threshold/ceremony.ts'
import { activationMessage } from '../../../crypto/threshold/dealings.ts'
import { confirm, deal, register, signActivation } from '../../../crypto/threshold/member.ts'
import { encodeConfirmation, encodeDealing, encodeRegistration } from '../../../crypto/threshold/package.ts'
import type { PublicCurve } from '../../../crypto/threshold/public-curve.ts'
import type { RandomBytes } from '../../../crypto/threshold/scalar.ts'
import { createSession, type Session } from '../../../crypto/threshold/session.ts'
import { assert, present } from '../../../lib/assert.ts'
import { faultyMax, quorum } from '../../../pbft/quorum.ts'
import { cpuMs } from './statistics.ts'

/**
 * What a ceremony for a fresh key costs one member, phase by phase, over a log in this process: what it computes for its own entry,
 * and what everybody computes who executes the entries of all.
 */
export interface CeremonyFigure {
  readonly members: number
  readonly threshold: number
  readonly curve: string
  readonly phases: readonly PhaseFigure[]
  /** All members and one reader of the log, one after another in this process. */
  readonly wallMs: number
  /** Of all entries, without the transactions around them. */
  readonly logBytes: number
}

export interface PhaseFigure {
  readonly phase: 'register' | 'deal' | 'confirm' | 'activate'
  readonly entries: number
  readonly bytes: number
  /** What a member computes to make its own entry, on average: time of the processor. */
  readonly ownMs: number
  /** What every member computes when it executes the phase's entries, one after another. */
  readonly executeMs: number
}

export async function measureCeremony(
  [name, curve]: readonly [name: string, curve: PublicCurve],
  members: number,
  random: RandomBytes,
  signal: AbortSignal,
): Promise<CeremonyFigure> {
  const measured = new MeasuredCeremony(curve, members, random, signal)
  const startMs = performance.now()
  await measured.register()
  await measured.deal()
  await measured.confirm()
  await measured.activate()
  return {
    members,
    threshold: quorum(members),
    curve: name,
    phases: measured.phases,
    wallMs: performance.now() - startMs,
    logBytes: measured.phases.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

/** For a fresh key of a network of its own. */
export function sessionOf(members: number, random: RandomBytes): Session {
  return createSession({
    networkId: random(32),
    epoch: 1,
    attempt: 0,
    startSequence: 0,
    membersHash: random(32),
    members,
    threshold: quorum(members),
    faultyMax: faultyMax(members),
    old: null,
  })
}

/** What a member says, and what everybody makes of it. */
interface Round<Said> {
  readonly phase: PhaseFigure['phase']
  readonly members: readonly number[]
  say(member: number): Said
  encode(said: Said): Uint8Array
  apply(member: number, said: Said): Step
}

class MeasuredCeremony {
  readonly phases: PhaseFigure[] = []
  readonly #curve: PublicCurve
  readonly #random: RandomBytes
  readonly #signal: AbortSignal
  readonly #members: readonly number[]
  readonly #keys = new Map<number, Uint8Array>()
  readonly #shares = new Map<number, Uint8Array>()
  #ceremony: Ceremony

  constructor(curve: PublicCurve, members: number, random: RandomBytes, signal: AbortSignal) {
    this.#curve = curve
    this.#random = random
    this.#signal = signal
    this.#members = Array.from({ length: members }, (_, i) => i + 1)
    this.#ceremony = createCeremony(sessionOf(members, random))
  }

  register(): Promise<void> {
    return this.#run({
      phase: 'register',
      members: this.#members,
      say: member => {
        const { registration, decryptionKey } = register(this.#ceremony.session, member, this.#random)
        this.#keys.set(member, decryptionKey)
        return registration
      },
      encode: encodeRegistration,
      apply: (member, registration) => applyRegistration(this.#ceremony, member, registration),
    })
  }

  /** By as many as count; what the others deal comes too late. */
  deal(): Promise<void> {
    return this.#run({
      phase: 'deal',
      members: this.#members.slice(0, this.#members.length - this.#ceremony.session.faultyMax),
      say: member => deal(this.#curve, this.#ceremony, member, null, this.#random),
      encode: encodeDealing,
      apply: (member, dealing) => applyDealing(this.#curve, this.#ceremony, member, dealing),
    })
  }

  confirm(): Promise<void> {
    return this.#run({
      phase: 'confirm',
      members: this.#members,
      say: member => {
        const key = present(this.#keys.get(member), 'a decryption key')
        const { confirmation, share } = confirm(this.#curve, this.#ceremony, member, key, this.#random)
        this.#shares.set(member, present(share, 'a share'))
        return confirmation
      },
      encode: encodeConfirmation,
      apply: (member, confirmation) => applyConfirmation(this.#curve, this.#ceremony, member, confirmation),
    })
  }

  /** The partials are there: one member combines them. */
  activate(): Promise<void> {
    const { session } = this.#ceremony
    const { combiner, ...qualified } = present(this.#ceremony.qualified, 'dealings that count')
    const message = activationMessage(session, { combiner, ...qualified })
    const partials = [...this.#shares]
      .slice(0, session.threshold)
      .map(([index, share]) => ({ index, signature: signActivation(this.#ceremony, share) }))
    return this.#run({
      phase: 'activate',
      members: [1],
      say: () => present(combiner.combine(message, partials, this.#random).signature, 'a certificate'),
      encode: certificate => certificate,
      apply: (member, certificate) => applyActivation(this.#ceremony, member, certificate),
    })
  }

  async #run<Said>({ phase, members, say, encode, apply }: Round<Said>): Promise<void> {
    const [said, times] = [[] as Said[], { ownMs: 0, executeMs: 0 }]
    for (const member of members)
      await this.#timed(times, 'ownMs', () => {
        said.push(say(member))
      })
    for (const [i, member] of members.entries())
      await this.#timed(times, 'executeMs', () => {
        const { ceremony, faults } = apply(member, present(said[i], 'what a member said'))
        assert(faults.length === 0, `a member of our own is at fault: ${faults[0]?.code}`)
        this.#ceremony = ceremony
      })
    this.phases.push({
      phase,
      entries: members.length,
      bytes: said.reduce((sum, entry) => sum + encode(entry).length, 0),
      ownMs: times.ownMs / members.length,
      executeMs: times.executeMs,
    })
  }

  async #timed<Part extends string>(
    times: Record<Part, number>,
    part: Part,
    work: () => void,
  ): Promise<void> {
    await breathe()
    this.#signal.throwIfAborted()
    const startMs = cpuMs()
    work()
    times[part] += cpuMs() - startMs
  }
}
