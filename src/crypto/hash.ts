import { sha256 as portableSha256 } from '@noble/hashes/sha2.js'

/**
 * SHA-256, FIPS 180-4. Node's own implementation is several times faster than portable JavaScript; it is asked for
 * through `getBuiltinModule`, so that the same file loads in a browser, where the portable one serves.
 */
type NodeCrypto = { hash(algorithm: 'sha256', data: Uint8Array, encoding: 'latin1'): string }
type BuiltinLoader = { getBuiltinModule?: (id: string) => unknown }

const loader = (globalThis as { process?: BuiltinLoader }).process
const native = loader?.getBuiltinModule?.('node:crypto') as NodeCrypto | undefined

/**
 * SHA-256 as a text of 32 characters, each the code of one byte: a third of the memory of an array, and made in a third of
 * the time. For whoever keeps hashes by the hundred thousand.
 */
export const sha256Text: (data: Uint8Array) => string =
  native?.hash === undefined
    ? data => String.fromCharCode(...portableSha256(data))
    : data => native.hash('sha256', data, 'latin1')

/** Node makes the text and we the bytes in half the time that it takes to make a Buffer. @returns 32 bytes */
export const sha256: (data: Uint8Array) => Uint8Array =
  native?.hash === undefined ? portableSha256 : data => hashTextToBytes(sha256Text(data))

/** @returns the bytes of a text that `sha256Text` made */
export function hashTextToBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}
