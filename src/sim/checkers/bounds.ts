import { ATTACHMENTS_MAX, PROPOSAL_BATCHES_MAX } from '../../wire/limits.ts'
import type { SimulationOptions } from '../options.ts'
import type { Checker, CheckerContext } from './checker.ts'

/** To count everything takes a while, and what leaks does not go away. */
const LOOKS_BETWEEN = 20

/**
 * Nothing in a replica grows beyond what its parameters and the number of members allow, whatever others send: every collection that it
 * has is counted, and has a bound here. One that is counted and has none is reported too.
 */
export function createBounds({ options, violation }: CheckerContext): Checker {
  const bounds = boundsOf(options)
  const looks = new Map<number, number>()
  return {
    onLook(member, runtime) {
      const look = looks.get(member) ?? 0
      looks.set(member, look + 1)
      if (look % LOOKS_BETWEEN !== 0) return
      for (const [name, size] of Object.entries(runtime.sizes())) {
        const bound = bounds[name]
        if (bound === undefined) violation(`no bound is stated for ${name}`)
        else if (size > bound) violation(`member ${member} keeps ${size} ${name}, more than ${bound}`)
      }
    },
  }
}

/** By the names of `ReplicaRuntime.sizes`. */
export function boundsOf(options: SimulationOptions): Readonly<Record<string, number | undefined>> {
  const { n, logWindow, batchTransactionsMax } = options
  // A window of votes, one below it that waits for execution, and what was fetched while execution catches up.
  const slots = 3 * logWindow + 1
  const named = slots * PROPOSAL_BATCHES_MAX
  // Of each author what may wait, and what was fetched beyond that because proposals named it.
  const held = 512 * n + named
  const proposedMax = PROPOSAL_BATCHES_MAX * batchTransactionsMax
  return {
    'core.slots': slots,
    'core.votes': 2 * n * slots,
    'core.missing': named,
    'core.viewChanges': n,
    'core.checkpoints': logWindow,
    'core.checkpointVotes': n * logWindow,
    'core.latestCheckpoints': n,
    // Of our own, the youngest.
    'core.statements': 3 * logWindow,
    'core.statuses': n,
    'core.held': held,
    'core.unproposed': held,
    // For each member two windows, the youngest.
    'core.future': 2 * logWindow * n,
    'core.answers': n,
    // What happens while a turn of 512 steps is over waits for the next one.
    'driver.queue': 1_024,
    'driver.timers': 5,
    // What waits for a disk that takes seconds: votes of several views, and the youngest statuses.
    'driver.records': 16 * slots,
    'driver.drafts': 16 * slots + 256,
    // What one envelope carries.
    'driver.relayed': ATTACHMENTS_MAX,
    'batches.held': held,
    'batches.putOff': held,
    // Eight megabytes for each author, and no batch is smaller than its author's signature and one of a client.
    'batches.checking': (8_388_608 / 128) * n,
    'batches.authorsChecked': n,
    'batches.authorsWaiting': n,
    'batches.distrusted': n,
    'batches.executed': 16_384,
    'fetcher.wanted': 1_024,
    'inbox.peersChecked': n,
    'inbox.heard': n,
    'inbox.statuses': n,
    'inbox.numbers': n * 2 * 8_192,
    'inbox.membersRated': n,
    'inbox.peersRated': n,
    // What was accepted here; and after a start whatever the batches on disk hold, of all authors.
    'intake.pending': 1_000 + held * batchTransactionsMax,
    'intake.ours': 1_000,
    'intake.gathered': 1_000,
    // Of each slot four kinds, in the view on disk and in those that follow upon each other before the next write; and view changes.
    'outgoing.guarded': 8 * slots,
    'outgoing.kept': 8 * slots,
    'snapshots.captures': 2,
    'snapshots.kept': 2,
    ...keyBoundsOf(n),
    'verifier.remembered': 8_192,
    // Those of the last sequence stay, however many they are.
    'window.receipts': Math.max(options.transactionWindowMax ?? 1_000_000, proposedMax),
  }
}

/** Of what a member keeps for the network's keys. */
function keyBoundsOf(n: number): Readonly<Record<string, number>> {
  return {
    'threshold.certificates.kept': 65_536,
    'threshold.certifier.tasks': 8,
    'threshold.partials.partials': 32 * n,
    'threshold.partials.peersChecked': n,
    'threshold.partials.membersRated': n,
    'threshold.keyholder.custody.sharesChecked': 16,
    // Shares that are served and the next one, and three secrets of one session, twice while the first is erased.
    'threshold.keyholder.custody.secrets': 12,
    'threshold.keyholder.custody.erasing': 12,
    // An activation, two hand-overs, and again for each dealer that is convicted.
    'threshold.keyholder.guard.slots': 3 * n,
    'threshold.keyholder.own.duties': 16,
    'threshold.keyholder.own.keeping': 2,
    'threshold.keyholder.own.signatures': 3,
    'threshold.keyholder.own.transactions': 16,
  }
}
