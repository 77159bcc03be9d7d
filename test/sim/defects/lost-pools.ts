import { when, wipe } from '../../../src/sim/sentences.ts'
import { type Changes, directed } from './directed.ts'

/** Worlds in which what is lost, late or old must cost nothing but the time to say it again. */
const unhurried = {
  ...directed,
  isCalm: true,
  faultsMs: 3_000,
  transactions: 20,
  viewChangeTimeoutMs: 2_000,
  viewChangeTimeoutMaxMs: 16_000,
}

export const LOST_POOLS = {
  /** The first COMMITs of all are lost, and no view may be left for it. */
  'commits lost': prng => ({ ...unhurried, sentences: [when('commit').first(prng.between(9, 15)).drop()] }),
  /** No body comes to two of the backups by gossip, and no view may be left for it. */
  'bodies lost': () => ({ ...unhurried, sentences: [when('batch').to(2, 3).drop()] }),
  /** The primary alone does not see what it proposed executed, leaves, and with it whoever could ask for the last certificate. */
  'primary gone': prng => ({
    ...directed,
    faultsMs: 3_000,
    transactions: 3,
    bursts: 1,
    batchTransactionsMax: 1,
    proposalBatchesMax: 1,
    checkpointInterval: 16,
    logWindow: 64,
    snapshotIntervalSequences: 16,
    sentences: [
      when('commit').to(0).drop(),
      when('checkpoint').to(0).drop(),
      when('status').to(0).after(prng.between(30, 60)).drop(),
    ],
  }),
  /** The VIEW-CHANGE of one member for view 1 comes after its VIEW-CHANGE for view 2, and then it asks for what it left. */
  'older later': prng => ({
    ...directed,
    faultsMs: 5_000,
    transactions: 100,
    viewChangeTimeoutMs: 300,
    sentences: [
      when('pre-prepare').from(0).inView(0).drop(),
      when('view-change').from(3).inView(1).delay(2_000),
      ...(['pre-prepare', 'prepare', 'commit', 'checkpoint', 'status'] as const).map(name =>
        when(name).to(3).after(900).until(1_800).drop(),
      ),
      wipe(3).at(prng.between(1_900, 2_100)).for(700),
    ],
  }),
  /** One member executes by late COMMITs what it is fetching a snapshot of. */
  overtaken: prng => ({
    ...directed,
    faultsMs: 6_000,
    transactions: 60,
    checkpointInterval: 8,
    logWindow: 64,
    snapshotIntervalSequences: 8,
    viewChangeTimeoutMs: 2_000,
    viewChangeTimeoutMaxMs: 16_000,
    sentences: [
      when('commit').to(3).after(1_000).until(prng.between(1_400, 1_700)).delay(1_300),
      when('checkpoint').from(2).to(3).after(900).drop(),
      when('status').to(3).after(900).drop(),
      when('answer').to(3).delay(300),
    ],
  }),
} satisfies Record<string, Changes>
