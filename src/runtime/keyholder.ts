import type { Logger } from '../lib/logger.ts'
import { joinSizes, type Sizes } from '../lib/sizes.ts'
import { steadily } from '../lib/steady-time.ts'
import type { ThresholdParameters } from '../membership/genesis.ts'
import type { KeyState } from '../membership/key-state.ts'
import type { ReplicaId } from '../pbft/types.ts'
import type { CeremonyPart } from './ceremony-part.ts'
import type { CeremonySignatures } from './ceremony-signatures.ts'
import type { Custody } from './custody.ts'
import { type Duty, dueAdvance, dueAsking, dueErasures, dueStart } from './key-duties.ts'
import type { PartialGuard } from './partial-guard.ts'
import type { Clock } from './ports.ts'
import type { SystemTransactions } from './system-transactions.ts'

/**
 * A member's part in how the network's keys come to be and end: it looks at what the log says after each sequence and from time to
 * time, keeps what it must keep, erases what it must erase, and orders what it has to say. It decides nothing: what counts is what the
 * log says.
 */
export interface KeyholderOptions {
  readonly self: ReplicaId
  readonly times: ThresholdParameters
}

export interface KeyholderComponents {
  readonly clock: Clock
  readonly logger: Logger
  readonly state: { readonly keys: KeyState; readonly sequence: number; readonly logTimeMs: number }
  readonly custody: Custody
  readonly guard: PartialGuard
  readonly part: CeremonyPart
  readonly signatures: CeremonySignatures
  readonly transactions: SystemTransactions
  /** It knows where the log is, and may vote in it. */
  mayAct(): boolean
  /** Enough others to deal a key again are there. */
  areDealersThere(): boolean
}

const LOOK_EVERY_MS = 250
/** After a change of the state: others may come in at once. */
const LOOK_SOON_MS = 10
/** How long the next member waits before it says what one of them is enough for. */
const TURN_MS = 300
const TURNS_MAX = 16

export class Keyholder {
  readonly #options: KeyholderOptions
  readonly #components: KeyholderComponents
  readonly #clock: Clock
  /** Since when it is known here that something is to be done by anybody. */
  #knownSinceMs = new Map<string, number>()
  #keys: KeyState | null = null
  #served = ''
  #activeEpoch: number | null = null
  /** Sharings, one after the other, that left us without a share; 0: we have one, or there is no key. */
  #withoutShare = 0
  #isStarted = false
  #cancelLook: (() => void) | null = null
  #cancelSoon: (() => void) | null = null
  #stopped = false

  constructor(options: KeyholderOptions, components: KeyholderComponents) {
    this.#options = options
    this.#components = components
    this.#clock = steadily(components.clock)
  }

  /** A sequence of our own history is executed once more, before the start: what was sent to us then may not be kept yet. */
  followAgain(): void {
    this.#components.part.follow(this.#components.state.keys)
  }

  start(): void {
    this.#isStarted = true
    this.follow()
    this.#lookLater()
  }

  stop(): void {
    this.#stopped = true
    this.#cancelLook?.()
    this.#cancelSoon?.()
  }

  sizes(): Sizes {
    const { custody, guard, part, signatures, transactions } = this.#components
    return joinSizes({
      custody: custody.sizes(),
      guard: guard.sizes(),
      own: {
        duties: this.#knownSinceMs.size,
        keeping: part.size,
        signatures: signatures.size,
        transactions: transactions.size,
      },
    })
  }

  /** The state has changed. */
  follow(): void {
    const { state, custody, guard, part, signatures } = this.#components
    const { keys } = state
    if (keys === this.#keys || this.#stopped) return
    this.#keys = keys
    const served = servedIn(keys)
    if (served !== this.#served) {
      this.#served = served
      custody.tidy(keys, state.sequence)
      if (keys.ceremony === null) guard.forgetCeremony()
      this.#followShare(keys)
    }
    part.follow(keys)
    signatures.follow(keys)
    this.lookSoon()
  }

  /** Something that was awaited is there. */
  lookSoon(): void {
    if (this.#stopped || !this.#isStarted) return
    this.#cancelSoon ??= this.#clock.after(LOOK_SOON_MS, () => {
      this.#cancelSoon = null
      this.#look()
    })
  }

  #lookLater(): void {
    this.#cancelLook = this.#clock.after(LOOK_EVERY_MS, () => {
      this.#look()
      this.#lookLater()
    })
  }

  #look(): void {
    const { state, part, signatures, transactions, mayAct } = this.#components
    if (this.#stopped || !mayAct()) return
    const nowMs = this.#clock.nowMs()
    const { keys } = state
    const names = new Set<string>()
    const own = part.next(keys)
    if (own !== null) {
      names.add(own.name)
      transactions.ensure(own.name, own.operation, nowMs)
    }
    const { ceremony } = keys
    if (ceremony?.isReady === true && part.maySign(ceremony)) signatures.say(nowMs)
    for (const duty of this.#due(keys)) {
      names.add(duty.name)
      if (this.#isOurTurn(duty, nowMs)) transactions.ensure(duty.name, () => duty.operation, nowMs)
    }
    this.#knownSinceMs = new Map([...this.#knownSinceMs].filter(([name]) => names.has(name)))
    transactions.keepOnly(names)
  }

  #due(keys: KeyState): readonly Duty[] {
    const { clock, state, custody, signatures, areDealersThere } = this.#components
    const { self, times } = this.#options
    const nowMs = clock.nowMs()
    const duties = [dueStart(times, keys, nowMs), dueAdvance(times, keys, state, nowMs)]
    if (this.#withoutShare > 0 && areDealersThere())
      duties.push(dueAsking(times, keys, this.#withoutShare - 1, nowMs))
    const { ceremony } = keys
    const operation = ceremony?.isReady === true ? signatures.ending(ceremony) : null
    if (ceremony !== null && operation !== null)
      duties.push({ name: `${operation.type}/${ceremony.startSequence}/${ceremony.phaseSinceMs}`, operation })
    return [
      ...duties.filter(duty => duty !== null),
      ...dueErasures(keys, self, epoch => custody.holdsShare(epoch)),
    ]
  }

  /** What we say of ourselves nobody else says. */
  #isOurTurn({ name, operation, afterMs = 0 }: Duty, nowMs: number): boolean {
    const sinceMs = this.#knownSinceMs.get(name) ?? nowMs
    this.#knownSinceMs.set(name, sinceMs)
    if (operation.type === 'erased') return true
    return nowMs >= sinceMs + afterMs + TURN_MS * Math.min(this.#options.self, TURNS_MAX)
  }

  /** Said once for each epoch: whoever reads it may have thought that this member signs. */
  #followShare({ active }: KeyState): void {
    const { custody, logger } = this.#components
    const epoch = active?.epoch ?? null
    if (epoch === this.#activeEpoch) return
    this.#activeEpoch = epoch
    const share = active === null ? null : custody.share(active.epoch, active.sharing)
    share?.fill(0)
    this.#withoutShare = active === null || share !== null ? 0 : this.#withoutShare + 1
    if (this.#withoutShare > 0)
      logger.warn(
        { epoch },
        'no share of the network’s key here: others sign, until the shares are dealt again',
      )
  }
}

/** Which ceremony runs, and which epochs are served. */
function servedIn({ ceremony, active, retiring }: KeyState): string {
  const epochs = [active, ...retiring].map(key => key?.epoch ?? 0)
  return `${ceremony?.startSequence ?? ''} ${epochs.join(' ')}`
}
