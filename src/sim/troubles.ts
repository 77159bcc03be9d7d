import { createPrng, type Prng } from '../lib/prng.ts'
import { type CutShape, cutLinks } from './cuts.ts'
import type { Member } from './member.ts'
import type { SimNetwork } from './network.ts'
import type { SimulationOptions } from './options.ts'
import type { Scheduler } from './scheduler.ts'
import { type MachineSentence, textOf } from './sentences.ts'
import { drawSpread } from './spread.ts'
import type { Witness } from './witness.ts'

/**
 * What goes wrong in the first phase besides what `Faults` does: processes that stand still, disks that break, slow down or crash their
 * machine in the middle of a write, clocks that jump, links that fail in odd ways, and machines of which a sentence speaks. All of it is
 * over with the phase; but those who leave for good do so then.
 */
export interface TroubleComponents {
  readonly scheduler: Scheduler
  readonly network: SimNetwork
  readonly members: readonly Member[]
  readonly witness?: Witness | undefined
  /** Of the highest view in which a correct member is. */
  primary(): number
  /** Starts a member that is down, now, unless it stays down. */
  start(member: Member): void
  /** Takes a member down and its disk away; a mere crash where more than f would be faulty then. */
  wipe(member: Member): void
}

/** How often each trouble came, by name. */
export type TroubleCounts = Readonly<Record<string, number>>

/** Draws of its own, so that a world without troubles stays what it is. */
const SALT = 0x7c * 2 ** 32
const LOOK_EVERY_MS = 50
const PAUSE_MIN_MS = 50
/** To ten seconds. */
const PAUSE_DOUBLINGS_MAX = 7.6
const SLOW_DISK_FACTOR = 50

export class Troubles {
  readonly #options: SimulationOptions
  readonly #components: TroubleComponents
  readonly #prng: Prng
  readonly #counts = new Map<string, number>()
  #isOver = false

  constructor(options: SimulationOptions, components: TroubleComponents) {
    this.#options = options
    this.#components = components
    this.#prng = createPrng(options.seed + SALT)
  }

  get counts(): TroubleCounts {
    return Object.fromEntries(this.#counts)
  }

  begin(): void {
    const { scheduler, network, witness } = this.#components
    const { holdingBack = 0, corruption = 0, cuts = [], sentences = [] } = this.#options
    network.holdingBack = holdingBack
    network.corruption = corruption
    if (cuts.length > 0) this.#cutLater(cuts)
    for (const sentence of sentences) {
      witness?.onEvent?.(null, textOf(sentence))
      if ('machine' in sentence) scheduler.after(sentence.atMs, () => this.#befall(sentence))
    }
    this.#look()
  }

  /** Everything is well again, except for those who leave. Links are whole already. */
  end(): void {
    const { network, members } = this.#components
    this.#isOver = true
    network.holdingBack = 0
    network.corruption = 0
    for (const member of members) {
      member.resume()
      member.slowDisk(1)
      member.setClock(0)
      if (member.hasBrokenDisk) this.#crash(member)
    }
    const everybody = members.map(({ id }) => id)
    for (const { member, how } of this.#options.left ?? []) {
      if (how === 'down') members[member]?.crash()
      if (how === 'paused') members[member]?.pause()
      if (how === 'alone' || how === 'deaf') network.cut(everybody, [member])
      if (how === 'alone' || how === 'mute') network.cut([member], everybody)
    }
  }

  /** It is down, and stays so. */
  isDownForGood({ id }: Member): boolean {
    const left = this.#options.left ?? []
    return this.#isOver && left.some(({ member, how }) => member === id && how === 'down')
  }

  /** A member stopped itself because its disk broke: it gets another one. */
  onBrokenDisk(member: Member): void {
    this.#count('members that stopped themselves for their disk')
    this.#crash(member)
  }

  /** @param answerMs when the write is done */
  onSyncedWrite(member: Member, answerMs: number): void {
    const { writeCrashes = 0 } = this.#options
    if (this.#isOver || writeCrashes === 0 || !this.#prng.chance(writeCrashes)) return
    // A little beyond the answer: what it lets out is on its way when the machine falls.
    const crashMs = answerMs * this.#prng.next() * 1.2
    this.#components.scheduler.after(crashMs, () => {
      if (this.#isOver || !member.isUp) return
      this.#count('crashes at a write')
      this.#crash(member)
    })
  }

  #look(): void {
    if (this.#isOver) return
    const { scheduler, members } = this.#components
    const { pausesPerSecond, brokenDisksPerSecond, slowDisksPerSecond, clockJumpsPerSecond } = this.#options
    if (!(pausesPerSecond || brokenDisksPerSecond || slowDisksPerSecond || clockJumpsPerSecond)) return
    scheduler.after(LOOK_EVERY_MS, () => this.#look())
    if (this.#isDue(pausesPerSecond)) this.#pause(this.#prng.pick(members), this.#drawPauseMs())
    if (this.#isDue(brokenDisksPerSecond)) this.#breakDisk(this.#prng.pick(members))
    if (this.#isDue(slowDisksPerSecond)) this.#slowDisk(this.#prng.pick(members))
    if (this.#isDue(clockJumpsPerSecond)) this.#jumpClock(this.#prng.pick(members))
  }

  #isDue(perSecond = 0): boolean {
    return perSecond > 0 && this.#prng.chance((perSecond * LOOK_EVERY_MS) / 1_000)
  }

  #drawPauseMs(): number {
    return drawSpread(this.#prng, PAUSE_MIN_MS, PAUSE_DOUBLINGS_MAX)
  }

  #pause(member: Member, forMs: number): void {
    if (!member.isUp || member.isPaused) return
    this.#count('pauses')
    member.pause()
    this.#components.scheduler.after(forMs, () => {
      if (!this.#isOver) member.resume()
    })
  }

  #breakDisk(member: Member): void {
    if (!member.isUp) return
    this.#count('broken disks')
    member.breakDisk()
  }

  #slowDisk(member: Member): void {
    this.#count('slow disks')
    member.slowDisk(SLOW_DISK_FACTOR)
    this.#components.scheduler.after(this.#prng.between(500, 5_000), () => member.slowDisk(1))
  }

  #jumpClock(member: Member): void {
    const { clockJumpMaxMs = 0 } = this.#options
    this.#count('clock jumps')
    const isBack = this.#prng.chance(0.3)
    const offsetMs = Math.floor((this.#prng.next() * 2 - 1) * clockJumpMaxMs)
    member.setClock(isBack ? 0 : offsetMs)
  }

  #crash(member: Member): void {
    member.crash()
    this.#startLater(member, this.#prng.next() * this.#prng.pick([50, 500, 2_000]))
  }

  #startLater(member: Member, afterMs: number): void {
    const { scheduler, start } = this.#components
    scheduler.after(afterMs, () => {
      if (!member.isUp) start(member)
    })
  }

  #cutLater(shapes: readonly CutShape[]): void {
    const { scheduler, network, primary } = this.#components
    const prng = this.#prng
    const soonMs = Math.max(200, Math.min(2_500, Math.floor(this.#options.faultsMs / 2)))
    scheduler.after(prng.between(200, soonMs), () => {
      if (this.#isOver) return
      const shape = prng.pick(shapes)
      this.#count(`cuts: ${shape}`)
      const isOver = (): boolean => this.#isOver
      cutLinks(shape, this.#options.n, prng.between(100, 4_000), {
        scheduler,
        prng,
        network,
        primary,
        isOver,
      })
      this.#cutLater(shapes)
    })
  }

  #befall({ machine, does, forMs }: MachineSentence): void {
    const { scheduler, network, members } = this.#components
    const member = members[machine]
    if (this.#isOver || member === undefined) return
    this.#count(`sentences: ${does}`)
    if (does === 'pause') this.#pause(member, forMs)
    if ((does === 'crash' || does === 'wipe') && member.isUp) {
      if (does === 'wipe') this.#components.wipe(member)
      else member.crash()
      this.#startLater(member, forMs)
    }
    if (does === 'isolate') {
      const others = members.map(({ id }) => id)
      for (const heal of [network.cut([machine], others), network.cut(others, [machine])])
        scheduler.after(forMs, heal)
    }
  }

  #count(trouble: string): void {
    this.#counts.set(trouble, (this.#counts.get(trouble) ?? 0) + 1)
  }
}
