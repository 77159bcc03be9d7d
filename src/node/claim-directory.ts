import { equalBytes, toHex } from '../lib/bytes.ts'
import { diskNames } from '../runtime/disk-names.ts'
import type { Signer, StoreOperation } from '../runtime/ports.ts'
import type { LevelStore } from '../storage/level-store.ts'
import type { NodeConfig } from './config.ts'

/** The data directory belongs to another network, or to another key. */
export class NodeError extends Error {
  override readonly name = 'NodeError'
  readonly code: 'OTHER_NETWORK' | 'OTHER_KEY'
  constructor(code: NodeError['code'], message: string) {
    super(message)
    this.code = code
  }
}

export interface Claim {
  readonly config: NodeConfig
  /** 32 bytes */
  readonly networkId: Uint8Array
  readonly signer: Signer
}

/**
 * A directory is of one network and one key, from the first start on.
 * @throws NodeError
 */
export async function claimDirectory(store: LevelStore, claim: Claim): Promise<void> {
  refuseOtherNetwork(store, claim)
  await claimForKey(store, claim)
}

function refuseOtherNetwork(store: LevelStore, { networkId, config }: Claim): void {
  const known = store.get(diskNames.identity)
  if (known === undefined || equalBytes(known, networkId)) return
  const message = `the directory ${config.directory} holds the data of network ${toHex(known)}, and the genesis file ${config.genesis} makes network ${toHex(networkId)}: name another directory, or the genesis file of that network`
  throw new NodeError('OTHER_NETWORK', message)
}

/** What another key signed is not known of this one: a member that takes over its directory could sign two statements for a slot. */
async function claimForKey(store: LevelStore, { config, signer }: Claim): Promise<void> {
  const known = store.get(diskNames.owner)
  if (known === undefined)
    return write(store, [{ type: 'put', key: diskNames.owner, value: signer.publicKey }])
  if (equalBytes(known, signer.publicKey)) return
  const message = `the directory ${config.directory} belongs to the key ${toHex(known)}, and the key file ${config.key.file} holds ${toHex(signer.publicKey)}: name the directory or the key file that belongs to the other`
  throw new NodeError('OTHER_KEY', message)
}

function write(store: LevelStore, operations: readonly StoreOperation[]): Promise<void> {
  return new Promise((resolve, reject) => {
    store.write(operations, { sync: true }, error => (error === null ? resolve() : reject(error)))
  })
}
