import type { Result } from '../application/contract.ts'
import type { FaultCode } from '../crypto/threshold/ceremony.ts'
import { utf8 } from '../lib/bytes.ts'

/** What came of a system transaction: the code of its receipt, and the same in a word. */
export type SystemCode =
  | 'done'
  /** What no correct member lets into a batch. */
  | 'malformed'
  | 'client-unknown'
  /** The state is not one in which this can be asked. */
  | 'no-ceremony'
  | 'ceremony-running'
  | 'key-exists'
  | 'no-key'
  | 'too-early'
  | 'too-many-retiring'
  | 'unknown-key'
  | 'unknown-epoch'
  /** Of a ceremony: this member lied too often in it, or had nothing to say. */
  | 'not-heard'
  | 'nothing-said'
  | 'wrong-handover'
  | FaultCode

const CODES = {
  done: 0,
  malformed: 1,
  'client-unknown': 2,
  'no-ceremony': 3,
  'ceremony-running': 4,
  'key-exists': 5,
  'no-key': 6,
  'too-early': 7,
  'too-many-retiring': 8,
  'unknown-key': 9,
  'unknown-epoch': 10,
  'not-heard': 11,
  'nothing-said': 12,
  'wrong-handover': 13,
  late: 32,
  early: 33,
  repeated: 34,
  outdated: 35,
  'not-a-member': 36,
  'wrong-session': 37,
  'malformed-point': 38,
  'wrong-key-proof': 39,
  'wrong-degree': 40,
  'wrong-ciphertexts': 41,
  'copied-ephemeral': 42,
  'wrong-ephemeral-proof': 43,
  'wrong-constant': 44,
  'wrong-constant-proof': 45,
  equivocation: 46,
  'bad-share': 47,
  'wrong-complaint-proof': 48,
  'false-complaint': 49,
  'wrong-share-proof': 50,
  'wrong-certificate': 51,
} as const satisfies Record<SystemCode, number>

export function systemResult(code: SystemCode): Result {
  return { code: CODES[code], data: code === 'done' ? new Uint8Array(0) : utf8(code) }
}
