import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Outcome } from '../membership/replicated-state.ts'
import type { NodeStatus } from './api.ts'

/** What the node counts, in Prometheus' terms. Gauges are read from the status when somebody asks. */
export interface NodeMetrics {
  readonly registry: Registry
  onExecuted(outcome: Outcome): void
  onView(active: boolean): void
  onSuspect(replica: number): void
  /** @param delayMs since its sequence was executed here; null: that was too long ago to be known */
  onCertificate(delayMs: number | null): void
  /** Of others, under the shared key. `rejected`: not what a member signed. `wrong`: found out when they were combined. */
  onPartialsRefused(reason: 'rejected' | 'wrong', count: number): void
}

/** Seconds. */
const DELAY_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const PHASES = ['registering', 'dealing', 'confirming', 'activating', 'handing-over'] as const

type AddGauge = (name: string, help: string, read: (status: NodeStatus) => number) => void

export function createMetrics(status: () => NodeStatus): NodeMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const counter = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Counter({ name, help, labelNames: [...labelNames], registers })
  const gauge: AddGauge = (name, help, read) => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(status()))
      },
    })
  }
  gauge('quorate_view', 'Current view', s => s.view)
  gauge('quorate_view_active', '1 while the view is active, 0 during a view change', s =>
    s.viewActive ? 1 : 0,
  )
  gauge('quorate_executed_sequence', 'Last executed sequence', s => s.sequence)
  gauge('quorate_stable_sequence', 'Last sequence with a stable checkpoint', s => s.stableSequence)
  gauge('quorate_pending_transactions', 'Accepted here and not executed', s => s.pendingTransactions)
  gauge('quorate_pending_batches', 'Batches held and not executed', s => s.pendingBatches)
  gauge('quorate_connections', 'Connected peers that passed the door', s => s.connections)
  gauge('quorate_stalled', '1 while something stands in the way of commits', s => (s.stall === null ? 0 : 1))
  addSharedKeyGauges(gauge)
  const certificates = counter('quorate_certificates_total', 'Certificates under the shared key')
  const delays = new Histogram({
    name: 'quorate_certificate_delay_seconds',
    help: 'From the execution of a sequence to its certificate under the shared key',
    buckets: DELAY_BUCKETS,
    registers,
  })
  const refused = counter('quorate_partials_refused_total', 'Partial signatures of no use', ['reason'])
  const transactions = counter('quorate_executed_transactions_total', 'Transactions executed')
  const sequences = counter('quorate_executed_sequences_total', 'Sequences executed')
  const views = counter('quorate_view_changes_total', 'Views entered or wanted', ['active'])
  const suspects = counter('quorate_equivocations_total', 'Proofs of equivocation seen', ['replica'])
  return {
    registry,
    onExecuted(outcome) {
      sequences.inc()
      transactions.inc(outcome.segment.receipts.length)
    },
    onView: active => views.inc({ active: String(active) }),
    onPartialsRefused: (reason, count) => refused.inc({ reason }, count),
    onCertificate(delayMs) {
      certificates.inc()
      if (delayMs !== null) delays.observe(delayMs / 1_000)
    },
    onSuspect: replica => suspects.inc({ replica: String(replica) }),
  }
}

function addSharedKeyGauges(gauge: AddGauge): void {
  gauge(
    'quorate_shared_key_epoch',
    'How often shares of the key were dealt; 0 while there is none',
    s => s.sharedKey?.epoch ?? 0,
  )
  gauge(
    'quorate_shared_key_sequence',
    'Last sequence with a certificate under the shared key',
    s => s.sharedKey?.certifiedSequence ?? 0,
  )
  gauge('quorate_ceremony_phase', `0 none, ${PHASES.map((phase, i) => `${i + 1} ${phase}`).join(', ')}`, s =>
    s.sharedKey?.ceremony == null ? 0 : PHASES.indexOf(s.sharedKey.ceremony.phase) + 1,
  )
  gauge(
    'quorate_ceremony_missing',
    'Members from whom the ceremony waits for something',
    s => s.sharedKey?.ceremony?.missing.length ?? 0,
  )
  gauge(
    'quorate_shared_key_thread_working',
    '1 while signatures under the shared key are made here, 0 while their thread is not there',
    s => (s.sharedKey?.trouble?.isWorking === false ? 0 : 1),
  )
  gauge(
    'quorate_shared_key_thread_failures',
    'How often that thread hung, ended or was wrong since it was well for an hour',
    s => s.sharedKey?.trouble?.times ?? 0,
  )
}
