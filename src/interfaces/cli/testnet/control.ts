/**
 * How another terminal drives a running test network: one JSON line there, one back, over loopback TCP. The port and a
 * token that only the owner can read stand in `control.json`.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'
import { z } from 'zod'
import { CommandError, EXIT, type ExitCode } from '../failure.ts'

const LINE_BYTES_MAX = 1_048_576
const REQUEST_TIMEOUT_MS = 30_000
const CONNECTIONS_MAX = 16

const requestSchema = z.strictObject({
  token: z.string(),
  action: z.enum(['status', 'kill', 'start', 'stop']),
  index: z.int().min(0).optional(),
})

const answerSchema = z.union([
  z.strictObject({ ok: z.literal(true), value: z.unknown() }),
  z.strictObject({ ok: z.literal(false), exitCode: z.number(), message: z.string() }),
])

const controlFileSchema = z.strictObject({ port: z.int().min(1).max(65_535), token: z.string() })

export interface ControlRequest {
  readonly action: 'status' | 'kill' | 'start' | 'stop'
  readonly index?: number | undefined
}

export interface ControlServer {
  close(): Promise<void>
}

/** @param handle its answer is sent as JSON; a CommandError is sent as such and thrown again at the other end */
export async function serveControl(
  file: string,
  handle: (request: ControlRequest) => Promise<unknown>,
): Promise<ControlServer> {
  const token = randomBytes(32).toString('hex')
  const server = createServer(socket => {
    socket.setTimeout(REQUEST_TIMEOUT_MS, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    readLine(socket).then(
      async line => socket.end(`${JSON.stringify(await answer(line, token, handle))}\n`),
      () => socket.destroy(),
    )
  })
  server.maxConnections = CONNECTIONS_MAX
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port: 0, host: '127.0.0.1' }, resolve)
  })
  const { port } = server.address() as AddressInfo
  rmSync(file, { force: true })
  writeFileSync(file, JSON.stringify({ port, token }), { mode: 0o600, flag: 'wx' })
  return {
    async close() {
      rmSync(file, { force: true })
      await new Promise<void>(resolve => server.close(() => resolve()))
    },
  }
}

async function answer(
  line: string,
  token: string,
  handle: (request: ControlRequest) => Promise<unknown>,
): Promise<z.infer<typeof answerSchema>> {
  try {
    const request = requestSchema.parse(JSON.parse(line))
    if (!sameText(request.token, token)) return { ok: false, exitCode: EXIT.usage, message: 'wrong token' }
    return { ok: true, value: (await handle(request)) ?? null }
  } catch (error) {
    if (error instanceof CommandError) return { ok: false, exitCode: error.exitCode, message: error.message }
    return { ok: false, exitCode: EXIT.failed, message: String(error) }
  }
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/** @returns null when no supervisor runs here @throws CommandError when it refuses or does not answer */
export async function callControl(file: string, request: ControlRequest): Promise<{ value: unknown } | null> {
  let control: z.infer<typeof controlFileSchema>
  try {
    control = controlFileSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return null
  }
  const socket = createConnection({ port: control.port, host: '127.0.0.1', timeout: REQUEST_TIMEOUT_MS })
  const connected = await new Promise<boolean>(resolve => {
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
  })
  if (!connected) return null
  socket.once('timeout', () => socket.destroy(new Error('no answer in time')))
  socket.write(`${JSON.stringify({ ...request, token: control.token })}\n`)
  const line = await readLine(socket).catch((error: unknown) => {
    throw new CommandError(
      EXIT.unreachable,
      `the supervisor of the test network does not answer (${String(error)})`,
    )
  })
  const parsed = answerSchema.parse(JSON.parse(line))
  if (!parsed.ok) throw new CommandError(parsed.exitCode as ExitCode, parsed.message)
  return { value: parsed.value }
}

async function readLine(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  return await new Promise((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      length += chunk.length
      if (length > LINE_BYTES_MAX) reject(new Error('the line is too long'))
      else if (chunk.includes(10)) resolve(Buffer.concat(chunks).toString('utf8'))
    })
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('the connection was closed')))
  })
}
