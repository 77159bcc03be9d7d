import { type LocalKeys, runLocalCeremony } from '../../src/crypto/threshold/local-ceremony.ts'
import { nobleCurve } from '../../src/crypto/threshold/noble-curve.ts'
import type { RandomBytes } from '../../src/crypto/threshold/scalar.ts'
import { createSession } from '../../src/crypto/threshold/session.ts'
import { membersHashOf } from '../../src/membership/genesis.ts'
import { scope } from '../wire/fixtures.ts'

/** A key that the members of the fixtures share, three of four sign. */
export function createLocalKeys(random: RandomBytes): LocalKeys {
  const session = createSession({
    networkId: scope.networkId,
    epoch: 1,
    attempt: 0,
    startSequence: 1,
    membersHash: membersHashOf(scope.memberKeys.map(key => ({ key }))),
    members: 4,
    threshold: 3,
    faultyMax: 1,
    old: null,
  })
  return runLocalCeremony(nobleCurve, session, new Map(), random)
}
