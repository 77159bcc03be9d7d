import {
  createGuardianKey,
  type Fragment,
  openFragment,
  readBackup,
  restoreShare,
  type VerifiedBackup,
} from '../crypto/threshold/backup.ts'
import type { BackupSubject, Guardian } from '../crypto/threshold/backup-container.ts'
import { nobleCurve } from '../crypto/threshold/noble-curve.ts'
import type { RandomBytes } from '../crypto/threshold/scalar.ts'

export { BackupError, type BackupErrorCode } from '../crypto/threshold/backup-container.ts'

/**
 * What people do with backups of key shares, whether `SecureKeyManager` made them or `quorate keys backup`: guard them, check them, and
 * restore from them. How they work is in `crypto/threshold`.
 */

/** A new guardian: the secret is for the guardian alone. */
export function createGuardian(
  name: string,
  randomBytes: RandomBytes = length => crypto.getRandomValues(new Uint8Array(length)),
): { readonly guardian: Guardian; readonly secret: Uint8Array } {
  const { publicKey, secret } = createGuardianKey(randomBytes)
  return { guardian: { name, publicKey }, secret }
}

/** All that everybody can check of a backup. @throws BackupError naming the field that is wrong */
export function verifyBackup(container: Uint8Array, expected: Partial<BackupSubject> = {}): VerifiedBackup {
  return readBackup(nobleCurve, container, expected)
}

/** A guardian's fragment, checked. @throws BackupError naming the guardian when it is wrong */
export function openBackupFragment(container: Uint8Array, secret: Uint8Array): Fragment {
  return openFragment(nobleCurve, readBackup(nobleCurve, container), secret)
}

/**
 * @returns the share, 32 bytes, and the guardians whose fragments were wrong
 * @throws BackupError TOO_FEW_FRAGMENTS, which names those as well
 */
export function restoreKeyShare(
  container: Uint8Array,
  fragments: readonly Fragment[],
): { readonly share: Uint8Array; readonly wrong: readonly string[] } {
  return restoreShare(nobleCurve, readBackup(nobleCurve, container), fragments)
}
