/**
 * The transactions of one benchmark client, signed before they are needed: signing is the client's work and must not take
 * time from the network that is measured on the same machine.
 */
import { randomBytes } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import type { Transaction } from '../../../application/contract.ts'
import { encodeSet } from '../../../application/key-value.ts'
import { createTransactionSigner, createUnsignedKey } from '../../../client/signer.ts'
import { createNativeSigner } from '../../../node/native-ed25519.ts'
import { CommandError, EXIT } from '../failure.ts'

export interface TransactionSource {
  /** One that was signed beforehand, or else one signed now. */
  next(): Transaction
  /** Signs so many more beforehand. @throws the reason of the signal */
  prepare(count: number, signal: AbortSignal): Promise<void>
  /** How many were signed only when they were asked for. */
  late(): number
}

export interface SourceOptions {
  readonly networkId: Uint8Array
  /** Bytes of the whole operation. */
  readonly payloadBytes: number
  readonly signed: boolean
  /** Tells clients apart. */
  readonly name: string
}

/** Different keys that one client writes, so that the state has a size and does not grow for ever. */
const KEYS = 2_000
/** Signed without a pause. */
const SLICE = 500

export function createTransactionSource(options: SourceOptions): TransactionSource {
  const { networkId, payloadBytes, signed, name } = options
  const key = signed ? createNativeSigner(randomBytes(32)) : createUnsignedKey(randomBytes(32))
  const signer = createTransactionSigner(key, networkId)
  const filling = randomBytes(valueBytesOf(name, payloadBytes))
  const ready: Transaction[] = []
  let made = 0
  let taken = 0
  let late = 0

  function make(): Transaction {
    const value = Uint8Array.from(filling)
    if (value.length >= 4) new DataView(value.buffer).setUint32(0, made)
    return signer.sign(encodeSet(keyAt(name, made++ % KEYS), value))
  }

  return {
    next() {
      const prepared = ready[taken]
      if (prepared !== undefined) {
        taken++
        return prepared
      }
      late++
      return make()
    },
    async prepare(count, signal) {
      ready.splice(0, taken)
      taken = 0
      for (let i = 0; i < count; i++) {
        ready.push(make())
        if (i % SLICE > 0) continue
        await turn()
        signal.throwIfAborted()
      }
    },
    late: () => late,
  }
}

/** All keys have one length, so that all operations have. */
const keyAt = (name: string, index: number): string => `bench/${name}/${String(index).padStart(4, '0')}`

function valueBytesOf(name: string, payloadBytes: number): number {
  const overhead = encodeSet(keyAt(name, 0), new Uint8Array(payloadBytes)).length - payloadBytes
  if (payloadBytes >= overhead) return payloadBytes - overhead
  throw new CommandError(EXIT.usage, `--payload ${payloadBytes} is too small; allowed: ${overhead} and more`)
}
