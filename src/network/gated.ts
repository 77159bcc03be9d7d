import type { GossipSubComponents } from '@chainsafe/libp2p-gossipsub'
import type {
  Connection,
  PeerId,
  Stream,
  StreamHandler,
  StreamHandlerOptions,
  Topology,
} from '@libp2p/interface'

type Registrar = GossipSubComponents['registrar']
type ConnectionManager = GossipSubComponents['connectionManager']

/** Who may be served: the door of the network, as the protocols behind it see it. */
export interface Admission {
  isAdmitted(connection: Connection): boolean
  /** Rejects when the connection closes or the signal aborts first. */
  whenAdmitted(connection: Connection, signal?: AbortSignal): Promise<void>
}

/** Sees each inbound stream after its handler took it. */
export type StreamWatch = (stream: Stream, connection: Connection) => void

/**
 * The components of libp2p, seen from behind the door: streams of peers that did not pass are reset before a handler sees
 * them, protocols hear of a peer only after it passed, and our own streams wait until we passed at the peer's. Wrapping
 * what a module is given gates every module alike. (The library's stream middleware cannot serve: in libp2p 3.3 each inbound
 * stream appends its handler to the registered list.)
 */
export function behindTheDoor<C extends object>(
  components: C & { registrar: Registrar; connectionManager: ConnectionManager },
  admission: Admission,
  watch: StreamWatch = () => {},
): C {
  const registrar = gatedRegistrar(components.registrar, admission, watch)
  const connectionManager = gatedConnectionManager(components.connectionManager, admission)
  return new Proxy(components, {
    get(target, name) {
      if (name === 'registrar') return registrar
      if (name === 'connectionManager') return connectionManager
      return Reflect.get(target, name)
    },
  })
}

function gatedRegistrar(registrar: Registrar, admission: Admission, watch: StreamWatch): Registrar {
  const handle = (
    protocol: string,
    handler: StreamHandler,
    options?: StreamHandlerOptions,
  ): Promise<void> => {
    const watched: StreamHandler = (stream, connection) => {
      const handled = handler(stream, connection)
      watch(stream, connection)
      return handled
    }
    return registrar.handle(protocol, admittedOnly(watched, admission), options)
  }
  const register = (protocol: string, topology: Topology): Promise<string> =>
    registrar.register(protocol, {
      ...topology,
      onConnect: (peer, connection) => {
        if (admission.isAdmitted(connection)) return topology.onConnect?.(peer, connection)
      },
    })
  return overriding(registrar, { handle, register })
}

export function admittedOnly(handler: StreamHandler, admission: Admission): StreamHandler {
  return (stream, connection) => {
    if (admission.isAdmitted(connection)) return handler(stream, connection)
    stream.abort(new Error('not admitted'))
  }
}

function gatedConnectionManager(manager: ConnectionManager, admission: Admission): ConnectionManager {
  const openStream: ConnectionManager['openStream'] = async (
    peer,
    protocol,
    options = {},
  ): Promise<Stream> => {
    const connection = await manager.openConnection(peer as PeerId, options)
    await admission.whenAdmitted(connection, options.signal)
    return connection.newStream(protocol, options)
  }
  return overriding(manager, { openStream })
}

/** `target` with some methods replaced; all others keep their `this`. */
function overriding<T extends object>(target: T, replacements: Partial<T>): T {
  return new Proxy(target, {
    get(object, name) {
      const replacement = Reflect.get(replacements, name)
      if (replacement !== undefined) return replacement
      const value: unknown = Reflect.get(object, name)
      return typeof value === 'function' ? value.bind(object) : value
    },
  })
}
