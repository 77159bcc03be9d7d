import { toHex } from '../lib/bytes.ts'
import { REQUEST_PROTOCOLS, type RequestProtocol, TOPICS, type Topic } from '../runtime/ports.ts'

/** The names under which one network speaks. All carry the first eight digits of the network id. */
export interface ProtocolNames {
  readonly hello: string
  readonly kad: string
  /** For libp2p modules that append their own name: `<prefix>/id/1.0.0`, without a leading slash. */
  readonly prefix: string
  readonly topics: Readonly<Record<Topic, string>>
  readonly requests: Readonly<Record<RequestProtocol, string>>
}

/** @param networkId 32 bytes */
export function protocolNames(networkId: Uint8Array): ProtocolNames {
  const prefix = `quorate/${toHex(networkId.subarray(0, 4))}`
  const topics = Object.fromEntries(TOPICS.map(topic => [topic, `/${prefix}/1/${topic}`]))
  const requests = Object.fromEntries(REQUEST_PROTOCOLS.map(name => [name, `/${prefix}/${name}/1`]))
  return {
    hello: `/${prefix}/hello/1`,
    kad: `/${prefix}/kad/1.0.0`,
    prefix,
    topics: topics as Record<Topic, string>,
    requests: requests as Record<RequestProtocol, string>,
  }
}
