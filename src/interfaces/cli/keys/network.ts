/** Asks nodes that run for something about the network's key, and waits for what comes of it. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createQuorateClient, type KeyWish, type QuorateClient } from '../../../client/client.ts'
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

export interface WishFlags {
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
export async function runWish(wish: KeyWish, flags: WishFlags, terminal: Terminal): Promise<void> {
  const nodes = await ownNodes(flags, terminal)
  const { signal, dispose } = onInterrupt()
  try {
    await askAndWait(wish, nodes, flags, { terminal, signal })
  } finally {
    dispose()
  }
}

async function askAndWait(
  wish: KeyWish,
  nodes: readonly OwnNode[],
  flags: WishFlags,
  { terminal, signal }: { terminal: Terminal; signal: AbortSignal },
): Promise<void> {
  const last = await askInTurn(wish, nodes, { terminal, signal })
  const answer = { wish, ...last.reply }
  if (!flags.wait || wish === 'revoke' || last.reply.state === 'pending') {
    if (flags.json === true) return terminal.printJson(answer)
    const where =
      last.reply.state === 'executed' ? `in the log at sequence ${last.reply.sequence}` : 'accepted'
    return terminal.print(`asked to ${wish} the shared key: ${where}`)
  }
  if (wish === 'rotate' && (await last.node.api.keys({ signal }))?.ceremony === null) {
    if (flags.json === true) return terminal.printJson(answer)
    return terminal.print('asked for another key; more members have to ask, within a day')
  }
  const limit = AbortSignal.any([signal, AbortSignal.timeout(flags.timeout * 1_000)])
  const after = last.reply.sequence - 1
  const activated = await followUntilActive(last.node.api, after, {
    terminal,
    limit,
    quiet: flags.json === true,
  })
  if (activated !== null) {
    if (flags.json === true) terminal.printJson({ ...answer, activated })
    return
  }
  signal.throwIfAborted()
  const message = `the new shares do not count after ${flags.timeout} s; quorate status shows who is missing`
  throw new CommandError(EXIT.unreachable, message)
}

/** A new key takes several voices, new shares one: nodes are asked until one of them has started it. */
async function askInTurn(
  wish: KeyWish,
  nodes: readonly OwnNode[],
  { terminal, signal }: { terminal: Terminal; signal: AbortSignal },
): Promise<{ node: OwnNode; reply: KeyRequestJson }> {
  let unreachable: unknown = null
  let asked: { node: OwnNode; reply: KeyRequestJson } | null = null
  for (const node of nodes) {
    try {
      const work = node.api.askOfKey(wish, node.token, { signal })
      const reply = await terminal.progress(`waiting for ${node.name}`, work)
      const isStarted = reply.state === 'executed' && reply.reason === 'ceremony-running' && asked !== null
      if (isStarted && asked !== null) return asked
      // A voice that the log has already goes with those of the next nodes.
      const isHeard = reply.state === 'pending' || reply.code === 0 || reply.reason === 'repeated'
      if (!isHeard)
        throw new CommandError(EXIT.refused, REASONS[reply.reason] ?? `the log says ${reply.reason}`)
      asked = { node, reply }
      if (wish === 'refresh') return asked
    } catch (error) {
      const { code } = error as { code?: unknown }
      if (code !== 'UNREACHABLE' && code !== 'CONNECTION_LOST') throw error
      unreachable = error
    }
  }
  if (asked !== null) return asked
  throw unreachable
}

/** @returns the event; null when the time is over @throws CommandError when the ceremony fails */
async function followUntilActive(
  api: QuorateClient,
  afterId: number,
  { terminal, limit, quiet }: { terminal: Terminal; limit: AbortSignal; quiet: boolean },
): Promise<KeyEventJson | null> {
  let activated: KeyEventJson | null = null
  try {
    for await (const event of api.events({ afterId, signal: limit })) {
      // Of the sequence in which it was activated there may be more to tell.
      if (event.type === 'executed' && activated !== null) return activated
      if (event.type !== 'key') continue
      const text = keyEventText(event.info)
      if (!quiet) terminal.print(text)
      if (event.info.type === 'activated') activated = event.info
      if (event.info.type === 'failed') throw new CommandError(EXIT.failed, text)
    }
  } catch (error) {
    if (!limit.aborted) throw error
  }
  return activated
}

async function ownNodes(flags: WishFlags, terminal: Terminal): Promise<readonly OwnNode[]> {
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
