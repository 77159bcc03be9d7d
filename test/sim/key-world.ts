import { encodeSet } from '../../src/application/key-value.ts'
import { nobleCurve } from '../../src/crypto/threshold/noble-curve.ts'
import { createSignatureVerifier } from '../../src/crypto/threshold/signature.ts'
import type { Logger } from '../../src/lib/logger.ts'
import { createPrng, type Prng } from '../../src/lib/prng.ts'
import type { KeyEvent } from '../../src/membership/key-state.ts'
import type { ReplicaId } from '../../src/pbft/types.ts'
import type { ThresholdPorts } from '../../src/runtime/options.ts'
import type { PeerHandlers } from '../../src/runtime/ports.ts'
import type { ReplicaRuntime } from '../../src/runtime/replica-runtime.ts'
import { Auditor } from '../../src/sim/auditor.ts'
import { Clockwork } from '../../src/sim/clockwork.ts'
import { createGround, EPOCH_MS, type Ground } from '../../src/sim/ground.ts'
import type { Member } from '../../src/sim/member.ts'
import { SimNetwork } from '../../src/sim/network.ts'
import { calmOptions, type SimulationOptions } from '../../src/sim/options.ts'
import { createMembers } from '../../src/sim/population.ts'
import { Scheduler } from '../../src/sim/scheduler.ts'
import { createStandInSigner } from '../../src/sim/signatures.ts'
import { checkpointMessage, type ThresholdCertificate } from '../../src/wire/statement.ts'
import { transactionSigningBytes } from '../../src/wire/transaction.ts'

/**
 * Members that make a key together in the simulator's world, for tests that say what happens when: everything in it is production code but
 * time, links, disks and Ed25519. The curve is real.
 */
export const TIMES = { transitionMs: 20_000, refreshMs: 600_000, deadlineMs: 2_000, graceMs: 3_000 }
const STEPS_MAX = 3_000_000

export interface KeyWorldOptions extends Partial<SimulationOptions> {
  readonly logs?: boolean
  /** They follow, with the highest ids. */
  readonly observers?: number
  readonly twistOf?: (member: number) => ((ports: ThresholdPorts) => ThresholdPorts) | undefined
  /** What a member says to whoever asks for a certificate; null: the truth. */
  readonly answerOf?: (member: number) => Uint8Array | null
}

export class KeyWorld {
  readonly scheduler = new Scheduler()
  readonly ground: Ground
  readonly network: SimNetwork
  readonly members: readonly Member[]
  readonly events: { readonly member: number; readonly event: KeyEvent }[] = []
  readonly certificates: { readonly member: number; readonly certificate: ThresholdCertificate }[] = []
  readonly failures: string[] = []
  readonly warnings: { readonly member: number; readonly message: string; readonly data: object }[] = []
  readonly #clockwork: Clockwork
  readonly #prng: Prng
  #nonce = 0

  constructor(
    seed: number,
    { logs = false, observers = 0, twistOf, answerOf, ...changes }: KeyWorldOptions = {},
  ) {
    const chosen = calmOptions(seed, { threshold: TIMES, checkpointInterval: 8, logWindow: 32, ...changes })
    // To members an observer is one more whom they send to.
    const options = { ...chosen, n: chosen.n + observers }
    const { scheduler } = this
    const auditor = new Auditor()
    this.#prng = createPrng(seed)
    this.ground = createGround(chosen)
    this.network = new SimNetwork(options, {
      scheduler,
      prng: this.#prng.fork(),
      auditor,
      handlersOf: id => {
        const member = this.members[id]
        if (!member?.isConnected) return null
        const answer = answerOf?.(id) ?? null
        return answer === null ? member.handlers : lying(member.handlers, answer)
      },
    })
    const observing = Array.from({ length: observers }, (_, i) => createStandInSigner('observer', i))
    const signers = [...this.ground.signers, ...observing]
    this.members = createMembers(
      options,
      { ...this.ground, signers },
      {
        scheduler,
        network: this.network,
        prng: this.#prng,
        auditor,
        loggerOf: (member, nowMs) => this.#logger(member, nowMs, logs),
        tell: told =>
          told({
            name: 'failures',
            onFailure: (member: ReplicaId, error: Error) => {
              this.failures.push(`member ${member}: ${error.stack ?? error.message}`)
            },
          } as never),
        onTransaction: () => {},
        onLie: () => {},
        onRolledBack: () => {},
        onKeyEvent: (member, event) => this.events.push({ member, event }),
        onCertificate: (member, certificate) => this.certificates.push({ member, certificate }),
        twistOf: member => twistOf?.(member),
      },
    )
    this.#clockwork = new Clockwork({
      scheduler,
      stepsMax: STEPS_MAX,
      isOver: () => this.failures.length > 0,
      onEndless: text => this.failures.push(text),
    })
  }

  #logger(member: number, nowMs: () => number, logs: boolean): Logger {
    const say =
      (level: string) =>
      (data: object, message: string): void => {
        if (level === 'warn') this.warnings.push({ member, message, data })
        if (logs)
          process.stdout.write(
            `${nowMs().toFixed(1)} ${member} ${level} ${message} ${JSON.stringify(data)}\n`,
          )
      }
    return { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
  }

  async start(...ids: readonly number[]): Promise<void> {
    const chosen = ids.length === 0 ? this.members : ids.map(id => this.member(id))
    await this.#clockwork.start(chosen)
  }

  member(id: number): Member {
    const member = this.members[id]
    if (member === undefined) throw new Error(`there is no member ${id}`)
    return member
  }

  runtime(id: number): ReplicaRuntime {
    const { runtime } = this.member(id)
    if (runtime === null) throw new Error(`member ${id} is not up`)
    return runtime
  }

  /** Those that are up. */
  get runtimes(): readonly ReplicaRuntime[] {
    return this.members.flatMap(({ runtime }) => (runtime === null ? [] : [runtime]))
  }

  /** @returns whether it came true within so many milliseconds */
  async until(forMs: number, isDone: () => boolean): Promise<boolean> {
    const done = await this.#clockwork.until(this.scheduler.nowMs + forMs, isDone)
    if (this.failures.length > 0) throw new Error(this.failures.join('\n'))
    return done
  }

  async pass(forMs: number): Promise<void> {
    await this.until(forMs, () => false)
  }

  /** A client's transaction, handed to one member. */
  hand(id: number): void {
    const client = createStandInSigner('client', 0)
    const unsigned = {
      client: client.publicKey,
      timestampMs: Math.floor(EPOCH_MS + this.scheduler.nowMs),
      nonce: this.#nonce++,
      operation: encodeSet(`key ${this.#nonce % 7}`, `value ${this.#nonce}`),
    }
    const signature = client.sign(transactionSigningBytes(this.ground.scope.networkId, unsigned))
    this.runtime(id).submit([{ ...unsigned, signature }], () => {})
  }

  /** A transaction every so many milliseconds, to each member that is up in turn. */
  trickle(everyMs: number): () => void {
    let isOver = false
    let turn = 0
    this.scheduler.every(everyMs, () => {
      if (isOver) return
      const up = this.members.filter(({ runtime }) => runtime !== null)
      const member = up[turn++ % up.length]
      if (member !== undefined) this.hand(member.id)
    })
    return () => {
      isOver = true
    }
  }

  /** What the log told a member of the keys, in short. */
  said(id: number): readonly string[] {
    const own = this.events.filter(({ member }) => member === id)
    return own.map(({ event }) => (event.type === 'phase' ? event.phase : event.type))
  }

  /** All that are up have this key and a certificate by it. */
  isCertified(epoch: number): boolean {
    return this.runtimes.every(
      ({ keys, certificates }) => keys.active?.epoch === epoch && certificates.latest?.epoch === epoch,
    )
  }

  /** What a certificate says is what the key that the log names for it signed. */
  isRight(id: number, { epoch, statement, signature }: ThresholdCertificate): boolean {
    const key = this.runtime(id).state.keyAt(statement.sequence)
    if (key === null || key.epoch !== epoch) return false
    const message = checkpointMessage(this.ground.scope.networkId, key, statement)
    const verifier = createSignatureVerifier(nobleCurve, key.sharing.publicKey)
    return verifier?.verify(message, signature) ?? false
  }
}

function lying(handlers: PeerHandlers, answer: Uint8Array): PeerHandlers {
  return {
    ...handlers,
    onRequest: (protocol, bytes, from, respond) =>
      protocol === 'certificate' ? respond(answer) : handlers.onRequest(protocol, bytes, from, respond),
  }
}
