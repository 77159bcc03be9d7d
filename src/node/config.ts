/**
 * What one node is told by its operator: the schema of the configuration file, whose every leaf is at once a line of the
 * file, an environment variable and a flag (`config-sources.ts`). Nothing here must agree with other nodes: what must agree
 * stands in the genesis file. Times end in Ms, sizes in Bytes, bounds in Max.
 */
import { multiaddr } from '@multiformats/multiaddr'
import { z } from 'zod'
import { CURVE_CHOICES } from './curve-choice.ts'

/** How a leaf is written in an environment variable or a flag. A path in a file is relative to the file's directory. */
export type OptionKind = 'text' | 'path' | 'integer' | 'boolean' | 'list'

/** What a person is told of a leaf. */
export interface OptionHelp {
  readonly kind: OptionKind
  readonly about: string
  /** Completes "allowed: ". */
  readonly allowed: string
}

const leaf = <T extends z.ZodType>(schema: T, kind: OptionKind, about: string, allowed: string): T =>
  schema.meta({ kind, about, allowed } satisfies OptionHelp)

const text = <T extends z.ZodType>(schema: T, about: string, allowed: string): T =>
  leaf(schema, 'text', about, allowed)

const path = <T extends z.ZodType>(schema: T, about: string): T =>
  leaf(schema, 'path', about, 'the path of a file or directory')

const integer = (about: string, min: number, max: number, fallback: number) =>
  leaf(z.int().min(min).max(max).default(fallback), 'integer', about, `an integer from ${min} to ${max}`)

const choice = <const T extends readonly [string, ...string[]]>(
  about: string,
  values: T,
  fallback: T[number],
) => leaf(z.enum(values).default(fallback), 'text', about, values.join(', '))

const ADDRESSES_MAX = 32
const ADDRESS_ALLOWED = `a list of at most ${ADDRESSES_MAX} multiaddrs such as /ip4/192.0.2.7/tcp/4100`

function isMultiaddr(value: string): boolean {
  try {
    multiaddr(value)
    return true
  } catch {
    return false
  }
}

const addresses = (about: string, fallback: string[]) =>
  leaf(
    z
      .array(
        z.string().refine(isMultiaddr, { error: issue => `"${String(issue.input)}" is not a multiaddr` }),
      )
      .max(ADDRESSES_MAX)
      .default(fallback),
    'list',
    about,
    ADDRESS_ALLOWED,
  )

const HOUR_MS = 3_600_000

export const nodeConfigSchema = z.strictObject({
  name: text(
    z.string().regex(/^[\w.-]{1,64}$/),
    'name of this node in logs and status',
    '1 to 64 letters, digits, dots, underscores or hyphens',
  ),
  directory: path(z.string().min(1), 'data directory of this node'),
  genesis: path(z.string().min(1), 'genesis file of the network'),
  key: z.strictObject({
    file: path(z.string().min(1), 'encrypted identity key'),
    passwordFile: path(
      z.string().min(1).optional(),
      'file with the password of the key; without one QUORATE_PASSWORD is used, or the terminal is asked',
    ),
  }),
  listen: addresses('addresses on which other nodes are awaited', ['/ip4/0.0.0.0/tcp/0']),
  announce: addresses('addresses told to other nodes instead of those that we listen on', []),
  bootstrap: addresses('addresses of nodes through which the others are found', []),
  http: z
    .strictObject({
      host: text(
        z.string().min(1).default('127.0.0.1'),
        'address of the HTTP API',
        'a host name or an IP address',
      ),
      port: integer('port of the HTTP API; 0 takes a free one', 0, 65_535, 0),
      connectionsMax: integer('connections to the HTTP API at a time', 1, 65_536, 1_024),
      allowWritesFromOrigins: leaf(
        z.array(z.string().min(1)).max(64).default([]),
        'list',
        'web origins whose pages may submit transactions',
        'a list of at most 64 origins such as https://example.org',
      ),
    })
    .prefault({}),
  application: z
    .strictObject({
      directory: path(z.string().min(1), 'directory that the module path of the genesis file is relative to'),
    })
    .prefault({ directory: '.' }),
  history: z
    .strictObject({
      sequences: integer(
        'executed sequences that are kept below the stable checkpoint',
        0,
        1_000_000_000,
        100_000,
      ),
      snapshotSequences: integer(
        'sequences between two snapshots; a restart executes again what came after the last one',
        1,
        1_000_000_000,
        1_024,
      ),
    })
    .prefault({}),
  timeouts: z
    .strictObject({
      viewChangeMs: integer('how long work may wait before the primary is suspected', 50, HOUR_MS, 1_500),
      viewChangeMaxMs: integer('cap of that time as it doubles with each failed view', 50, HOUR_MS, 30_000),
      resendMs: integer('how long nothing may move before messages are sent again', 10, HOUR_MS, 300),
      statusMs: integer('how often this node says where it stands', 10, HOUR_MS, 500),
    })
    .prefault({}),
  batch: z
    .strictObject({
      transactionsMax: integer(
        'transactions in one batch; the genesis file sets the upper bound',
        1,
        1_000_000,
        2_000,
      ),
      bytesMax: integer(
        'bytes in one batch; the genesis file sets the upper bound',
        1_024,
        16_777_216,
        524_288,
      ),
      delayMs: integer(
        'how long a batch waits for more transactions when others are under way',
        0,
        60_000,
        2,
      ),
    })
    .prefault({}),
  limits: z
    .strictObject({
      pendingTransactionsMax: integer(
        'transactions held and not executed yet; more are refused',
        1,
        10_000_000,
        100_000,
      ),
      pendingBytesMax: integer('bytes of transactions held and not executed yet', 65_536, 2 ** 34, 2 ** 28),
      subscribersMax: integer('readers of the event stream at a time', 1, 10_000, 256),
    })
    .prefault({}),
  threshold: z
    .strictObject({
      backend: choice(
        "what reckons with the network's shared key: auto is mcl where that is installed, else noble",
        CURVE_CHOICES,
        'auto',
      ),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: choice('least severity that is logged', ['debug', 'info', 'warn', 'error', 'silent'], 'info'),
      format: choice('form of a log line', ['json', 'text'], 'json'),
    })
    .prefault({}),
  record: path(
    z.string().min(1).optional(),
    'file in which every step of the protocol is recorded, for quorate replay; a start never writes over an older one',
  ),
  privateAddresses: leaf(
    z.boolean().default(false),
    'boolean',
    'the network lives on a private network: tell and dial private addresses too',
    'true or false',
  ),
  local: leaf(
    z.boolean().default(false),
    'boolean',
    'all nodes run on this machine: allow many connections of one loopback address',
    'true or false',
  ),
})

/** A checked configuration: all defaults filled in, all paths absolute. */
export type NodeConfig = z.infer<typeof nodeConfigSchema>

/** The relations between options that no single leaf can state. @returns one sentence for each that does not hold */
export function relationProblems(
  config: NodeConfig,
): readonly { path: string; problem: string; allowed: string }[] {
  const { viewChangeMs, viewChangeMaxMs } = config.timeouts
  if (viewChangeMaxMs >= viewChangeMs) return []
  return [
    {
      path: 'timeouts.viewChangeMaxMs',
      problem: `${viewChangeMaxMs} is less than timeouts.viewChangeMs`,
      allowed: `an integer from ${viewChangeMs} to ${HOUR_MS}`,
    },
  ]
}
