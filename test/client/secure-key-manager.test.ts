import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  createGuardian,
  openBackupFragment,
  restoreKeyShare,
  verifyBackup,
} from '../../src/client/guardian.ts'
import {
  type EncryptedBackup,
  type ManagedKey,
  SecureKeyManager,
  SecureKeyManagerError,
  type SecureKeyManagerOptions,
} from '../../src/client/secure-key-manager.ts'
import { verifySignature } from '../../src/client/threshold-signature-system.ts'
import { sha256 } from '../../src/crypto/hash.ts'
import { BackupError } from '../../src/crypto/threshold/backup-container.ts'
import { present } from '../../src/lib/assert.ts'
import { toHex } from '../../src/lib/bytes.ts'
import { handoverMessage } from '../../src/wire/statement.ts'
import { seededBytes } from '../crypto/threshold/support.ts'

const HOUR_MS = 3_600_000
const participants = ['node-1', 'node-2', 'node-3']
const signatories = participants.slice(1)
const message = 'a message'
const networkId = new Uint8Array(32)

const managerWith = (options: SecureKeyManagerOptions = {}) =>
  new SecureKeyManager({ randomBytes: seededBytes('manager'), ...options })

async function codeOf(action: () => unknown): Promise<string> {
  try {
    await action()
  } catch (error) {
    if (error instanceof SecureKeyManagerError || error instanceof BackupError) return error.code
    throw error
  }
  return 'none'
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

it('SecureKeyManager works as in its example', async () => {
  const told: unknown[] = []
  const stored: EncryptedBackup[] = []
  const tell = (...words: unknown[]) => void told.push(words)
  const store = (backups: readonly EncryptedBackup[]) => void stored.push(...backups)

  const people = ['ann', 'bob', 'carol'].map(name => createGuardian(name))
  const manager = new SecureKeyManager({
    guardians: people.map(({ guardian }) => guardian),
    notifyKeyRotation: (participants, newKey) => tell(participants, newKey.masterPublicKey, newKey.handover),
    distributeBackups: backups => store(backups),
  })
  const participants = ['node-1', 'node-2', 'node-3', 'node-4', 'node-5']
  const first = await manager.generateDistributedKey(participants)
  const second = await manager.rotateKeys(first.keyId, participants) // both are good for 24 hours
  const checksums = await manager.backupKeyShares(second.keyShares, 2)

  expect(told).toEqual([[participants, second.masterPublicKey, second.handover]])
  expect(checksums).toEqual(stored.map(({ id, checksum }) => ({ id, checksum })))
  expect(stored.map(({ id }) => id)).toEqual(['backup_0', 'backup_1', 'backup_2', 'backup_3', 'backup_4'])
  for (const [i, { container }] of stored.entries()) {
    const fragments = people.slice(1).map(({ secret }) => openBackupFragment(container, secret))
    const { share } = restoreKeyShare(container, fragments)
    expect(share).toEqual(second.keyShares[i]?.share)
  }
})

describe('rotateKeys', () => {
  it('makes a key of which more than half sign, and lets both be good for 24 hours', async () => {
    const manager = managerWith()
    const first = await manager.generateDistributedKey(participants)
    expect([first.threshold, first.handover]).toEqual([2, null])
    expect(first.keyId).toBe(toHex(sha256(first.masterPublicKey)))
    const old = await manager.createThresholdSignature(first.keyId, message, signatories)
    const second = await manager.rotateKeys(first.keyId, ['a', 'b', 'c', 'd'])
    expect([second.threshold, second.participants]).toEqual([3, ['a', 'b', 'c', 'd']])
    expect(second.masterPublicKey).not.toEqual(first.masterPublicKey)

    vi.advanceTimersByTime(24 * HOUR_MS - 1)
    expect(manager.stateOf(first.keyId)).toBe('retiring')
    expect(manager.verifyThresholdSignature(first.keyId, message, old)).toBe(true)
    expect(await manager.createThresholdSignature(first.keyId, message, signatories)).toEqual(old)

    vi.advanceTimersByTime(1)
    expect(manager.stateOf(first.keyId)).toBe('retired')
    expect(manager.verifyThresholdSignature(first.keyId, message, old)).toBe(false)
    expect(await codeOf(() => manager.createThresholdSignature(first.keyId, message, signatories))).toBe(
      'KEY_RETIRED',
    )
    expect(manager.stateOf(second.keyId)).toBe('active')
    const signature = await manager.createThresholdSignature(second.keyId, message, ['b', 'c', 'd'])
    expect(verifySignature(second.masterPublicKey, message, signature)).toBe(true)
  })

  it('hands over by a certificate of both keys, in the layout of the network', async () => {
    const manager = managerWith({ now: () => 5_000, transitionMs: 1_000 })
    const first = await manager.generateDistributedKey(participants)
    const second = await manager.rotateKeys(first.keyId, participants)
    const handover = present(second.handover, 'a hand-over')
    expect(handover).toMatchObject({
      epoch: 2,
      notBeforeMs: 5_000,
      oldNotAfterMs: 6_000,
      newKey: second.masterPublicKey,
    })
    expect([toHex(handover.oldKeyId), toHex(handover.newKeyId)]).toEqual([first.keyId, second.keyId])
    const signed = handoverMessage(networkId, handover)
    expect(verifySignature(first.masterPublicKey, signed, handover.oldSignature)).toBe(true)
    expect(verifySignature(second.masterPublicKey, signed, handover.newSignature)).toBe(true)
    const other = handoverMessage(networkId, { ...handover, oldNotAfterMs: 7_000 })
    expect(verifySignature(first.masterPublicKey, other, handover.oldSignature)).toBe(false)
    expect(manager.rotationHistory).toEqual([
      { oldKeyId: first.keyId, newKeyId: second.keyId, atMs: 5_000, oldNotAfterMs: 6_000 },
    ])
  })

  it('ends a key by the clock even when its timer is late, as when a machine slept', async () => {
    let nowMs = 0
    const manager = managerWith({ now: () => nowMs })
    const first = await manager.generateDistributedKey(participants)
    await manager.rotateKeys(first.keyId, participants)
    nowMs = 24 * HOUR_MS
    expect(manager.stateOf(first.keyId)).toBe('retired')
  })

  it('replaces an active key only, once', async () => {
    const manager = managerWith()
    const first = await manager.generateDistributedKey(participants)
    await manager.rotateKeys(first.keyId, participants)
    expect(await codeOf(() => manager.rotateKeys(first.keyId, participants))).toBe('KEY_NOT_ACTIVE')
    expect(await codeOf(() => manager.rotateKeys('ab', participants))).toBe('UNKNOWN_KEY')
    expect(manager.rotationHistory).toHaveLength(1)
  })

  it('changes nothing when the participants cannot be told, or somebody else was faster', async () => {
    let newKeys: ManagedKey[] = []
    const notifyKeyRotation = (_: unknown, newKey: ManagedKey) => {
      newKeys.push(newKey)
      if (newKeys.length === 1) throw new Error('nobody hears')
    }
    const manager = managerWith({ notifyKeyRotation })
    const first = await manager.generateDistributedKey(participants)
    await expect(manager.rotateKeys(first.keyId, participants)).rejects.toThrow('nobody hears')
    expect(manager.stateOf(first.keyId)).toBe('active')
    expect(manager.rotationHistory).toEqual([])
    const [lost] = newKeys
    expect(lost?.keyShares.every(({ share }) => share.every(byte => byte === 0))).toBe(true)
    expect(await codeOf(() => manager.stateOf(lost?.keyId ?? ''))).toBe('UNKNOWN_KEY')
    newKeys = newKeys.slice()
    const both = await Promise.allSettled([0, 1].map(() => manager.rotateKeys(first.keyId, participants)))
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(manager.rotationHistory).toHaveLength(1)
  })

  it('can end a key at once, and all of them', async () => {
    const manager = managerWith()
    const first = await manager.generateDistributedKey(participants)
    manager.deactivateKey(first.keyId)
    expect(manager.stateOf(first.keyId)).toBe('retired')
    const next = await manager.generateDistributedKey(participants, 3)
    await manager.rotateKeys(next.keyId, participants)
    manager.close()
    expect(manager.stateOf(next.keyId)).toBe('retired')
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('backupKeyShares', () => {
  const people = ['ann', 'bob', 'carol'].map(name => createGuardian(name, seededBytes(name)))
  const guardians = people.map(({ guardian }) => guardian)

  it('gives backups that say what they are of, bring nothing back with too few, and name a bad fragment', async () => {
    const stored: EncryptedBackup[] = []
    const manager = managerWith({
      guardians,
      now: () => 77,
      distributeBackups: backups => void stored.push(...backups),
    })
    const key = await manager.generateDistributedKey(participants)
    await manager.backupKeyShares(key.keyShares.slice(2, 3), 2)
    const { container, checksum, code } = present(stored[0], 'a backup')
    const backup = verifyBackup(container, { networkId, epoch: 1, index: 3 })
    expect(backup).toMatchObject({ threshold: 2, createdMs: 77, guardians, checksumCode: code })
    expect([toHex(backup.keyId), toHex(backup.checksum)]).toEqual([key.keyId, checksum])
    const [first, second] = people.map(({ secret }) => openBackupFragment(container, secret))
    expect(await codeOf(() => restoreKeyShare(container, [present(first, 'f')]))).toBe('TOO_FEW_FRAGMENTS')
    const wrong = { guardian: 3, value: present(second, 'f').value }
    expect(restoreKeyShare(container, [present(first, 'f'), wrong, present(second, 'f')])).toEqual({
      share: key.keyShares[2]?.share,
      wrong: ['carol'],
    })
    expect(await codeOf(() => verifyBackup(container.with(200, 1)))).toBe('DAMAGED')
  })

  it('needs guardians, as many as are asked for, and shares', async () => {
    const key = await managerWith().generateDistributedKey(participants)
    expect(await codeOf(() => managerWith().backupKeyShares(key.keyShares, 2))).toBe('NO_GUARDIANS')
    const manager = managerWith({ guardians })
    for (const threshold of [0, 4, 1.5])
      expect(await codeOf(() => manager.backupKeyShares(key.keyShares, threshold))).toBe('INVALID_PARAMETERS')
    const none = { ...present(key.keyShares[0], 'a share'), share: new Uint8Array(32) }
    expect(await codeOf(() => manager.backupKeyShares([none], 2))).toBe('INVALID_PARAMETERS')
  })

  it('is refused guardians that are none, or the same twice', async () => {
    const [ann, bob] = guardians.map(guardian => present(guardian, 'a guardian'))
    for (const list of [
      [{ name: 'a b', publicKey: present(ann, 'a').publicKey }],
      [{ name: 'ann', publicKey: new Uint8Array(32) }],
      [present(ann, 'a'), { ...present(bob, 'b'), name: 'ann' }],
      [present(ann, 'a'), { ...present(ann, 'a'), name: 'bob' }],
    ])
      expect(await codeOf(() => managerWith({ guardians: list }))).toBe('INVALID_PARAMETERS')
    expect(await codeOf(() => managerWith({ transitionMs: 0 }))).toBe('INVALID_PARAMETERS')
    expect(await codeOf(() => managerWith({ networkId: new Uint8Array(3) }))).toBe('INVALID_PARAMETERS')
  })
})
