import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/lib/logger.ts'
import type { Draft } from '../../src/pbft/effect.ts'
import { digest, replicaId, sequence, view } from '../../src/pbft/types.ts'
import { SignGuard } from '../../src/runtime/sign-guard.ts'
import { createOutgoing } from '../../src/runtime/signing.ts'
import { EnvelopeVerifier } from '../../src/wire/verify.ts'
import { status } from '../pbft/messages.ts'
import { identityOf, NOW_MS, opened, scope } from '../wire/fixtures.ts'
import { checkpointDraft } from '../wire/samples.ts'

/** What m1 of four says, and which of its envelopes are on its disk then. */
function createBench() {
  const outgoing = createOutgoing(
    { self: replicaId(1), scope, guard: new SignGuard(), kept: [] },
    {
      clock: { nowMs: () => NOW_MS, after: () => () => {} },
      signer: identityOf(1),
      verifier: new EnvelopeVerifier(scope),
      logger: silentLogger,
    },
  )
  const disk = new Map<string, Uint8Array>()
  const write = (operations: NonNullable<ReturnType<typeof outgoing.sign>>['operations']): void => {
    for (const operation of operations)
      if (operation.type === 'put') disk.set(operation.key, operation.value)
      else disk.delete(operation.key)
  }
  return {
    say: (viewOnDisk: number, ...drafts: readonly Draft[]) =>
      write(outgoing.sign(drafts, [], viewOnDisk)?.operations ?? []),
    prune: (stable: number, viewOnDisk: number) => write(outgoing.prune(sequence(stable), viewOnDisk)),
    onDisk: () =>
      [...disk.values()].map(bytes =>
        opened(bytes)
          .messages.map(({ message }) => message.type)
          .join(' '),
      ),
    sizes: () => outgoing.sizes(),
  }
}

const vote = (type: 'prepare' | 'commit', v: number, n: number): Draft => ({
  type,
  view: view(v),
  sequence: sequence(n),
  digest: digest('0a'.repeat(32)),
})
const leaving = (v: number): Draft => ({ type: 'view-change', view: view(v), stable: null, prepared: [] })
const { type, statement } = checkpointDraft
const saidCheckpoint: Draft = { type, statement }

describe('what we said, on disk', () => {
  it('goes when a stable checkpoint covers it, but for the CHECKPOINT itself', () => {
    const bench = createBench()
    const at = statement.sequence
    bench.say(0, vote('prepare', 0, at - 1))
    bench.say(0, vote('commit', 0, at))
    bench.say(0, saidCheckpoint)
    bench.prune(at, 0)
    expect(bench.onDisk()).toEqual(['commit', 'checkpoint'])
    bench.prune(at + 1, 0)
    expect(bench.onDisk()).toEqual([])
  })

  it('goes with its view, however long no checkpoint becomes stable', () => {
    const bench = createBench()
    for (let v = 0; v < 100; v++) {
      bench.say(v, vote('prepare', v, 1), vote('prepare', v, 2))
      bench.say(v, vote('commit', v, 1))
      bench.say(v, leaving(v + 1))
    }
    expect(bench.onDisk()).toEqual(['view-change', 'prepare prepare', 'commit', 'view-change'])
    expect(bench.sizes()).toEqual({ guarded: 1, kept: 4 })
  })

  it('stays until the next view is on disk', () => {
    const bench = createBench()
    bench.say(0, vote('prepare', 0, 1))
    bench.say(0, leaving(1))
    bench.say(0, leaving(2))
    expect(bench.onDisk()).toEqual(['prepare', 'view-change', 'view-change'])
    bench.say(2, leaving(3))
    expect(bench.onDisk()).toEqual(['view-change', 'view-change'])
  })

  it('stays in any view while there is a CHECKPOINT in it that is not stable', () => {
    const bench = createBench()
    bench.say(0, vote('commit', 0, 1), saidCheckpoint)
    bench.say(1, leaving(2))
    expect(bench.onDisk()).toEqual(['commit checkpoint', 'view-change'])
  })

  it('is left alone by a status, which needs no disk', () => {
    const bench = createBench()
    bench.say(0, vote('prepare', 0, 1))
    bench.say(1, status(0, { view: view(1), viewActive: false }).message)
    expect(bench.onDisk()).toEqual(['prepare'])
  })
})
