/** Asks nodes that run for something about the network's key, and waits for what comes of it. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createQuorateClient, type KeyRequest, type QuorateClient } from '../../../client/client.ts'
import type { KeyEventJson, KeyRequestJson } from '../../../client/key-types.ts'
import { loadConfig } from '../../../node/config-sources.ts'
import { readOperatorToken, readTokenFile } from '../../../node/operator-token.ts'
import { apiUrl, apiUrlOfConfig, DEFAULT_TESTNET_DIRECTORY } from '../api.ts'
import { CommandError, EXIT } from '../failure.ts'
import { onInterrupt } from '../interrupt.ts'
import { keyEventText } from '../key-lines.ts'
import { CONFIG_FILE } from '../node-directory.ts'
import type { Terminal } from '../terminal.ts'
import { apiUrlOf, nodePaths, readManifest, testnetPaths } from '../testnet/layout.ts'

export interface KeyRequestFlags {
  readonly dir?: readonly string[]
  readonly api?: string
  readonly tokenFile?: string
  readonly timeout: number
  readonly wait: boolean
  readonly json?: boolean
}

/** A node whose operator we are. */
interface OwnNode {
  readonly api: QuorateClient
  readonly name: string
  readonly token: string
}

/** What a receipt says in a word, in a sentence. */
const REASONS: Readonly<Record<string, string>> = {
  'ceremony-running': 'a ceremony runs already',
  'no-key': 'there is no shared key yet',
  'too-early': 'the shares were dealt on request less than ten minutes ago',
  'too-many-retiring': 'too many former keys have not ended yet',
  'unknown-key': 'this key is not the one that counts',
}

/** @throws CommandError when it came to nothing */
export async function runKeyRequest(
  request: KeyRequest,
  flags: KeyRequestFlags,
  terminal: Terminal,
): Promise<void> {
  const nodes = await ownNodes(flags, terminal)
  const { signal, dispose } = onInterrupt()
  try {
    await askAndWait(request, nodes, flags, { terminal, signal })
  } finally {
    dispose()
  }
}

async function askAndWait(
  request: KeyRequest,
  nodes: readonly OwnNode[],
  flags: KeyRequestFlags,
  { terminal, signal }: { terminal: Terminal; signal: AbortSignal },
): Promise<void> {
  const { node, reply, effect } = await askInTurn(request, nodes, flags, { terminal, signal })
  const isJson = flags.json === true
  const answer = { request, ...reply, ...(effect && { effect }) }
  if (!flags.wait || effect?.type !== 'ceremony-started') {
    if (isJson) return terminal.printJson(answer)
    for (const line of linesOf(request, reply, effect)) terminal.print(line)
    return
  }
  const limit = AbortSignal.any([signal, AbortSignal.timeout(flags.timeout * 1_000)])
  const activated = await followUntilActive(node, effect, { terminal, limit, quiet: isJson })
  if (activated !== null) {
    if (isJson) terminal.printJson({ ...answer, activated })
    return
  }
  signal.throwIfAborted()
  const message = `the new shares do not count after ${flags.timeout} s; quorate status shows who is missing`
  throw new CommandError(EXIT.unreachable, message)
}

function linesOf(request: KeyRequest, reply: KeyRequestJson, effect: Effect | null): string[] {
  const where = reply.state === 'executed' ? `in the log at sequence ${reply.sequence}` : 'accepted'
  const lines = [`asked to ${request} the shared key: ${where}`]
  if (effect !== null) lines.push(keyEventText(effect))
  const isCounted = effect?.type === 'asked' || (reply.state === 'executed' && reply.reason === 'repeated')
  if (isCounted && effect?.type !== 'revoked')
    lines.push(`more members have to ask${request === 'rotate' ? ', within a day' : ''}`)
  return lines
}

/** What a voice may bring about. A ceremony that has ended since was begun all the same. */
type Effect = Extract<KeyEventJson, { readonly type: 'ceremony-started' | 'asked' | 'revoked' }>

interface Voice {
  readonly node: OwnNode
  readonly reply: KeyRequestJson
  /** Null: not in the log yet, or there already. */
  readonly effect: Effect | null
}

/** A new key, or the end of one, takes several voices, new shares one: nodes are asked until there were enough. */
async function askInTurn(
  request: KeyRequest,
  nodes: readonly OwnNode[],
  { timeout }: KeyRequestFlags,
  { terminal, signal }: { terminal: Terminal; signal: AbortSignal },
): Promise<Voice> {
  let unreachable: unknown = null
  let last: Voice | null = null
  let first: number | null = null
  for (const node of nodes) {
    try {
      const reply = await terminal.progress(
        `waiting for ${node.name}`,
        node.api.askOfKey(request, node.token, { signal }),
      )
      const isRunning = reply.state === 'executed' && reply.reason === 'ceremony-running'
      if (!(isRunning && last !== null)) throwIfRefused(reply)
      let effect: Effect | null = null
      if (reply.state === 'executed') {
        first ??= reply.sequence
        const limit = AbortSignal.any([signal, AbortSignal.timeout(timeout * 1_000)])
        effect = await effectOf(request, node, { from: first, to: reply.sequence, signal, limit })
      }
      if (isRunning && last !== null && effect?.type !== 'ceremony-started') return last
      last = { node, reply, effect }
      if (request === 'refresh' || (effect !== null && effect.type !== 'asked')) return last
    } catch (error) {
      const { code } = error as { code?: unknown }
      if (code !== 'UNREACHABLE' && code !== 'CONNECTION_LOST') throw error
      unreachable = error
    }
  }
  if (last !== null) return last
  throw unreachable
}

/** A voice that the log has already goes with those of the next nodes. */
function throwIfRefused(reply: KeyRequestJson): void {
  if (reply.state === 'expired')
    throw new CommandError(EXIT.refused, 'it expired before it was ordered: ask again')
  if (reply.state === 'pending' || reply.code === 0 || reply.reason === 'repeated') return
  throw new CommandError(EXIT.refused, REASONS[reply.reason] ?? `the log says ${reply.reason}`)
}

/**
 * What came of our voices, by what the log says happened then, not by how things stand now.
 * @param from sequence of the first voice @param to that of the last
 */
async function effectOf(
  request: KeyRequest,
  { api, name }: OwnNode,
  { from, to, signal, limit }: { from: number; to: number; signal: AbortSignal; limit: AbortSignal },
): Promise<Effect | null> {
  let effect: Effect | null = null
  try {
    for await (const event of api.events({ afterId: from - 1, signal: limit })) {
      if (event.type === 'gap') throw untold(name)
      if (event.type === 'executed' && event.id >= to) return effect
      if (event.type !== 'key') continue
      const { info } = event
      if (info.type === 'asked' && info.request === request) effect = info
      if (info.type === 'revoked' && request === 'revoke') return info
      if (info.type === 'ceremony-started' && info.kind === request) return info
    }
  } catch (error) {
    if (!limit.aborted || signal.aborted) throw error
  }
  throw untold(name)
}

function untold(name: string): CommandError {
  return new CommandError(EXIT.unreachable, `${name} does not tell what came of it; quorate status does`)
}

/** @returns the event; null when the time is over @throws CommandError when the ceremony fails */
async function followUntilActive(
  { api, name }: OwnNode,
  started: Extract<Effect, { readonly type: 'ceremony-started' }>,
  { terminal, limit, quiet }: { terminal: Terminal; limit: AbortSignal; quiet: boolean },
): Promise<KeyEventJson | null> {
  let isOurs = false
  let activated: KeyEventJson | null = null
  try {
    for await (const event of api.events({ afterId: started.sequence - 1, signal: limit })) {
      if (event.type === 'gap') throw untold(name)
      // Of the sequence in which it was activated there may be more to tell.
      if (event.type === 'executed' && activated !== null) return activated
      if (event.type !== 'key') continue
      const { info } = event
      // Another ceremony may have ended in the same sequence, before this one began.
      isOurs ||= info.type === 'ceremony-started' && info.sessionId === started.sessionId
      if (!isOurs) continue
      const text = keyEventText(info)
      if (!quiet) terminal.print(text)
      if (info.type === 'activated') activated = info
      if (info.type === 'failed') throw new CommandError(EXIT.failed, text)
    }
  } catch (error) {
    if (!limit.aborted) throw error
  }
  return activated
}

async function ownNodes(flags: KeyRequestFlags, terminal: Terminal): Promise<readonly OwnNode[]> {
  const { api, dir, tokenFile } = flags
  if (api !== undefined && dir !== undefined)
    throw new CommandError(EXIT.usage, 'give either --dir or --api, not both')
  if (api !== undefined) {
    const url = apiUrl(api)
    return [{ api: createQuorateClient({ url }), name: url, token: await tokenOf(tokenFile, terminal) }]
  }
  const directories = dir ?? [existsSync(CONFIG_FILE) ? '.' : DEFAULT_TESTNET_DIRECTORY]
  return (await Promise.all(directories.map(directory => nodesIn(directory, terminal)))).flat()
}

async function tokenOf(file: string | undefined, terminal: Terminal): Promise<string> {
  if (file !== undefined) return await readTokenFile(file)
  const token = terminal.environment.QUORATE_OPERATOR_TOKEN
  if (token !== undefined && token !== '') return token
  throw new CommandError(EXIT.usage, 'no token: give --token-file, or set QUORATE_OPERATOR_TOKEN')
}

async function nodesIn(directory: string, terminal: Terminal): Promise<readonly OwnNode[]> {
  const paths = testnetPaths(directory)
  const manifest = readManifest(paths)
  if (manifest === null) return [await nodeIn(directory, terminal)]
  const replicas = manifest.nodes.filter(({ role }) => role === 'replica')
  return await Promise.all(
    replicas.map(async node => ({
      api: createQuorateClient({ url: apiUrlOf(node) }),
      name: `node ${node.index}`,
      token: await readOperatorToken(nodePaths(paths, node.directory).data),
    })),
  )
}

async function nodeIn(directory: string, terminal: Terminal): Promise<OwnNode> {
  const file = join(directory, CONFIG_FILE)
  if (!existsSync(file))
    throw new CommandError(
      EXIT.usage,
      `${directory} holds neither a node (${CONFIG_FILE}) nor a test network`,
    )
  const { directory: data, http } = loadConfig(file, terminal.environment, {})
  const url = apiUrlOfConfig(http)
  if (url === null)
    throw new CommandError(EXIT.usage, `${file} leaves the port of the API open: give --api and --token-file`)
  return { api: createQuorateClient({ url }), name: url, token: await readOperatorToken(data) }
}
