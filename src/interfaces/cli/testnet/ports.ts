/**
 * Ports for a test network. Chosen once and remembered, because the others know replica 0 by its port; chosen below the
 * range from which systems hand out ports by themselves, so that they are still free at the next start.
 */
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { CommandError, EXIT } from '../failure.ts'

const CHOSEN_MIN = 20_000
const CHOSEN_MAX = 32_000
const ATTEMPTS_MAX = 1_000

export interface PortPair {
  readonly listenPort: number
  readonly apiPort: number
}

export async function isPortFree(port: number): Promise<boolean> {
  return await new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/**
 * @param basePort 0: any free ports; otherwise node i listens on basePort + 2i and has its API on the port after it
 * @throws CommandError when a stated port is taken, or beyond 65535
 */
export async function choosePorts(count: number, basePort: number): Promise<readonly PortPair[]> {
  return basePort === 0 ? await chooseAnyPorts(count) : await chooseStatedPorts(count, basePort)
}

async function chooseStatedPorts(count: number, basePort: number): Promise<readonly PortPair[]> {
  const last = basePort + 2 * count - 1
  if (last > 65_535) {
    throw new CommandError(
      EXIT.usage,
      `${count} nodes from --base-port ${basePort} need ports up to ${last}, beyond 65535`,
    )
  }
  for (let port = basePort; port <= last; port++) {
    if (!(await isPortFree(port))) {
      throw new CommandError(
        EXIT.addressInUse,
        `port ${port} is in use; choose another --base-port, or 0 for any free ports`,
      )
    }
  }
  return Array.from({ length: count }, (_, i) => ({
    listenPort: basePort + 2 * i,
    apiPort: basePort + 2 * i + 1,
  }))
}

async function chooseAnyPorts(count: number): Promise<readonly PortPair[]> {
  const ports = new Set<number>()
  for (let attempt = 0; attempt < ATTEMPTS_MAX && ports.size < 2 * count; attempt++) {
    const port = randomInt(CHOSEN_MIN, CHOSEN_MAX)
    if (await isPortFree(port)) ports.add(port)
  }
  const chosen = [...ports]
  return Array.from({ length: count }, (_, i) => {
    const [listenPort, apiPort] = chosen.slice(2 * i, 2 * i + 2)
    if (listenPort === undefined || apiPort === undefined) {
      throw new CommandError(
        EXIT.addressInUse,
        `no ${2 * count} free ports between ${CHOSEN_MIN} and ${CHOSEN_MAX}`,
      )
    }
    return { listenPort, apiPort }
  })
}
