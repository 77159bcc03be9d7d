import { sha256 } from '../crypto/hash.ts'
import { createBackup, readBackup } from '../crypto/threshold/backup.ts'
import { GUARDIAN_NAME, GUARDIANS_MAX, type Guardian } from '../crypto/threshold/backup-container.ts'
import { nobleCurve } from '../crypto/threshold/noble-curve.ts'
import { decodeElement } from '../crypto/threshold/ristretto.ts'
import { parseScalar, type RandomBytes } from '../crypto/threshold/scalar.ts'
import { fromHex, toHex } from '../lib/bytes.ts'
import { type Handover, handoverMessage } from '../wire/statement.ts'
import { type Message, ThresholdSignatureSystem } from './threshold-signature-system.ts'

export type { Message } from './threshold-signature-system.ts'

/** Why a key could not be made, changed or used. */
export type SecureKeyManagerErrorCode =
  | 'INVALID_PARAMETERS'
  | 'UNKNOWN_KEY'
  | 'KEY_NOT_ACTIVE'
  | 'KEY_RETIRED'
  | 'NO_GUARDIANS'

/** `code` is for programs, the message for people. */
export class SecureKeyManagerError extends Error {
  override readonly name = 'SecureKeyManagerError'
  readonly code: SecureKeyManagerErrorCode
  constructor(code: SecureKeyManagerErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** A retiring key is still good; a retired one is not, and what was secret of it is wiped here. */
export type ManagedKeyState = 'active' | 'retiring' | 'retired'

/** One participant's share of one key. */
export interface KeyShare {
  /** SHA-256 of the key, 64 hexadecimal digits. */
  readonly keyId: string
  readonly participant: string
  /** From 1. */
  readonly index: number
  /** How many keys were dealt here before this one, and this one. */
  readonly epoch: number
  /** 32 bytes, secret; the caller's own copy, to hand out and to wipe. */
  readonly share: Uint8Array
}

/** A key as it was made: its public part, and the shares for those who hold them. */
export interface ManagedKey {
  readonly keyId: string
  /** 96 bytes */
  readonly masterPublicKey: Uint8Array
  readonly threshold: number
  readonly participants: readonly string[]
  readonly keyShares: readonly KeyShare[]
  /** By which the key before vouches for this one; null for a key that follows none. */
  readonly handover: Handover | null
}

/** That one key gave way to another. Times in milliseconds since 1970. */
export interface Rotation {
  readonly oldKeyId: string
  readonly newKeyId: string
  readonly atMs: number
  /** When the old one ends. */
  readonly oldNotAfterMs: number
}

/** One container for all guardians; nothing in it is secret. */
export interface EncryptedBackup {
  readonly id: string
  readonly container: Uint8Array
  /** SHA-256, 64 hexadecimal digits, and the same for people to compare. */
  readonly checksum: string
  readonly code: string
}

/** All have defaults; without guardians there are no backups. */
export interface SecureKeyManagerOptions {
  /** Who gets fragments of backups. */
  readonly guardians?: readonly Guardian[]
  /** How long an old key stays good beside a new one. Default: 24 hours; 24 days at most. */
  readonly transitionMs?: number
  /** Goes into hand-overs and backups: 32 bytes that no other application has; zeros by default. */
  readonly networkId?: Uint8Array
  /** Tells participants of the key that comes. When it fails, nothing has changed. */
  notifyKeyRotation?(participants: readonly string[], newKey: ManagedKey): void | Promise<void>
  /** Brings backups to the guardians. */
  distributeBackups?(backups: readonly EncryptedBackup[]): void | Promise<void>
  /** Milliseconds since 1970; by default the system's. */
  now?(): number
  /** Fresh secret bytes; by default the platform's `crypto.getRandomValues`. */
  readonly randomBytes?: RandomBytes
}

const TRANSITION_MS = 86_400_000
/** Timers count to here. */
const TRANSITION_MS_MAX = 2_147_483_647
const ROTATIONS_MAX = 256
/** Those that ended first are forgotten: nothing is known of them any more. */
const RETIRED_KEYS_MAX = 256

interface Held {
  readonly key: Omit<ManagedKey, 'keyShares'>
  readonly system: ThresholdSignatureSystem
  readonly epoch: number
  /** null while no other key follows it */
  retiresMs: number | null
  isWiped: boolean
  timer: ReturnType<typeof setTimeout> | null
}

/**
 * Threshold keys over their life, for applications that want nothing else: a key is dealt among participants, gives way to a new one,
 * and its shares are backed up with guardians. Built on `ThresholdSignatureSystem`, in this process; nodes of a network do all this
 * through their log, and `quorate keys` does it with their files.
 *
 * A rotation is a new key with a certificate of hand-over, signed by the old key and by the new one: whoever trusts the old one needs
 * nobody's word for the new one. For the transition, 24 hours unless told otherwise, both are good. Then the old one signs no more, no
 * signature of it is accepted, and its shares are wiped.
 */
export class SecureKeyManager {
  readonly transitionMs: number
  readonly #options: SecureKeyManagerOptions
  readonly #guardians: readonly Guardian[]
  readonly #networkId: Uint8Array
  readonly #randomBytes: RandomBytes
  readonly #keys = new Map<string, Held>()
  readonly #rotations: Rotation[] = []
  #epochs = 0

  /** @throws SecureKeyManagerError INVALID_PARAMETERS */
  constructor(options: SecureKeyManagerOptions = {}) {
    const { transitionMs = TRANSITION_MS, guardians = [], networkId = new Uint8Array(32) } = options
    if (!Number.isInteger(transitionMs) || transitionMs < 1 || transitionMs > TRANSITION_MS_MAX)
      throw invalid(`a transition takes 1 to ${TRANSITION_MS_MAX} ms, not ${transitionMs}`)
    if (networkId.length !== 32) throw invalid('a network id has 32 bytes')
    refuseGuardians(guardians)
    this.transitionMs = transitionMs
    this.#options = options
    this.#guardians = guardians
    this.#networkId = networkId
    this.#randomBytes = options.randomBytes ?? (length => crypto.getRandomValues(new Uint8Array(length)))
  }

  /** What was rotated, oldest first; the last 256. */
  get rotationHistory(): readonly Rotation[] {
    return [...this.#rotations]
  }

  /**
   * A first key, dealt by the participants together.
   * @param threshold shares that sign; by default more than half
   * @throws SecureKeyManagerError, ThresholdSignatureError INVALID_PARAMETERS
   */
  async generateDistributedKey(
    participants: readonly string[],
    threshold = majorityOf(participants),
  ): Promise<ManagedKey> {
    const made = await this.#make(participants, threshold)
    const key = keyOf(made, null)
    this.#adopt(made, key)
    return key
  }

  /**
   * A new key in the place of an active one, and the end of that one when the transition is over.
   * @param currentKeyId 64 hexadecimal digits
   * @param participants of the new key: the same, or others; more than half of them sign
   * @throws SecureKeyManagerError UNKNOWN_KEY, KEY_NOT_ACTIVE, INVALID_PARAMETERS; whatever `notifyKeyRotation` throws
   */
  async rotateKeys(currentKeyId: string, participants: readonly string[]): Promise<ManagedKey> {
    this.#requireActive(currentKeyId)
    const made = await this.#make(participants, majorityOf(participants))
    const nowMs = this.#nowMs()
    const handover = await this.#handOver(this.#requireActive(currentKeyId), made, nowMs)
    const newKey = keyOf(made, handover)
    try {
      await this.#options.notifyKeyRotation?.(participants, newKey)
      const old = this.#requireActive(currentKeyId) // nobody else was faster
      this.#adopt(made, newKey)
      this.#scheduleKeyTransition(old, handover.oldNotAfterMs)
    } catch (error) {
      wipe(made.system)
      for (const { share } of newKey.keyShares) share.fill(0)
      throw error
    }
    this.#rotations.push({
      oldKeyId: currentKeyId,
      newKeyId: newKey.keyId,
      atMs: nowMs,
      oldNotAfterMs: handover.oldNotAfterMs,
    })
    if (this.#rotations.length > ROTATIONS_MAX) this.#rotations.shift()
    return newKey
  }

  /** @throws SecureKeyManagerError UNKNOWN_KEY */
  stateOf(keyId: string): ManagedKeyState {
    const held = this.#require(keyId)
    if (held.isWiped) return 'retired'
    if (held.retiresMs === null) return 'active'
    if (this.#nowMs() < held.retiresMs) return 'retiring'
    this.deactivateKey(keyId) // its timer is late
    return 'retired'
  }

  /** Ends a key at once: on suspicion, or when its transition is over. @throws SecureKeyManagerError UNKNOWN_KEY */
  deactivateKey(keyId: string): void {
    const held = this.#require(keyId)
    if (held.timer !== null) clearTimeout(held.timer)
    held.timer = null
    held.isWiped = true
    wipe(held.system)
  }

  /** @returns 48 bytes @throws SecureKeyManagerError KEY_RETIRED, UNKNOWN_KEY; ThresholdSignatureError */
  async createThresholdSignature(
    keyId: string,
    message: Message,
    signatories: readonly string[],
  ): Promise<Uint8Array> {
    if (this.stateOf(keyId) === 'retired')
      throw new SecureKeyManagerError('KEY_RETIRED', `the key ${keyId} is retired and signs no more`)
    return this.#require(keyId).system.createThresholdSignature(message, signatories)
  }

  /** @returns false for a retired key as well @throws SecureKeyManagerError UNKNOWN_KEY */
  verifyThresholdSignature(keyId: string, message: Message, signature: Uint8Array): boolean {
    if (this.stateOf(keyId) === 'retired') return false
    return this.#require(keyId).system.verifyThresholdSignature(message, signature)
  }

  /**
   * One backup for each share, encrypted to the guardians: any `backupThreshold` of them restore it, fewer learn nothing.
   * @returns what to keep of each, to know the backup again
   * @throws SecureKeyManagerError NO_GUARDIANS, INVALID_PARAMETERS
   */
  async backupKeyShares(
    keyShares: readonly KeyShare[],
    backupThreshold: number,
  ): Promise<readonly { readonly id: string; readonly checksum: string }[]> {
    if (this.#guardians.length === 0)
      throw new SecureKeyManagerError(
        'NO_GUARDIANS',
        'there is nobody who could guard a backup: name guardians',
      )
    if (!Number.isInteger(backupThreshold) || backupThreshold < 1 || backupThreshold > this.#guardians.length)
      throw invalid(
        `${backupThreshold} of ${this.#guardians.length} guardians cannot be asked to restore a backup`,
      )
    const createdMs = this.#nowMs()
    const backups = keyShares.map((keyShare, i) => {
      const container = this.#backUp(keyShare, backupThreshold, createdMs)
      const { checksum, checksumCode } = readBackup(nobleCurve, container)
      return { id: `backup_${i}`, container, checksum: toHex(checksum), code: checksumCode }
    })
    await this.#options.distributeBackups?.(backups)
    return backups.map(({ id, checksum }) => ({ id, checksum }))
  }

  #backUp({ keyId, epoch, index, share }: KeyShare, threshold: number, createdMs: number): Uint8Array {
    const scalar = parseScalar(share)
    if (scalar === null || scalar === 0n) throw invalid(`what is given as the share ${index} is none`)
    const subject = { networkId: this.#networkId, keyId: fromHex(keyId), epoch, index }
    const order = { subject, share, guardians: this.#guardians, threshold, createdMs }
    return createBackup(nobleCurve, order, this.#randomBytes)
  }

  /** Wipes everything; timers end. */
  close(): void {
    for (const keyId of this.#keys.keys()) this.deactivateKey(keyId)
  }

  async #make(participants: readonly string[], threshold: number) {
    if (participants.length === 0) throw invalid('a key has participants')
    const randomBytes = this.#randomBytes
    const system = new ThresholdSignatureSystem(threshold, participants.length, {
      parties: participants,
      randomBytes,
    })
    const { masterPublicKey } = await system.generateDistributedKeys()
    const epoch = ++this.#epochs
    return { system, masterPublicKey, epoch, keyId: toHex(sha256(masterPublicKey)) }
  }

  /** Both keys sign: the old one that it gives way to this key, the new one that it is there and can sign. */
  async #handOver({ key, system }: Held, made: Made, nowMs: number): Promise<Handover> {
    const newKeyId = fromHex(made.keyId)
    const fields = {
      oldKeyId: fromHex(key.keyId),
      newKey: made.masterPublicKey,
      epoch: made.epoch,
      notBeforeMs: nowMs,
      oldNotAfterMs: nowMs + this.transitionMs,
    }
    const message = handoverMessage(this.#networkId, fields)
    return {
      ...fields,
      newKeyId,
      oldSignature: await signWith(system, message),
      newSignature: await signWith(made.system, message),
    }
  }

  #adopt({ system, epoch }: Made, { keyShares: _, ...key }: ManagedKey): void {
    this.#keys.set(key.keyId, { key, system, epoch, retiresMs: null, isWiped: false, timer: null })
    const retired = [...this.#keys].filter(([, held]) => held.isWiped)
    for (const [keyId] of retired.slice(0, -RETIRED_KEYS_MAX)) this.#keys.delete(keyId)
  }

  #scheduleKeyTransition(old: Held, retiresMs: number): void {
    old.retiresMs = retiresMs
    old.timer = setTimeout(() => this.deactivateKey(old.key.keyId), Math.max(0, retiresMs - this.#nowMs()))
    // In Node a timer is an object that would keep the process alive for a day.
    if (typeof old.timer === 'object') old.timer.unref()
  }

  #requireActive(keyId: string): Held {
    const state = this.stateOf(keyId)
    if (state === 'active') return this.#require(keyId)
    throw new SecureKeyManagerError('KEY_NOT_ACTIVE', `the key ${keyId} is ${state}: another has followed it`)
  }

  #require(keyId: string): Held {
    const held = this.#keys.get(keyId)
    if (held === undefined) throw new SecureKeyManagerError('UNKNOWN_KEY', `no key ${keyId} is known here`)
    return held
  }

  #nowMs(): number {
    return this.#options.now?.() ?? Date.now()
  }
}

interface Made {
  readonly system: ThresholdSignatureSystem
  readonly masterPublicKey: Uint8Array
  readonly epoch: number
  readonly keyId: string
}

function keyOf({ system, masterPublicKey, epoch, keyId }: Made, handover: Handover | null): ManagedKey {
  const keyShares = system.parties.map((participant, i) => {
    const share = system.privateKeyShares.get(participant)?.slice() ?? new Uint8Array(0)
    return { keyId, participant, index: i + 1, epoch, share }
  })
  const { threshold, parties } = system
  return { keyId, masterPublicKey, threshold, participants: parties, keyShares, handover }
}

const majorityOf = (participants: readonly string[]): number => Math.floor(participants.length / 2) + 1

const signWith = (system: ThresholdSignatureSystem, message: Uint8Array): Promise<Uint8Array> =>
  system.createThresholdSignature(message, system.parties.slice(0, system.threshold))

function wipe(system: ThresholdSignatureSystem): void {
  for (const share of system.privateKeyShares.values()) share.fill(0)
  system.privateKeyShares.clear()
}

function refuseGuardians(guardians: readonly Guardian[]): void {
  if (guardians.length > GUARDIANS_MAX) throw invalid(`there are at most ${GUARDIANS_MAX} guardians`)
  for (const { name, publicKey } of guardians) {
    if (!GUARDIAN_NAME.test(name)) throw invalid(`"${name}" is no name of a guardian`)
    if (decodeElement(publicKey) === null)
      throw invalid(`the key of the guardian ${name} is none in ristretto255`)
  }
  const names = new Set(guardians.map(({ name }) => name))
  const keys = new Set(guardians.map(({ publicKey }) => toHex(publicKey)))
  if (names.size < guardians.length || keys.size < guardians.length)
    throw invalid('each guardian has a name and a key of its own')
}

function invalid(message: string): SecureKeyManagerError {
  return new SecureKeyManagerError('INVALID_PARAMETERS', message)
}
