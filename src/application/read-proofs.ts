import { utf8 } from '../lib/bytes.ts'
import type { Application, Refusal } from './contract.ts'
import { keyFault } from './key-value-operation.ts'
import { parseAccount } from './ledger-operation.ts'
import { verifyKeyProof } from './merkle-proof.ts'

/**
 * How the built-in applications prove what they answer, apart from the applications: whoever only checks answers, as a browser
 * does, loads no state machine for it.
 */
export type ReadProofs = Pick<Application, 'verify'>

/** @returns the key in the map that a query's text stands for */
export function locateKey(text: string): Uint8Array | Refusal {
  const key = utf8(text)
  const fault = keyFault(key)
  return fault === null ? key : { code: 'BAD_KEY', message: fault }
}

/** @returns the key in the map that a query's text stands for */
export function locateAccount(text: string): Uint8Array | Refusal {
  const message = 'an account is a public key: 64 hexadecimal digits'
  return parseAccount(text) ?? { code: 'BAD_ACCOUNT', message }
}

/** @param application its name in the genesis file @returns null for one that is not built in */
export function readProofsOf(application: string): ReadProofs | null {
  if (application === 'key-value') return mapProofs(locateKey)
  return application === 'ledger' ? mapProofs(locateAccount) : null
}

function mapProofs(locate: (text: string) => Uint8Array | Refusal): ReadProofs {
  return {
    verify(root, text, answer) {
      const key = locate(text)
      return key instanceof Uint8Array && verifyKeyProof(root, key, answer.value, answer.proof)
    },
  }
}
