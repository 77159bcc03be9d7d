import { toHex } from '../lib/bytes.ts'
import { DEFAULT_PROTOCOL, type Genesis, networkIdOf, orderedMembers } from '../membership/genesis.ts'
import type { Signer } from '../runtime/ports.ts'
import type { Scope } from '../wire/scope.ts'
import { createSharedReader, type SharedReader } from './common-reader.ts'
import type { SimulationOptions } from './options.ts'
import { createStandInSigner } from './signatures.ts'

/** The world's year: what a clock without skew shows when it begins. Milliseconds since 1970. */
export const EPOCH_MS = 1_800_000_000_000

/** What all members of a world agree on before it begins, and the key of each. */
export interface Ground {
  readonly genesis: Genesis
  readonly scope: Scope
  /** By member. */
  readonly signers: readonly Signer[]
  readonly reader: SharedReader
}

export function createGround(options: SimulationOptions): Ground {
  const signers = Array.from({ length: options.n }, (_, i) =>
    createStandInSigner(`member ${options.seed}`, i),
  )
  const genesis: Genesis = {
    format: 'quorate-genesis/1',
    name: `simulation ${options.seed}`,
    createdMs: EPOCH_MS,
    members: signers.map(({ publicKey }, i) => ({ name: `member ${i}`, publicKey: toHex(publicKey) })),
    application: { module: 'key-value', options: {} },
    protocol: {
      ...DEFAULT_PROTOCOL,
      checkpointInterval: options.checkpointInterval,
      logWindow: options.logWindow,
      transactionWindowMs: options.transactionWindowMs,
      transactionWindowMax: options.transactionWindowMax ?? DEFAULT_PROTOCOL.transactionWindowMax,
    },
    ...(options.threshold === undefined ? {} : { threshold: options.threshold }),
  }
  const members = orderedMembers(genesis)
  const ordered = members.map(
    ({ publicKey }) => signers.find(signer => toHex(signer.publicKey) === publicKey) as Signer,
  )
  const scope: Scope = {
    networkId: networkIdOf(genesis),
    epoch: 0,
    memberKeys: members.map(({ key }) => key),
  }
  return { genesis, scope, signers: ordered, reader: createSharedReader(scope) }
}
