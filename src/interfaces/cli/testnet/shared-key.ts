/**
 * Shows that the replicas made a key together, and the first certificate under it, checked as anybody may who has the network's id and
 * the key.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { createQuorateClient, type QuorateClient } from '../../../client/client.ts'
import type { ThresholdCertificateJson } from '../../../client/proof-types.ts'
import { fromHex, toHex } from '../../../lib/bytes.ts'
import { CommandError, EXIT } from '../failure.ts'
import { apiUrlOf, type TestnetManifest } from './layout.ts'

/** A ceremony waits for members that are late: several times its deadlines. */
const KEY_MS = 180_000
const POLL_MS = 100

/** @param print one line for the key, one for the certificate @throws CommandError when they do not come, or nodes differ */
export async function showSharedKey(
  manifest: TestnetManifest,
  signal: AbortSignal,
  print: (line: string) => void,
): Promise<void> {
  const startMs = performance.now()
  const apis = manifest.nodes.map(node => createQuorateClient({ url: apiUrlOf(node) }))
  const keys = await Promise.all(apis.map(api => waitFor(() => keyAt(api, signal), signal, 'a shared key')))
  const [key, ...others] = keys
  if (key === undefined || key === null) return print('shared key: none, as the genesis file says')
  if (others.some(other => other !== key))
    throw new CommandError(EXIT.failed, 'the nodes do not show one shared key')
  const on = manifest.nodes.map(({ index }) => index).join(' ')
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(1)
  print(`shared key ${key}: made by the replicas in ${seconds} s, shown by nodes ${on}`)
  const [api] = apis as [QuorateClient]
  const certificate = await waitFor(() => certificateAt(api, signal), signal, 'a certificate under the key')
  const { sequence, randomness } = await verify(manifest, key, certificate)
  print(`certificate of sequence ${sequence}: ${certificate.signature}, verified; randomness ${randomness}`)
}

/** Undefined: not yet. Null: never. */
async function keyAt(api: QuorateClient, signal: AbortSignal): Promise<string | null | undefined> {
  const { sharedKey } = await api.status({ signal })
  return sharedKey === null ? null : (sharedKey.publicKey ?? undefined)
}

async function certificateAt(
  api: QuorateClient,
  signal: AbortSignal,
): Promise<ThresholdCertificateJson | undefined> {
  return (await api.certificate(undefined, { signal })) ?? undefined
}

async function verify(manifest: TestnetManifest, key: string, certificate: ThresholdCertificateJson) {
  const { LightClient } = await import('../../../client/light-client.ts')
  const anchor = { networkId: fromHex(manifest.networkId), publicKey: fromHex(key) }
  const { sequence, randomness } = new LightClient({ anchor }).verifyCertificate(certificate)
  return { sequence, randomness: randomness === null ? '' : toHex(randomness) }
}

async function waitFor<T>(look: () => Promise<T | undefined>, signal: AbortSignal, what: string): Promise<T> {
  const untilMs = performance.now() + KEY_MS
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > untilMs)
      throw new CommandError(EXIT.failed, `the network did not show ${what} in ${KEY_MS / 1_000} s`)
    await sleep(POLL_MS, undefined, { signal })
  }
}
