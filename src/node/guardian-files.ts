import { z } from 'zod'
import { createGuardianKey, guardianPublicKey } from '../crypto/threshold/backup.ts'
import { GUARDIAN_NAME, GUARDIANS_MAX, type Guardian } from '../crypto/threshold/backup-container.ts'
import { decodeElement } from '../crypto/threshold/ristretto.ts'
import type { RandomBytes } from '../crypto/threshold/scalar.ts'
import { fromHex } from '../lib/bytes.ts'
import { ConfigError, type ConfigProblem, readJsonObject } from './config-sources.ts'
import {
  KeyFileError,
  openKeystoreFile,
  readKeystore,
  type WriteOptions,
  writeKeystoreFile,
} from './keystore-file.ts'
import { publicShareOf } from './share-file.ts'

/**
 * What guardians of backups have on disk: each a key of its own in a keystore; whoever makes backups the list of their names and
 * public keys; and a guardian that helps to restore, its opened fragment in a keystore, under a password that it tells whoever
 * restores. The public key of a fragment's keystore is h(g)·G2, which follows from the backup, so a fragment is known to be right
 * before anybody has a password.
 */
export interface NamedGuardianKey extends Guardian {
  /** 32 bytes */
  readonly secret: Uint8Array
}

const KEY_DESCRIPTION = /^QUORATE guardian name=([\w.-]{1,64})$/
const FRAGMENT_DESCRIPTION = /^QUORATE fragment guardian=([\w.-]{1,64}) backup=([0-9A-Z-]{19})$/
const NAME_ALLOWED = '1 to 64 letters, digits, dots, underscores or hyphens'
const KEY_ALLOWED = '64 lowercase hexadecimal digits, as quorate keys guardian prints them'
const LIST_ALLOWED = `1 to ${GUARDIANS_MAX} guardians`

const guardiansSchema = z.strictObject({
  format: z.literal('quorate-guardians/1', 'the text "quorate-guardians/1"'),
  guardians: z
    .array(
      z.strictObject(
        {
          name: z.string(NAME_ALLOWED).regex(GUARDIAN_NAME, NAME_ALLOWED),
          publicKey: z.string(KEY_ALLOWED).regex(/^[0-9a-f]{64}$/, KEY_ALLOWED),
        },
        'an object with name and publicKey',
      ),
      LIST_ALLOWED,
    )
    .min(1, LIST_ALLOWED)
    .max(GUARDIANS_MAX, LIST_ALLOWED),
})

/** @throws ConfigError naming everything that is wrong, and where */
export function readGuardiansFile(file: string): readonly Guardian[] {
  const parsed = guardiansSchema.safeParse(readJsonObject(file, 'list of guardians'))
  const problems = parsed.success ? listProblems(parsed.data.guardians) : parsed.error.issues.map(problemOf)
  if (!parsed.success || problems.length > 0)
    throw new ConfigError(`the list of guardians ${file} cannot be used:`, problems)
  return parsed.data.guardians.map(({ name, publicKey }) => ({ name, publicKey: fromHex(publicKey) }))
}

function problemOf({ path, message }: z.core.$ZodIssue): ConfigProblem {
  const where = path.map(String).join('.')
  return {
    path: where === '' ? 'the whole file' : where,
    problem: 'is missing or not acceptable',
    allowed: message.startsWith('Unrecognized') ? 'format and guardians; name and publicKey' : message,
  }
}

/** One guardian twice would have two fragments: fewer people than were asked for could restore. */
function listProblems(guardians: readonly { name: string; publicKey: string }[]): ConfigProblem[] {
  return guardians.flatMap((guardian, i) => {
    const problems: ConfigProblem[] = []
    for (const field of ['name', 'publicKey'] as const) {
      const first = guardians.findIndex(other => other[field] === guardian[field])
      const problem = `${guardian[field]} is also that of guardians.${first}`
      if (first !== i)
        problems.push({ path: `guardians.${i}.${field}`, problem, allowed: `one ${field} for each guardian` })
    }
    if (decodeElement(fromHex(guardian.publicKey)) === null)
      problems.push({
        path: `guardians.${i}.publicKey`,
        problem: 'is no key in ristretto255',
        allowed: KEY_ALLOWED,
      })
    return problems
  })
}

/** @returns the public part @throws KeyFileError EXISTS, EMPTY_PASSWORD, UNWRITABLE */
export async function createGuardianFile(
  path: string,
  name: string,
  password: string,
  random: RandomBytes,
  options: WriteOptions = {},
): Promise<Guardian> {
  const { secret, publicKey } = createGuardianKey(random)
  await writeKeystoreFile(
    path,
    { secret, publicKey, description: `QUORATE guardian name=${name}` },
    password,
    options,
  )
  secret.fill(0)
  return { name, publicKey }
}

/** @throws KeyFileError MALFORMED when it is not that of a guardian */
export async function readGuardianFile(path: string, password: string): Promise<NamedGuardianKey> {
  const { description } = await readKeystore(path)
  const name = guardianNameOf(description)
  if (name === null) throw notThatOf(path, 'a guardian', description)
  const { secret, keystore } = await openKeystoreFile(path, password, guardianPublicKey)
  return { name, secret, publicKey: keystore.publicKey }
}

/** @returns null when the description is not that of a guardian's key */
export function guardianNameOf(description: string): string | null {
  return KEY_DESCRIPTION.exec(description)?.[1] ?? null
}

export interface FragmentName {
  readonly guardian: string
  /** Code of the backup's checksum. */
  readonly backupCode: string
}

/** @param value h(g), 32 bytes @throws KeyFileError EXISTS, EMPTY_PASSWORD, UNWRITABLE */
export async function writeFragmentFile(
  path: string,
  name: FragmentName,
  value: Uint8Array,
  password: string,
  options: WriteOptions = {},
): Promise<void> {
  const description = `QUORATE fragment guardian=${name.guardian} backup=${name.backupCode}`
  await writeKeystoreFile(
    path,
    { secret: value, publicKey: publicShareOf(value), description },
    password,
    options,
  )
}

/** @returns h(g), 32 bytes @throws KeyFileError */
export async function readFragmentFile(path: string, password: string): Promise<Uint8Array> {
  const { secret } = await openKeystoreFile(path, password, publicShareOf)
  return secret
}

/** @returns null when the description is not that of a fragment */
export function fragmentNameOf(description: string): FragmentName | null {
  const [, guardian, backupCode] = FRAGMENT_DESCRIPTION.exec(description) ?? []
  return guardian === undefined || backupCode === undefined ? null : { guardian, backupCode }
}

function notThatOf(path: string, what: string, description: string): KeyFileError {
  const message = `The key file "${path}" is not that of ${what}: its description is "${description}".`
  return new KeyFileError('MALFORMED', message)
}
