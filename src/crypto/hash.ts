import { sha256 as portableSha256 } from '@noble/hashes/sha2.js'

/**
 * SHA-256, FIPS 180-4. Node's own implementation is several times faster than portable JavaScript; it is asked for
 * through `getBuiltinModule`, so that the same file loads in a browser, where the portable one serves.
 */
type NodeCrypto = { hash(algorithm: 'sha256', data: Uint8Array, encoding: 'buffer'): Uint8Array }
type BuiltinLoader = { getBuiltinModule?: (id: string) => unknown }

const loader = (globalThis as { process?: BuiltinLoader }).process
const native = loader?.getBuiltinModule?.('node:crypto') as NodeCrypto | undefined

/** @returns 32 bytes */
export const sha256: (data: Uint8Array) => Uint8Array =
  native?.hash === undefined ? portableSha256 : data => native.hash('sha256', data, 'buffer')
