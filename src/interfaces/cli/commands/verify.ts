/** `quorate verify`: what a node answered, checked offline against the network's key or its genesis. */
import { closeSync, openSync, readSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Command, Option } from 'commander'
import { type ReadProofs, readProofsOf } from '../../../application/read-proofs.ts'
import { toBase64 } from '../../../client/base64.ts'
import {
  LightClient,
  LightClientError,
  type TrustAnchor,
  type VerifiedCertificate,
} from '../../../client/light-client.ts'
import { fromUtf8, toHex } from '../../../lib/bytes.ts'
import { messageOf } from '../../../lib/thrown.ts'
import type { Genesis } from '../../../membership/genesis.ts'
import { readGenesisFile } from '../../../node/genesis-file.ts'
import { loadApplication } from '../../../node/load-application.ts'
import { CommandError, EXIT } from '../failure.ts'
import { hexOf, numberBetween } from '../numbers.ts'
import { inOneLine, type Terminal } from '../terminal.ts'

interface VerifyFlags {
  readonly genesis?: string
  readonly key?: Uint8Array
  readonly network?: Uint8Array
  readonly application?: string
  readonly maxAge?: number
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  curl -s "$API/v1/proofs/state?key=colour" > read.json
  quorate verify read.json --network 3f0a... --key 8b1c...     against the one key of the network
  curl -s "$API/v1/proofs/receipts/6a09e6...?by=members" > receipt.json
  quorate verify receipt.json --genesis genesis.json           against a quorum of the genesis' members
  curl -s "$API/v1/proofs/key" > key.json
  quorate verify key.json read.json --genesis genesis.json     learns the key from the members, then believes it
  curl -s "$API/v1/keys" > keys.json
  quorate verify keys.json read.json --network ... --key ...   the key was handed over since it was noted down
  curl -s "$API/v1/certificate" | quorate verify - --network ... --key ... --max-age 60

FILE holds what the API answered to /v1/proofs/state, /v1/proofs/receipts/ID, /v1/proofs/key, /v1/certificate or /v1/keys
(whose hand-overs are followed), in whatever order the files are named, or a list of such answers; "-" is the standard input. No node is asked.

Exit codes:
  0    everything is proved
  1    something is not: it is false, too old, by another key, of another network; the reason is printed
  2    wrong flags, or a file that cannot be read or holds none of these`

const FILE_BYTES_MAX = 268_435_456
const PIECE_BYTES = 65_536
const MS_PER_SECOND = 1_000
const YEAR_SECONDS = 31_622_400

export function addVerifyCommand(program: Command, terminal: Terminal): void {
  program
    .command('verify')
    .description('check what a node answered, offline')
    .argument('<file...>', 'JSON as the API gives it')
    .option('--genesis <file>', 'genesis file of the network: its members vouch each for itself')
    .option('--key <hex>', 'key of the network, 192 hexadecimal digits', hexOf(96))
    .option(
      '--network <hex>',
      'id of the network, 64 hexadecimal digits, where no genesis is given',
      hexOf(32),
    )
    .addOption(
      new Option('--application <name>', 'how values are proved, where no genesis says so')
        .choices(['key-value', 'ledger'])
        .default(undefined, 'key-value'),
    )
    .option(
      '--max-age <seconds>',
      'how old a certificate may be, by this clock',
      numberBetween(0, 100 * YEAR_SECONDS),
    )
    .option('--json', 'print JSON, a line for each answer; values and results in base64')
    .addHelpText('after', EXAMPLES)
    .action((files: readonly string[], flags: VerifyFlags) => run(files, flags, terminal))
}

/** One answer of the API, and where it stands. */
interface Shown {
  readonly file: string
  readonly kind: 'receipt' | 'state' | 'key' | 'handover' | 'certificate'
  readonly json: unknown
}

async function run(files: readonly string[], flags: VerifyFlags, terminal: Terminal): Promise<void> {
  const shown = files.flatMap(readShown)
  const client = await createClient(
    flags,
    shown.some(({ kind }) => kind === 'state'),
  )
  const demands =
    flags.maxAge === undefined ? {} : { nowMs: Date.now(), maxAgeMs: flags.maxAge * MS_PER_SECOND }
  const keys = shown.filter(({ kind }) => kind === 'key')
  const learned = new Map(keys.map(one => [one, verifyOne(client, one, demands)]))
  const followed = followHandovers(client, shown)
  let unproved = 0
  for (const one of shown) {
    const outcome = learned.get(one) ?? followed.get(one) ?? verifyOne(client, one, demands)
    if ('code' in outcome) unproved += 1
    if (flags.json === true) terminal.printJson({ file: one.file, kind: one.kind, ...plainOutcome(outcome) })
    else for (const line of linesOf(one, outcome)) terminal.print(line)
  }
  if (unproved > 0)
    throw new CommandError(
      EXIT.violation,
      `${unproved} of ${shown.length} answers ${unproved === 1 ? 'is' : 'are'} not proved`,
    )
}

/** Before all else, and each when it is its turn; those that are left are from before the pinned key, and lead to it. */
function followHandovers(client: LightClient, shown: readonly Shown[]): ReadonlyMap<Shown, Outcome> {
  const outcomes = new Map<Shown, Outcome>()
  let waiting = shown.filter(({ kind }) => kind === 'handover')
  for (;;) {
    for (const one of waiting) outcomes.set(one, verifyOne(client, one, {}))
    const next = waiting.filter(one => isBefore(outcomes.get(one)))
    if (next.length === waiting.length) break
    waiting = next
  }
  for (const one of waiting) outcomes.set(one, { proved: true, followed: false })
  return outcomes
}

const isBefore = (outcome: Outcome | undefined): boolean =>
  outcome !== undefined && 'code' in outcome && outcome.code === 'UNKNOWN_KEY'

function readShown(file: string): readonly Shown[] {
  const json = readJson(file)
  const all = Array.isArray(json) ? (json as readonly unknown[]) : [json]
  const shown = all.flatMap(one => recognise(file, one))
  if (shown.length > 0) return shown
  throw new CommandError(EXIT.usage, `${file} holds nothing that can be verified`)
}

/** @throws CommandError */
function recognise(file: string, json: unknown): readonly Shown[] {
  const { format, handovers, statement } = (json ?? {}) as Record<string, unknown>
  if (format === 'quorate-receipt/1') return [{ file, kind: 'receipt', json }]
  if (format === 'quorate-state/1') return [{ file, kind: 'state', json }]
  if (format === 'quorate-key/1') return [{ file, kind: 'key', json }]
  if (format === 'quorate-handover/1') return [{ file, kind: 'handover', json }]
  if (statement !== undefined) return [{ file, kind: 'certificate', json }]
  if (Array.isArray(handovers)) return handovers.map(handover => ({ file, kind: 'handover', json: handover }))
  const message = `${file} holds something that is no receipt, value, key, hand-over or certificate of the API`
  throw new CommandError(EXIT.usage, message)
}

/** @param file "-": the standard input @throws CommandError */
function readJson(file: string): unknown {
  try {
    return JSON.parse(readText(file))
  } catch (error) {
    throw new CommandError(EXIT.usage, `the answer ${file} cannot be read: ${messageOf(error)}`)
  }
}

/** In pieces: what comes from a pipe has no size before it is read, and may be of a node that sends without end. */
function readText(file: string): string {
  const descriptor = file === '-' ? 0 : openSync(file, 'r')
  try {
    const pieces: Uint8Array[] = []
    const piece = new Uint8Array(PIECE_BYTES)
    for (let lengthBytes = 0; ; ) {
      const readBytes = readSync(descriptor, piece)
      if (readBytes === 0) return Buffer.concat(pieces).toString('utf8')
      lengthBytes += readBytes
      if (lengthBytes > FILE_BYTES_MAX) throw new Error(`it is larger than ${FILE_BYTES_MAX} bytes`)
      pieces.push(piece.slice(0, readBytes))
    }
  } finally {
    if (descriptor !== 0) closeSync(descriptor)
  }
}

/** @throws CommandError, ConfigError, ApplicationLoadError */
async function createClient(flags: VerifyFlags, hasState: boolean): Promise<LightClient> {
  const { genesis: file, key, network, application = 'key-value' } = flags
  if (file !== undefined) {
    if (network !== undefined)
      throw new CommandError(EXIT.usage, 'a genesis file says which network it is: leave --network out')
    const genesis = readGenesisFile(file)
    const proofs = hasState ? await proofsOf(genesis, file) : undefined
    const anchor = { genesis, ...(key === undefined ? {} : { publicKey: key }) }
    return makeClient(anchor, proofs ?? flags.application)
  }
  if (key === undefined || network === undefined)
    throw new CommandError(EXIT.usage, 'say what is trusted: --genesis FILE, or --network ID and --key KEY')
  return makeClient({ networkId: network, publicKey: key }, application)
}

function makeClient(anchor: TrustAnchor, application: string | ReadProofs | undefined): LightClient {
  try {
    return new LightClient({ anchor, ...(application === undefined ? {} : { application }) })
  } catch (error) {
    if (error instanceof LightClientError) throw new CommandError(EXIT.usage, error.message)
    throw error
  }
}

/** An application that is not built in is a module beside the genesis file, and is loaded for its `verify`. */
async function proofsOf({ application }: Genesis, file: string): Promise<ReadProofs> {
  const { module, options } = application
  return readProofsOf(module) ?? (await loadApplication(module, options, dirname(file)))
}

type Outcome =
  | { readonly proved: true; readonly [field: string]: unknown }
  | { readonly proved: false; readonly code: string; readonly message: string }

function verifyOne(
  client: LightClient,
  { kind, json }: Shown,
  demands: { readonly nowMs?: number; readonly maxAgeMs?: number },
): Outcome {
  try {
    return { proved: true, ...verified(client, kind, json, demands) }
  } catch (error) {
    if (!(error instanceof LightClientError)) throw error
    return { proved: false, code: error.code, message: error.message }
  }
}

function verified(
  client: LightClient,
  kind: Shown['kind'],
  json: unknown,
  demands: { readonly nowMs?: number; readonly maxAgeMs?: number },
): Readonly<Record<string, unknown>> {
  switch (kind) {
    case 'handover':
      client.followHandover(json)
      return { followed: true, key: toHex(client.publicKey ?? new Uint8Array()) }
    case 'key': {
      const { publicKey, certificate, ...activated } = client.adoptKey(json, demands)
      return { key: toHex(publicKey), ...activated, certificate: plainCertificate(certificate) }
    }
    case 'certificate':
      return plainCertificate(client.verifyCertificate(json, demands))
    case 'receipt': {
      const { id, sequence, logTimeMs, result, certificate } = client.verifyReceipt(null, json, demands)
      const { code, data } = result
      return {
        id,
        sequence,
        logTimeMs,
        result: { code, data },
        certificate: plainCertificate(certificate),
      }
    }
    case 'state': {
      const { key, value, certificate } = client.verifyState(null, json, demands)
      return { key, value, certificate: plainCertificate(certificate) }
    }
  }
}

function plainCertificate({ randomness, ...certificate }: VerifiedCertificate) {
  return { ...certificate, randomness: randomness === null ? null : toHex(randomness) }
}

/** As the JSON of the API and of the other commands has it: bytes in base64, whatever they say. */
function plainOutcome(outcome: Outcome): object {
  const plain = ([name, value]: [string, unknown]): [string, unknown] => [
    name,
    value instanceof Uint8Array ? toBase64(value) : isGroup(value) ? plainFields(value) : value,
  ]
  const plainFields = (fields: object): object => Object.fromEntries(Object.entries(fields).map(plain))
  return plainFields(outcome)
}

const isGroup = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !(value instanceof Uint8Array)

function linesOf({ file, kind }: Shown, outcome: Outcome): readonly string[] {
  const what = kind === 'handover' ? 'hand-over' : kind
  if ('code' in outcome) return [`${file}: ${what} NOT PROVED: ${shown(outcome.message)} (${outcome.code})`]
  const fields = Object.entries(outcome).filter(([name]) => name !== 'proved')
  if (outcome.followed === false)
    return [`${file}: ${what} passed over, it is of a key before the pinned one`]
  return [
    `${file}: ${what} proved`,
    ...fields.flatMap(([name, value]) =>
      isGroup(value)
        ? Object.entries(value).map(([inner, one]) => `  ${name}.${inner}: ${shown(one)}`)
        : [`  ${name}: ${shown(value)}`],
    ),
  ]
}

/** Keys and values are what somebody wrote into the state: no text of theirs looks like a line, like bytes, or like nothing. */
function shown(value: unknown): string {
  if (!(value instanceof Uint8Array)) return value === 'null' ? '"null"' : inOneLine(`${value}`)
  const text = fromUtf8(value)
  if (text === undefined) return `0x${toHex(value)}`
  const line = inOneLine(text)
  return line === text && (text === 'null' || text.startsWith('0x')) ? JSON.stringify(text) : line
}
