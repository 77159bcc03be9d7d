import { expect, it } from 'vitest'
import type { SharedKeySummary } from '../../src/node/api.ts'
import { inHex } from '../../src/node/key-history.ts'
import { keySummary } from '../../src/node/key-report.ts'
import { createMetrics } from '../../src/node/metrics.ts'
import { KeyLog, rulesFor } from '../membership/key-log.ts'
import { ScriptedNode } from '../support/scripted-node.ts'

/** The figures of the shared key, as they are scraped. */
async function figures(
  log: KeyLog,
  certifiedSequence: number,
  trouble: SharedKeySummary['trouble'] = null,
): Promise<string> {
  const sharedKey = keySummary(log.state, certifiedSequence, trouble)
  const status = { ...new ScriptedNode().status(), sharedKey }
  const metrics = createMetrics(() => status)
  metrics.onCertificate(250)
  metrics.onCertificate(null)
  metrics.onPartialsRefused('wrong', 2)
  return await metrics.registry.metrics()
}

it('figures tell the phase of a ceremony, who is missing in it, and what was certified', async () => {
  const log = new KeyLog(rulesFor(4))
  log.start('fresh')
  log.registerAll(log.members.slice(1))
  const registering = await figures(log, 0)
  expect(registering).toMatch(/^quorate_ceremony_phase 1$/m)
  expect(registering).toMatch(/^quorate_ceremony_missing 1$/m)
  expect(registering).toMatch(/^quorate_shared_key_epoch 0$/m)

  const other = new KeyLog(rulesFor(4))
  other.run('fresh')
  const active = await figures(other, 17)
  expect(active).toMatch(/^quorate_ceremony_phase 0$/m)
  expect(active).toMatch(/^quorate_ceremony_missing 0$/m)
  expect(active).toMatch(/^quorate_shared_key_epoch 1$/m)
  expect(active).toMatch(/^quorate_shared_key_sequence 17$/m)
  expect(active).toMatch(/^quorate_certificates_total 2$/m)
  expect(active).toMatch(/^quorate_certificate_delay_seconds_count 1$/m)
  expect(active).toMatch(/^quorate_certificate_delay_seconds_sum 0.25$/m)
  expect(active).toMatch(/^quorate_partials_refused_total\{reason="wrong"\} 2$/m)
})

it('figures tell of the thread that signs, and how often it failed', async () => {
  const log = new KeyLog(rulesFor(4))
  const trouble = { reason: 'timed-out', message: 'it hung', times: 3, lastMs: 5 } as const
  const away = await figures(log, 0, { ...trouble, isWorking: false })
  expect(away).toMatch(/^quorate_shared_key_thread_working 0$/m)
  expect(away).toMatch(/^quorate_shared_key_thread_failures 3$/m)
  const back = await figures(log, 0, { ...trouble, isWorking: true })
  expect(back).toMatch(/^quorate_shared_key_thread_working 1$/m)
  const well = await figures(log, 0)
  expect(well).toMatch(/^quorate_shared_key_thread_working 1$/m)
  expect(well).toMatch(/^quorate_shared_key_thread_failures 0$/m)
})

it('bytes become text wherever they are, in lists too', () => {
  const told = inHex({ keyId: Uint8Array.of(1, 255), inside: { list: [Uint8Array.of(7), 'seven', null] } })
  expect(told).toEqual({ keyId: '01ff', inside: { list: ['07', 'seven', null] } })
})
