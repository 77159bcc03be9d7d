import type { PublicCurve } from '../crypto/threshold/public-curve.ts'
import type { Logger } from '../lib/logger.ts'
import { createPrng, type Prng } from '../lib/prng.ts'
import type { KeyEvent } from '../membership/key-state.ts'
import { type ReplicaId, replicaId } from '../pbft/types.ts'
import type { Signer } from '../runtime/ports.ts'
import type { ThresholdCertificate } from '../wire/statement.ts'
import type { Auditor } from './auditor.ts'
import type { Lair } from './byzantine/behaviour.ts'
import { BEHAVIOURS } from './byzantine/behaviours.ts'
import { Den } from './byzantine/den.ts'
import { createElsewhere } from './byzantine/elsewhere.ts'
import { createFaulty } from './byzantine/lair.ts'
import type { Checker } from './checkers/checker.ts'
import { EPOCH_MS, type Ground } from './ground.ts'
import { createFindings } from './keyring.ts'
import { Member, type MemberComponents } from './member.ts'
import type { SimNetwork } from './network.ts'
import type { SimulationOptions } from './options.ts'
import type { Scheduler } from './scheduler.ts'
import type { Witness } from './witness.ts'

/** Builds the members of a world: their behaviours, their clocks, and who is told of what they do. */
export interface PopulationComponents {
  readonly scheduler: Scheduler
  readonly network: SimNetwork
  /** One is forked for each member. */
  readonly prng: Prng
  readonly auditor: Auditor
  readonly loggerOf: (member: number, nowMs: () => number) => Logger
  /** Tells every checker. */
  tell(tell: (checker: Checker) => void): void
  /** A member executed these, whether it is correct or not. */
  onExecuted?(member: ReplicaId, ids: readonly string[]): void
  /** A correct member executed this transaction. */
  onTransaction(id: string): void
  /** A member stopped itself because its disk broke. */
  onBrokenDisk?(member: ReplicaId): void
  onSyncedWrite?(member: ReplicaId, answerMs: number): void
  /** A faulty member did something, under the name of a behaviour. */
  onLie(lie: string): void
  /** A faulty member fell down and has an old disk; it comes back. */
  onRolledBack(member: ReplicaId): void
  onKeyEvent?(member: ReplicaId, event: KeyEvent): void
  onCertificate?(member: ReplicaId, certificate: ThresholdCertificate): void
  /** See `MemberComponents.twist`. */
  twistOf?(member: ReplicaId): MemberComponents['twist']
  readonly witness?: Witness | undefined
  /** What computes on the curve of the network's key. Default: the reference. */
  readonly curve?: PublicCurve | undefined
}

const DEN_SALT = 0xde4

/** What is found out once for all members. */
type Shared = Pick<MemberComponents, 'reader' | 'verdicts' | 'findings'> & Pick<Lair, 'den' | 'elsewhere'>

export function createMembers(
  options: SimulationOptions,
  ground: Ground,
  components: PopulationComponents,
): readonly Member[] {
  const den = new Den(ground.scope, createPrng(options.seed + DEN_SALT), options.collusion)
  const findings = createFindings(components.curve)
  const elsewhere = createElsewhere(ground.scope, ground.signers)
  const shared: Shared = { reader: ground.reader, verdicts: new WeakMap(), findings, den, elsewhere }
  return ground.signers.map((signer, i) =>
    createMember(replicaId(i), signer, options, ground, { ...components, ...shared }),
  )
}

function createMember(
  id: ReplicaId,
  signer: Signer,
  options: SimulationOptions,
  ground: Ground,
  components: PopulationComponents & Shared,
): Member {
  const { scheduler, network, auditor, loggerOf, reader, verdicts, findings, witness } = components
  const prng = components.prng.fork()
  const lair = {
    self: id,
    others: ground.signers.map((_, other) => replicaId(other)).filter(other => other !== id),
    scope: ground.scope,
    signer,
    prng: prng.fork(),
    den: components.den,
    elsewhere: components.elsewhere,
    viewChangeTimeoutMs: options.viewChangeTimeoutMs,
    nowMs: () => EPOCH_MS + scheduler.nowMs,
  }
  const names = options.byzantine.find(({ member }) => member === id)?.behaviours ?? []
  const behaviours = createFaulty(
    names.map(name => [name, BEHAVIOURS[name]] as const),
    lair,
    (name, what) => components.onLie(`${name}: ${what}`),
  )
  const clockSkewMs = Math.floor((prng.next() * 2 - 1) * options.clockSkewMs)
  const isWatched = behaviours.length === 0
  return new Member(
    { id, simulation: options, genesis: ground.genesis, scope: ground.scope, clockSkewMs },
    {
      scheduler,
      network,
      prng,
      signer,
      reader,
      verdicts,
      findings,
      witness,
      logger: loggerOf(id, () => scheduler.nowMs),
      behaviours,
      onRolledBack: () => components.onRolledBack(id),
      onBrokenDisk: () => components.onBrokenDisk?.(id),
      onSyncedWrite: answerMs => components.onSyncedWrite?.(id, answerMs),
      onCertificate: certificate => {
        components.onCertificate?.(id, certificate)
        if (isWatched) components.tell(checker => checker.onCertificate?.(id, certificate))
      },
      twist: components.twistOf?.(id),
      onPublished: (topic, bytes) => {
        auditor.bytes(bytes)
        if (isWatched && topic === 'consensus') components.tell(checker => checker.onPublished?.(id, bytes))
        if (isWatched && topic === 'certificate') components.tell(checker => checker.onPartial?.(id, bytes))
      },
      ...watchMember(id, isWatched, components),
    },
  )
}

/** Checkers are told of what correct members do, and of nothing else. */
export function watchMember(
  id: ReplicaId,
  isWatched: boolean,
  components: Pick<PopulationComponents, 'tell' | 'onTransaction' | 'onExecuted' | 'onKeyEvent'>,
): Pick<MemberComponents, 'onStart' | 'onExecuted' | 'onInstalled' | 'onHeard' | 'onSuspect' | 'onFailure'> {
  const tell = (told: (checker: Checker) => void): void => {
    if (isWatched) components.tell(told)
  }
  return {
    onStart: runtime => tell(checker => checker.onStart?.(id, runtime)),
    onExecuted: executed => {
      const { receipts } = executed.outcome.segment
      tell(checker => {
        checker.onExecuted?.(id, executed)
        for (const { id: name, sequence, code } of receipts) checker.onTold?.({ id: name, sequence, code })
      })
      const names = receipts.map(receipt => receipt.id)
      if (isWatched) for (const name of names) components.onTransaction(name)
      components.onExecuted?.(id, names)
      for (const event of executed.outcome.keyEvents) {
        components.onKeyEvent?.(id, event)
        tell(checker => checker.onKeyEvent?.(id, event))
      }
    },
    onInstalled: certificate => tell(checker => checker.onInstalled?.(id, certificate)),
    onHeard: (topic, bytes) => {
      if (topic === 'consensus') tell(checker => checker.onHeard?.(id, bytes))
    },
    onSuspect: (suspected, evidence) => tell(checker => checker.onSuspect?.(id, suspected, evidence)),
    onFailure: error => tell(checker => checker.onFailure?.(id, error)),
  }
}
