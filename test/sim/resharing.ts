import {
  applyActivation,
  applyConfirmation,
  applyDealing,
  applyRegistration,
  type Ceremony,
  closeDealing,
  closeRegistration,
  createCeremony,
  type Fault,
  isMisconduct,
  isReady,
  type Step,
} from '../../src/crypto/threshold/ceremony.ts'
import { activationMessage } from '../../src/crypto/threshold/dealings.ts'
import { confirm, deal, register, signActivation } from '../../src/crypto/threshold/member.ts'
import { nobleCurve } from '../../src/crypto/threshold/noble-curve.ts'
import type { Dealing } from '../../src/crypto/threshold/package.ts'
import type { RandomBytes } from '../../src/crypto/threshold/scalar.ts'
import type { Session } from '../../src/crypto/threshold/session.ts'
import type { PartialSignature } from '../../src/crypto/threshold/signature.ts'
import { present } from '../../src/lib/assert.ts'
import { toHex } from '../../src/lib/bytes.ts'
import type { Prng } from '../../src/lib/prng.ts'
import {
  decodeSystemOperation,
  encodeSystemOperation,
  type SystemOperation,
} from '../../src/membership/system-operation.ts'
import { createRandomBytes } from '../../src/sim/keyring.ts'
import { drawDelayMs } from '../../src/sim/latency.ts'
import type { Scheduler } from '../../src/sim/scheduler.ts'

/**
 * Shares of a key that stays, dealt to another set of members, over simulated links: what is said takes its time to a log, which orders
 * it as it arrives, and each entry takes its time to everybody, who folds entries in the log's order. Members fall down, and make their
 * state from the log again.
 */
export interface Person {
  readonly name: string
  /** Coordinate in the old set, and the share there. */
  readonly dealer: { readonly coordinate: number; readonly share: Uint8Array } | null
  /** Coordinate in the new set. */
  readonly receiver: number | null
  readonly conduct: 'honest' | 'silent' | 'deals garbage'
}

interface Entry {
  readonly number: number
  readonly atMs: number
  /** Place of the person; null: time passes. */
  readonly from: number | null
  readonly bytes: Uint8Array
}

const DEADLINE_MS = 2_000
const GRACE_MS = 1_000
const TICK_MS = 500
const DOWN_MS = 200
const LATENCY = { minMs: 1, maxMs: 60, tail: 0.1 }
const PHASES_OF_RESTARTS = ['registering', 'dealing', 'confirming'] as const

export class Resharing {
  readonly session: Session
  readonly people: readonly Person[]
  readonly followers: readonly Follower[]
  readonly entries: Entry[] = []
  readonly random: RandomBytes
  readonly #scheduler: Scheduler
  readonly #prng: Prng
  readonly #rarePrng: Prng

  constructor(session: Session, people: readonly Person[], scheduler: Scheduler, prng: Prng) {
    this.session = session
    this.people = people
    this.#scheduler = scheduler
    this.#prng = prng
    this.#rarePrng = prng.fork()
    this.random = createRandomBytes(prng.fork())
    const speaking = people.flatMap(({ conduct }, place) => (conduct === 'silent' ? [] : [place]))
    const receiving = speaking.filter(place => people[place]?.receiver !== null)
    const restarting = prng.shuffle(receiving).slice(0, PHASES_OF_RESTARTS.length)
    this.followers = speaking.map(place => {
      const phase = PHASES_OF_RESTARTS[restarting.indexOf(place)]
      const fall = phase === undefined ? null : { phase, entries: prng.between(1, 2) }
      return new Follower(this, place, fall)
    })
  }

  start(): void {
    for (const follower of this.followers) follower.act()
    this.#tick()
  }

  get isOver(): boolean {
    return this.followers.every(({ ceremony }) => ceremony.phase === 'active')
  }

  /** Everybody has read all there is. */
  get isQuiet(): boolean {
    return this.isOver && this.followers.every(({ read }) => read === this.entries.length)
  }

  /** New shares of those who have one, by coordinate. */
  get shares(): ReadonlyMap<number, Uint8Array> {
    const own = this.followers.flatMap(({ person: { receiver }, share }) =>
      receiver === null || share === null ? [] : [[receiver, share] as const],
    )
    return new Map(own)
  }

  travel(from: number, to: number, arrive: () => void): void {
    const delayMs = drawDelayMs(LATENCY, from, to, { prng: this.#prng, rarePrng: this.#rarePrng })
    this.#scheduler.after(delayMs, arrive)
  }

  after(delayMs: number, run: () => void): void {
    this.#scheduler.after(delayMs, run)
  }

  /** To the log, and from there to everybody. */
  submit(from: number, operation: SystemOperation): void {
    const bytes = encodeSystemOperation(operation)
    this.travel(from, from, () => this.#order(from, bytes))
  }

  #order(from: number | null, bytes: Uint8Array): void {
    const entry = { number: this.entries.length, atMs: this.#scheduler.nowMs, from, bytes }
    this.entries.push(entry)
    for (const follower of this.followers)
      this.travel(from ?? 0, follower.place, () => follower.receive(entry))
  }

  #tick(): void {
    this.after(TICK_MS, () => {
      if (this.isOver) return
      this.#order(null, encodeSystemOperation({ type: 'advance' }))
      this.#tick()
    })
  }
}

/** What follows from the log. */
interface View {
  readonly ceremony: Ceremony
  readonly phaseSinceMs: number
  readonly nowMs: number
  readonly misconduct: readonly Fault[]
}

function fold(people: readonly Person[], before: View, { atMs, from, bytes }: Entry): View {
  const closed = close(before, atMs)
  const operation = present(decodeSystemOperation(bytes) ?? undefined, 'an operation')
  const person = from === null ? undefined : people[from]
  const { ceremony, faults } =
    person === undefined ? { ceremony: closed, faults: [] } : apply(closed, person, operation)
  return {
    ceremony,
    phaseSinceMs: ceremony.phase === before.ceremony.phase ? Math.min(before.phaseSinceMs, atMs) : atMs,
    nowMs: atMs,
    misconduct: [...before.misconduct, ...faults.filter(isMisconduct)],
  }
}

function close({ ceremony, phaseSinceMs }: View, nowMs: number): Ceremony {
  if (nowMs - phaseSinceMs < DEADLINE_MS) return ceremony
  return ceremony.phase === 'registering' ? closeRegistration(ceremony) : closeDealing(nobleCurve, ceremony)
}

function apply(ceremony: Ceremony, { dealer, receiver }: Person, operation: SystemOperation): Step {
  switch (operation.type) {
    case 'register':
      return applyRegistration(ceremony, receiver ?? 0, operation.registration)
    case 'deal':
      return applyDealing(nobleCurve, ceremony, dealer?.coordinate ?? 0, operation.dealing)
    case 'confirm':
      return applyConfirmation(nobleCurve, ceremony, receiver ?? 0, operation.confirmation)
    case 'activate':
      return applyActivation(ceremony, receiver ?? 0, operation.certificate)
    default:
      throw new Error(`nobody says ${operation.type} here`)
  }
}

export class Follower {
  readonly place: number
  readonly #world: Resharing
  readonly #fall: { readonly phase: Ceremony['phase']; entries: number } | null
  /** What a restart leaves: what was said, and the secrets behind it. */
  readonly #said = new Set<string>()
  #decryptionKey: Uint8Array | null = null
  /** By the hash of the dealings that they are from. */
  readonly #shares = new Map<string, Uint8Array>()
  #view: View
  #waiting = new Map<number, Entry>()
  #partials = new Map<string, PartialSignature[]>()
  #isUp = true
  read = 0
  restarts = 0

  constructor(world: Resharing, place: number, fall: { phase: Ceremony['phase']; entries: number } | null) {
    this.#world = world
    this.place = place
    this.#fall = fall
    this.#view = firstView(world.session)
  }

  get person(): Person {
    return present(this.#world.people[this.place], 'a person')
  }

  get ceremony(): Ceremony {
    return this.#view.ceremony
  }

  get misconduct(): readonly Fault[] {
    return this.#view.misconduct
  }

  get share(): Uint8Array | null {
    const { qualified } = this.ceremony
    return (qualified && this.#shares.get(toHex(qualified.hash))) ?? null
  }

  receive(entry: Entry): void {
    if (!this.#isUp || entry.number < this.read) return
    this.#waiting.set(entry.number, entry)
    for (let next = this.#waiting.get(this.read); next !== undefined; next = this.#waiting.get(this.read)) {
      this.#waiting.delete(next.number)
      this.#fold(next)
      this.act()
      if (this.#falls()) return
    }
  }

  #fold(entry: Entry): void {
    this.#view = fold(this.#world.people, this.#view, entry)
    this.read = entry.number + 1
  }

  #falls(): boolean {
    if (this.#fall === null || this.restarts > 0 || this.ceremony.phase !== this.#fall.phase) return false
    this.#fall.entries -= 1
    if (this.#fall.entries > 0) return false
    this.#isUp = false
    this.#waiting = new Map()
    this.#partials = new Map()
    this.#world.after(DOWN_MS, () => this.#rise())
    return true
  }

  /** All that is public is made again from the log as it is by now. */
  #rise(): void {
    this.#isUp = true
    this.restarts += 1
    this.#view = firstView(this.#world.session)
    this.read = 0
    for (const entry of this.#world.entries) this.#fold(entry)
    this.act()
  }

  act(): void {
    const { receiver, dealer } = this.person
    const { phase } = this.ceremony
    if (phase === 'registering' && receiver !== null) this.#once('register', () => this.#register(receiver))
    if (phase === 'dealing' && dealer !== null) this.#once('deal', () => this.#deal(dealer))
    if (phase !== 'confirming' || receiver === null) return
    const name = toHex(present(this.ceremony.qualified ?? undefined, 'dealings that count').hash)
    this.#once(`confirm ${name}`, () => this.#confirm(receiver, name))
    const isGraceOver = this.#view.nowMs - this.#view.phaseSinceMs >= GRACE_MS
    if (!isReady(this.ceremony, isGraceOver)) return
    this.#once(`partial ${name}`, () => this.#sign(receiver, name))
    this.#activate(name)
  }

  #once(what: string, run: () => void): void {
    if (this.#said.has(what)) return
    this.#said.add(what)
    run()
  }

  #register(receiver: number): void {
    const { session, random } = this.#world
    const { registration, decryptionKey } = register(session, receiver, random)
    this.#decryptionKey = decryptionKey
    this.#world.submit(this.place, { type: 'register', registration })
  }

  #deal({ coordinate, share }: { readonly coordinate: number; readonly share: Uint8Array }): void {
    const { random } = this.#world
    const honest = deal(nobleCurve, this.ceremony, coordinate, share, random)
    const dealing = this.person.conduct === 'deals garbage' ? spoiled(honest, random) : honest
    this.#world.submit(this.place, { type: 'deal', dealing })
  }

  #confirm(receiver: number, name: string): void {
    const key = present(this.#decryptionKey ?? undefined, 'our own key')
    const { confirmation, share } = confirm(nobleCurve, this.ceremony, receiver, key, this.#world.random)
    if (share !== null) this.#shares.set(name, share)
    this.#world.submit(this.place, { type: 'confirm', confirmation })
  }

  #sign(index: number, name: string): void {
    const share = this.#shares.get(name)
    if (share === undefined) return
    const partial = { index, signature: signActivation(this.ceremony, share) }
    for (const other of this.#world.followers)
      this.#world.travel(this.place, other.place, () => other.hear(name, partial))
  }

  hear(name: string, partial: PartialSignature): void {
    if (!this.#isUp) return
    this.#partials.set(name, [...(this.#partials.get(name) ?? []), partial])
    this.act()
  }

  #activate(name: string): void {
    const { session, random } = this.#world
    const partials = this.#partials.get(name) ?? []
    const { qualified } = this.ceremony
    if (qualified === null || partials.length < session.threshold) return
    this.#once(`activate ${name}`, () => {
      const message = activationMessage(session, qualified)
      const { signature } = qualified.combiner.combine(message, partials, random)
      const certificate = present(signature ?? undefined, 'a certificate')
      this.#world.submit(this.place, {
        type: 'activate',
        sessionId: session.id,
        certificate,
        newSignature: null,
      })
    })
  }
}

const firstView = (session: Session): View => ({
  ceremony: createCeremony(session),
  phaseSinceMs: Number.POSITIVE_INFINITY,
  nowMs: 0,
  misconduct: [],
})

/** Every other receiver is sent what is no share. */
function spoiled(dealing: Dealing, random: RandomBytes): Dealing {
  const ciphertexts = dealing.ciphertexts.map((text, i) => (i % 2 === 0 ? random(text.length) : text))
  return { ...dealing, ciphertexts }
}

/** All of a ceremony that is not named by a hash in it, for comparison. */
export function publicOf({ phase, qualified, dealings, ...ceremony }: Ceremony): object {
  return {
    phase,
    keys: [...ceremony.encryptionKeys].map(([index, key]) => [index, toHex(key.toBytes())]),
    dealings: dealings.map(({ dealer, hash }) => [dealer, toHex(hash)]),
    convicted: [...ceremony.convicted],
    discredited: [...ceremony.discredited],
    confirmed: [...ceremony.confirmed],
    qualified: qualified && { hash: toHex(qualified.hash), sharing: qualified.sharing },
  }
}
