import { describe, expect, it } from 'vitest'
import type { KeyEventDetails } from '../../src/membership/key-state.ts'
import { replicaId } from '../../src/pbft/types.ts'
import type { Executed } from '../../src/runtime/execution.ts'
import { createActivations } from '../../src/sim/checkers/activations.ts'
import { createCeremonies } from '../../src/sim/checkers/ceremonies.ts'
import type { Checker, CreateChecker } from '../../src/sim/checkers/checker.ts'
import { createErasures } from '../../src/sim/checkers/erasures.ts'
import { createHandovers } from '../../src/sim/checkers/handovers.ts'
import { createRequests } from '../../src/sim/checkers/requests.ts'
import { encodePartial, type PartialPurpose } from '../../src/wire/partial.ts'
import type { Handover, ThresholdCertificate } from '../../src/wire/statement.ts'
import { complaints, ground } from './checker-world.ts'

/** Judges of what the log says of the network's keys, told of it event by event. */
const [A, B, C] = [replicaId(0), replicaId(1), replicaId(2)]
const keyId = new Uint8Array(32)
const started = (kind: 'fresh' | 'refresh' | 'rotate'): KeyEventDetails => ({
  type: 'ceremony-started',
  kind,
  epoch: 2,
  attempt: 0,
  sessionId: keyId,
})
const failed: KeyEventDetails = { type: 'failed', reason: 'stalled', epoch: 2, attempt: 0 }
const activated = (epoch: number): KeyEventDetails => ({
  type: 'activated',
  kind: 'refresh',
  keyId,
  epoch,
  publicKey: new Uint8Array(96),
})
const handedOver = (epoch: number): KeyEventDetails => ({
  type: 'handed-over',
  handover: { epoch } as unknown as Handover,
})
const asked = (request: 'rotate' | 'revoke', member: typeof A): KeyEventDetails => ({
  type: 'asked',
  request,
  member,
  votes: 1,
  needed: 1,
})
const revoked: KeyEventDetails = { type: 'revoked', keyId }
const retired = (epoch: number): KeyEventDetails => ({ type: 'retired', keyId, epoch })
const erased = (epoch: number): KeyEventDetails => ({ type: 'erased', member: A, epoch })

type Shown = Required<Pick<Checker, 'onExecuted' | 'onPartial' | 'onCertificate'>>
interface Log {
  readonly checker: Shown
  execute(...events: readonly KeyEventDetails[]): void
  /** Sequences of which nobody tells. */
  skip(): void
  sign(purpose: PartialPurpose, epoch: number, ...members: readonly (typeof A)[]): void
}

function found(create: CreateChecker, tell: (log: Log) => void) {
  return complaints(create, checker => {
    let sequence = 0
    tell({
      checker,
      execute(...keyEvents) {
        sequence += 1
        const told = keyEvents.map(event => ({ ...event, sequence }))
        const executed = { outcome: { segment: { sequence }, keyEvents: told } } as unknown as Executed
        checker.onExecuted(A, executed)
        checker.onExecuted(B, executed)
      },
      skip() {
        sequence += 1
      },
      sign(purpose, epoch, ...members) {
        for (const sender of members) {
          const [subject, signature] = [new Uint8Array(32), new Uint8Array(48)]
          const partial = { sender, number: 1, purpose, subject, sequence: 0, epoch, signature }
          const sign = (bytes: Uint8Array): Uint8Array => ground.signers[sender]?.sign(bytes) ?? bytes
          checker.onPartial(sender, encodePartial(ground.scope, partial, sign))
        }
      },
    })
  })
}

describe('activations', () => {
  it('are signed by all of a quorum that may be correct', () => {
    const violations = found(createActivations, ({ execute, sign }) => {
      sign('activate', 1, A, B)
      execute(activated(1))
      sign('activate', 2, A)
      sign('checkpoint', 2, B)
      execute(activated(2))
    })
    expect(violations).toEqual(['too few shares of epoch 2 have signed'])
  })

  it('of another key are signed by both', () => {
    const violations = found(createActivations, ({ execute, sign }) => {
      sign('activate', 1, A, B)
      execute(activated(1))
      sign('activate', 2, A, C)
      sign('handover', 2, B, C)
      execute(activated(2), handedOver(2))
      sign('handover', 2, A)
      sign('activate', 3, A, B)
      execute(activated(3), handedOver(3))
    })
    expect(violations).toEqual([
      'too few shares of epoch 1 have signed that a key hands over',
      'too few shares of epoch 3 have signed that a key hands over',
    ])
  })

  it('begin what shares certify, and end it for those before', () => {
    const violations = found(createActivations, ({ checker, execute, sign }) => {
      sign('activate', 1, A, B)
      sign('activate', 2, A, B)
      execute(activated(1))
      execute()
      execute(activated(2))
      for (const [epoch, sequence] of [
        [1, 2],
        [2, 3],
        [1, 3],
        [2, 2],
      ])
        checker.onCertificate(A, { epoch, statement: { sequence } } as unknown as ThresholdCertificate)
    })
    expect(violations).toEqual([
      'member 0 has a certificate of 3 by epoch 1, which does not count there',
      'member 0 has a certificate of 2 by epoch 2, which does not count there',
    ])
  })

  it('are not judged by shares of which nobody told', () => {
    const violations = found(createActivations, ({ execute, sign, skip }) => {
      sign('activate', 1, A, B)
      execute(activated(1))
      skip()
      sign('activate', 3, A, B)
      sign('handover', 3, A, B)
      execute(activated(3), handedOver(3))
    })
    expect(violations).toEqual([])
  })
})

describe('hand-overs', () => {
  const fixed: KeyEventDetails = { type: 'phase', phase: 'handing-over' }

  it('are signed by the old shares when one is fixed', () => {
    const violations = found(createHandovers, ({ execute, sign }) => {
      execute(activated(1), started('rotate'))
      sign('handover', 2, A, B)
      execute(fixed)
      sign('handover', 1, A)
      execute(activated(2))
      sign('handover', 2, A, B)
    })
    expect(violations).toEqual([])
  })

  it('are not signed by the old shares before', () => {
    const violations = found(createHandovers, ({ execute, sign }) => {
      execute(activated(1), started('rotate'), fixed, activated(2))
      execute(started('rotate'))
      sign('handover', 3, A, B)
      sign('handover', 2, A, C)
    })
    expect(violations).toEqual(['member 0 signs with epoch 2 for another key, and none is fixed'])
  })
})

describe('requests', () => {
  it('are heard when enough ask', () => {
    const violations = found(createRequests, ({ execute }) => {
      execute(asked('rotate', A), asked('rotate', B), started('rotate'))
      execute(asked('revoke', A), asked('revoke', B), asked('revoke', C), revoked)
      execute(started('fresh'))
    })
    expect(violations).toEqual([])
  })

  it('are not heard when too few ask, or ask twice', () => {
    const violations = found(createRequests, ({ execute }) => {
      execute(asked('rotate', A), asked('rotate', B), started('refresh'))
      execute(asked('rotate', A), asked('rotate', A), started('rotate'))
      execute(asked('revoke', A), asked('revoke', B), asked('revoke', B), revoked)
    })
    expect(violations).toEqual([
      'another key is made at 2 for 1 that asked',
      'a key ends at 3 for 2 that asked',
    ])
  })

  it('may have been where nobody told', () => {
    const violations = found(createRequests, ({ execute, skip }) => {
      skip()
      execute(started('rotate'))
      execute(revoked)
      execute(failed, started('rotate'))
    })
    expect(violations).toEqual(['another key is made at 4 for 0 that asked'])
  })
})

describe('ceremonies', () => {
  it('follow one upon the other', () => {
    const violations = found(createCeremonies, ({ execute, skip }) => {
      execute(started('fresh'))
      execute(activated(1))
      execute(started('refresh'), failed, started('refresh'))
      skip()
      execute(started('refresh'))
      execute(started('rotate'))
    })
    expect(violations).toEqual(['a ceremony begins at 6 while another one runs'])
  })
})

describe('erasures', () => {
  it('are of what is over', () => {
    const violations = found(createErasures, ({ execute, skip }) => {
      execute(activated(1), activated(2), retired(1), erased(1))
      execute(erased(2))
      execute(revoked, erased(2))
      skip()
      execute(erased(7))
    })
    expect(violations).toEqual(['member 0 is believed to have erased epoch 2, which is not over'])
  })
})
