import { describe, expect, it } from 'vitest'
import { encodeScalar } from '../../src/crypto/threshold/scalar.ts'
import { publicKeyOf } from '../../src/crypto/threshold/secret.ts'
import type { KeyEventDetails, KeyState, SharedKey } from '../../src/membership/key-state.ts'
import { EMPTY_KEY_STATE } from '../../src/membership/key-state.ts'
import { replicaId } from '../../src/pbft/types.ts'
import type { Executed } from '../../src/runtime/execution.ts'
import type { Checker } from '../../src/sim/checkers/checker.ts'
import { createShares } from '../../src/sim/checkers/shares.ts'
import { complaints } from './checker-world.ts'

/** The judge of what members keep of the network's key, told of a ceremony in which members 0 and 1 confirm. */
const [A, B] = [replicaId(0), replicaId(1)]
const keyId = new Uint8Array(32)
/** What is in the log is what these give; on disk they are 32 bytes. */
const SHARES = [7n, 2n ** 200n + 5n] as const
const [shareOfA, shareOfB] = SHARES.map(encodeScalar) as [Uint8Array, Uint8Array]
const disk = (...secrets: readonly (readonly [string, Uint8Array])[]) => new Map(secrets)
const started = (epoch: number): KeyEventDetails => ({
  type: 'ceremony-started',
  kind: 'refresh',
  epoch,
  attempt: 0,
  sessionId: keyId,
})
const confirmed = (member: typeof A): KeyEventDetails => ({ type: 'confirmed', member })
const activated = (epoch: number): KeyEventDetails => ({
  type: 'activated',
  kind: 'refresh',
  keyId,
  epoch,
  publicKey: new Uint8Array(96),
})
const serving = (epoch: number): KeyState => ({
  ...EMPTY_KEY_STATE,
  active: {
    keyId,
    epoch,
    sharing: { publicShares: SHARES.map(share => publicKeyOf(share)) },
  } as unknown as SharedKey,
})

type Shown = Required<Pick<Checker, 'onExecuted' | 'onSecrets' | 'onSecretsLost'>>

function found(tell: (checker: Shown, execute: (...events: readonly KeyEventDetails[]) => void) => void) {
  return complaints(createShares, checker => {
    let sequence = 0
    tell(checker, (...keyEvents) => {
      sequence += 1
      checker.onExecuted(A, { outcome: { segment: { sequence }, keyEvents } } as unknown as Executed)
    })
  })
}

describe('shares', () => {
  it('that were confirmed are there', () => {
    const violations = found((checker, execute) => {
      execute(started(1), confirmed(A), confirmed(B))
      checker.onSecrets(A, serving(1), disk())
      execute(activated(1))
      checker.onSecrets(A, serving(1), disk(['share/1', shareOfA]))
      checker.onSecrets(B, serving(1), disk(['share/2', shareOfB], ['session/x', shareOfB]))
    })
    expect(violations).toEqual(['member 1 confirmed a share of epoch 1, and has none'])
  })

  it.each([
    ['that of somebody else', shareOfA],
    ['one of another polynomial', encodeScalar(8n)],
    ['one that is no number below the order', new Uint8Array(32).fill(0xff)],
    ['one that is torn', shareOfB.slice(0, 31)],
    ['nothing', new Uint8Array(32)],
  ])('that were confirmed are not %s', (_, share) => {
    const violations = found((checker, execute) => {
      execute(started(1), confirmed(A), confirmed(B), activated(1))
      checker.onSecrets(B, serving(1), disk(['share/1', shareOfB]))
      checker.onSecrets(B, serving(1), disk(['share/1', share]))
    })
    expect(violations).toEqual(['member 1 confirmed a share of epoch 1, and has another'])
  })

  it.each<
    readonly [string, (checker: Shown, execute: (...events: readonly KeyEventDetails[]) => void) => void]
  >([
    ['of an attempt that came to nothing', (_, execute) => execute(confirmed(A), started(1), activated(1))],
    [
      'that are over',
      (_, execute) => execute(confirmed(A), activated(1), { type: 'retired', keyId, epoch: 1 }),
    ],
    [
      'of a key that is revoked',
      (_, execute) => execute(confirmed(A), activated(1), { type: 'revoked', keyId }),
    ],
    [
      'that were confirmed and lost before the log had it',
      (checker, execute) => {
        checker.onSecretsLost(A)
        execute(confirmed(A), activated(1))
      },
    ],
    [
      'that were lost later',
      (checker, execute) => {
        execute(confirmed(A), activated(1))
        checker.onSecretsLost(A)
      },
    ],
    [
      'whose dealings may be others since then',
      (_, execute) =>
        execute(confirmed(A), { type: 'fault', member: B, role: 'dealer', code: 'bad-share' }, activated(1)),
    ],
  ])('%s are owed by nobody', (_, tell) => {
    const violations = found((checker, execute) => {
      execute(started(1))
      tell(checker, execute)
      checker.onSecrets(A, serving(1), disk())
    })
    expect(violations).toEqual([])
  })
})
