import { createPrng, type Prng } from '../lib/prng.ts'
import { faultyMax } from '../pbft/quorum.ts'
import type { Member } from './member.ts'
import type { SimNetwork } from './network.ts'
import type { SimulationOptions } from './options.ts'
import type { Scheduler } from './scheduler.ts'

/** What goes wrong in the first phase: crashes, lost disks, cut links, lost messages. In the second everything of it is over. */
export interface FaultComponents {
  readonly scheduler: Scheduler
  readonly prng: Prng
  readonly network: SimNetwork
  readonly members: readonly Member[]
  /** Starts a member that is down, now, unless it stays down. */
  start(member: Member): void
  onWiped(member: Member): void
  onSecretsLost(member: Member): void
}

const LOOK_EVERY_MS = 50
/** Draws of its own about secrets, so that a world that loses none stays what it is. */
const SECRET_SALT = 0x5ec * 2 ** 32
/** In a world that has no more time than this, links are cut soon. */
const SHORT_MS = 2_500

export class Faults {
  readonly #options: SimulationOptions
  readonly #components: FaultComponents
  readonly #secretPrng: Prng
  readonly #cuts: (() => void)[] = []
  #isOver = false
  #wiped = 0

  constructor(options: SimulationOptions, components: FaultComponents) {
    this.#options = options
    this.#components = components
    this.#secretPrng = createPrng(options.seed + SECRET_SALT)
  }

  /** Members that lost their disk so far. */
  get wiped(): number {
    return this.#wiped
  }

  begin(): void {
    const { network, scheduler } = this.#components
    network.loss = this.#options.loss
    network.duplication = this.#options.duplication
    scheduler.after(LOOK_EVERY_MS, () => this.#look())
    if (this.#options.partitions) this.#partitionLater()
  }

  /** Messages arrive, links are whole, and whoever is down comes back within a second. */
  end(): void {
    const { network, scheduler, prng, members, start } = this.#components
    this.#isOver = true
    network.loss = 0
    network.heal()
    for (const member of members)
      scheduler.after(prng.next() * 1_000, () => {
        if (!member.isUp) start(member)
      })
  }

  #look(): void {
    if (this.#isOver) return
    const { scheduler, prng, members } = this.#components
    scheduler.after(LOOK_EVERY_MS, () => this.#look())
    if (prng.chance((this.#options.crashesPerSecond * LOOK_EVERY_MS) / 1_000)) this.#crash(prng.pick(members))
    // Now and then the power fails for all at once.
    if (prng.chance((this.#options.crashesPerSecond * LOOK_EVERY_MS) / 20_000))
      for (const member of members) this.#crash(member)
  }

  #crash(member: Member): void {
    const { scheduler, prng, start } = this.#components
    if (!member.isUp) return
    if (prng.chance(this.#options.wipes)) this.wipe(member)
    else if (this.#losesVault(member)) this.#loseVault(member)
    else member.crash()
    scheduler.after(prng.next() * prng.pick([50, 500, 4_000]), () => {
      if (!member.isUp) start(member)
    })
  }

  /** The member crashes, with its disk if at most f are faulty then. */
  wipe(member: Member): void {
    if (!this.#mayWipe(member)) return member.crash()
    const { vaultsKept = 0 } = this.#options
    const isVaultKept = vaultsKept > 0 && this.#secretPrng.chance(vaultsKept)
    if (isVaultKept) member.loseDisk()
    else member.wipe()
    if (!isVaultKept) this.#components.onSecretsLost(member)
    this.#wiped += 1
    this.#components.onWiped(member)
  }

  /** A member without memory is faulty until it has caught up, and at most f are faulty at a time. */
  #mayWipe(candidate: Member): boolean {
    const faulty = this.#components.members.filter(
      member => member.isFaulty || member === candidate || member.isForgetful || this.#leaves(member),
    )
    return faulty.length <= faultyMax(this.#options.n)
  }

  #loseVault(member: Member): void {
    member.loseVault()
    this.#components.onSecretsLost(member)
  }

  /** A member without a share of the key cannot deal it again, and at most f are without. */
  #losesVault(candidate: Member): boolean {
    const { vaultLosses = 0, n } = this.#options
    if (vaultLosses === 0 || !this.#secretPrng.chance(vaultLosses)) return false
    const { members } = this.#components
    const epoch = Math.max(0, ...members.map(({ runtime }) => runtime?.keys.active?.epoch ?? 0))
    const isWithout = ({ secrets }: Member): boolean => epoch > 0 && !secrets.includes(`share/${epoch}`)
    const without = members.filter(
      member => member.isFaulty || member === candidate || isWithout(member) || this.#leaves(member),
    )
    return without.length <= faultyMax(n)
  }

  #leaves({ id }: Member): boolean {
    return (this.#options.left ?? []).some(({ member }) => member === id)
  }

  #partitionLater(): void {
    const { scheduler, prng, network, members } = this.#components
    const laterMs = this.#options.faultsMs < SHORT_MS ? 600 : 3_000
    scheduler.after(prng.between(200, laterMs), () => {
      if (this.#isOver) return
      const ids = prng.shuffle(members.map(({ id }) => id))
      const cut = prng.between(1, Math.max(1, ids.length - 1))
      const [left, right] = [ids.slice(0, cut), ids.slice(cut)]
      this.#cuts.push(network.cut(left, right))
      if (prng.chance(0.7)) this.#cuts.push(network.cut(right, left))
      scheduler.after(prng.between(100, 4_000), () => {
        for (const heal of this.#cuts.splice(0)) heal()
      })
      this.#partitionLater()
    })
  }
}
