/**
 * The genesis file: read with every mistake named, written once and never replaced. What is wrong here would otherwise
 * surface as replicas that silently never agree, so nothing is guessed and nothing unknown is ignored.
 */
import { z } from 'zod'
import { toHex } from '../lib/bytes.ts'
import {
  type Genesis,
  type GenesisMember,
  networkIdOf,
  type ProtocolParameters,
  type ThresholdParameters,
} from '../membership/genesis.ts'
import { systemOperationBytes } from '../membership/system-operation.ts'
import { logWindowMax, TRANSACTION_OVERHEAD_BYTES } from '../wire/limits.ts'
import { ConfigError, type ConfigProblem, readJsonObject } from './config-sources.ts'
import { writeNewFile } from './new-file.ts'

export const MEMBERS_MAX = 128
const NAME_ALLOWED = '1 to 64 letters, digits, dots, underscores or hyphens'
const MODULE_ALLOWED = 'key-value, ledger, or the path of a module'
const KEY_ALLOWED = '64 lowercase hexadecimal digits'

export const memberName = z.string({ error: NAME_ALLOWED }).regex(/^[\w.-]{1,64}$/, NAME_ALLOWED)
export const memberKey = z.string({ error: KEY_ALLOWED }).regex(/^[0-9a-f]{64}$/, KEY_ALLOWED)

const integer = (min: number, max: number) => {
  const allowed = `an integer from ${min} to ${max}`
  return z.int(allowed).min(min, allowed).max(max, allowed)
}

const protocolSchema = z.strictObject(
  {
    checkpointInterval: integer(1, 65_536),
    logWindow: integer(2, 262_144),
    transactionWindowMs: integer(1_000, 86_400_000),
    transactionWindowMax: integer(1, 100_000_000),
    operationBytesMax: integer(1, 524_288),
    batchBytesMax: integer(1_024, 1_000_000),
    batchTransactionsMax: integer(1, 65_536),
    admissionEffort: integer(1, 65_536),
  },
  'an object with the parameters of the protocol',
) satisfies z.ZodType<ProtocolParameters>

const DAY_MS = 86_400_000
/** Of the ten deadlines that a phase may last, some are left for the signatures after the grace time. */
const GRACE_DEADLINES_MAX = 8

const thresholdSchema = z.strictObject(
  {
    transitionMs: integer(1_000, 366 * DAY_MS),
    refreshMs: integer(1_000, 3_660 * DAY_MS),
    deadlineMs: integer(500, DAY_MS),
    graceMs: integer(0, 7 * DAY_MS),
  },
  'an object with the times of the shared key, or nothing',
) satisfies z.ZodType<ThresholdParameters>

const genesisSchema = z.strictObject({
  format: z.literal('quorate-genesis/1', 'the text "quorate-genesis/1"'),
  name: memberName,
  createdMs: integer(0, Number.MAX_SAFE_INTEGER),
  members: z
    .array(
      z.strictObject({ name: memberName, publicKey: memberKey }, 'an object with name and publicKey'),
      'a list of members',
    )
    .min(1, `1 to ${MEMBERS_MAX} members`)
    .max(MEMBERS_MAX, `1 to ${MEMBERS_MAX} members`),
  application: z.strictObject(
    { module: z.string(MODULE_ALLOWED).min(1, MODULE_ALLOWED), options: z.unknown() },
    'an object with module and options',
  ),
  protocol: protocolSchema,
  threshold: thresholdSchema.optional(),
})

/** @throws ConfigError naming everything that is wrong */
export function readGenesisFile(file: string): Genesis {
  return parseGenesis(readJsonObject(file, 'genesis file'), `the genesis file ${file}`)
}

/** @param what names the source in the error @throws ConfigError naming everything that is wrong */
export function parseGenesis(value: unknown, what: string): Genesis {
  const parsed = genesisSchema.safeParse(value)
  if (!parsed.success) throw refuse(what, parsed.error.issues.flatMap(problemsOfIssue))
  const { application, threshold, ...rest } = parsed.data
  const genesis: Genesis = {
    ...rest,
    ...(threshold && { threshold }),
    application: { module: application.module, options: application.options ?? {} },
  }
  const problems = [
    ...memberProblems(genesis.members),
    ...protocolProblems(genesis.protocol, genesis.members.length),
    ...thresholdProblems(genesis),
  ]
  const odd = findOddNumber(genesis.application.options, 'application.options')
  if (odd !== null)
    problems.push({ path: odd, problem: 'is not a safe integer', allowed: 'integers, or text' })
  if (problems.length > 0) throw refuse(what, problems)
  return genesis
}

function refuse(what: string, problems: readonly ConfigProblem[]): ConfigError {
  return new ConfigError(`${what} cannot be used:`, problems)
}

function problemsOfIssue(issue: z.core.$ZodIssue): ConfigProblem[] {
  const path = issue.path.map(String).join('.')
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => ({
      path: path === '' ? key : `${path}.${key}`,
      problem: 'is not known here',
      allowed: 'only what quorate genesis writes',
    }))
  }
  return [
    {
      path: path === '' ? 'the whole file' : path,
      problem: 'is missing or not acceptable',
      allowed: issue.message,
    },
  ]
}

/** Keys must differ, because a member votes once; names must, because people tell members apart by them. */
export function memberProblems(members: readonly GenesisMember[]): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  for (const field of ['publicKey', 'name'] as const) {
    const firstAt = new Map<string, number>()
    for (const [i, member] of members.entries()) {
      const first = firstAt.get(member[field])
      if (first === undefined) firstAt.set(member[field], i)
      else {
        const problem = `${member[field]} is also that of members.${first}`
        problems.push({ path: `members.${i}.${field}`, problem, allowed: `one ${field} for each member` })
      }
    }
  }
  return problems
}

function protocolProblems(protocol: ProtocolParameters, n: number): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  const { checkpointInterval, logWindow, operationBytesMax, batchBytesMax } = protocol
  if (logWindow > logWindowMax(n)) {
    const problem = `${logWindow} is more than ${n} members can prove in one message`
    problems.push({ path: 'protocol.logWindow', problem, allowed: `at most ${logWindowMax(n)}` })
  }
  if (logWindow < 2 * checkpointInterval) {
    const allowed = `at least twice protocol.checkpointInterval, ${2 * checkpointInterval}`
    problems.push({ path: 'protocol.logWindow', problem: `${logWindow} is too small`, allowed })
  }
  if (operationBytesMax > batchBytesMax) {
    const problem = `${operationBytesMax} does not fit into a batch`
    problems.push({
      path: 'protocol.operationBytesMax',
      problem,
      allowed: `at most protocol.batchBytesMax, ${batchBytesMax}`,
    })
  }
  return problems
}

function thresholdProblems({ threshold, protocol, members }: Genesis): ConfigProblem[] {
  if (threshold === undefined) return []
  const problems: ConfigProblem[] = []
  const { transitionMs, refreshMs, deadlineMs, graceMs } = threshold
  if (transitionMs > refreshMs) {
    const problem = `${transitionMs} is longer than shares last`
    const allowed = `at most threshold.refreshMs, ${refreshMs}`
    problems.push({ path: 'threshold.transitionMs', problem, allowed })
  }
  if (graceMs > GRACE_DEADLINES_MAX * deadlineMs) {
    const problem = `${graceMs} is longer than a ceremony goes on`
    const allowed = `at most ${GRACE_DEADLINES_MAX} times threshold.deadlineMs, ${GRACE_DEADLINES_MAX * deadlineMs}`
    problems.push({ path: 'threshold.graceMs', problem, allowed })
  }
  const dealingBytes = systemOperationBytes(members.length) + TRANSACTION_OVERHEAD_BYTES
  if (protocol.batchBytesMax < dealingBytes) {
    const problem = `${protocol.batchBytesMax} is too small for what a member deals to ${members.length} of a shared key`
    const allowed = `at least ${dealingBytes}, or no section threshold`
    problems.push({ path: 'protocol.batchBytesMax', problem, allowed })
  }
  return problems
}

/** The canonical form is defined for safe integers alone: other numbers have more than one text. */
function findOddNumber(value: unknown, path: string): string | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? null : path
  if (typeof value !== 'object' || value === null) return null
  for (const [key, child] of Object.entries(value)) {
    const odd = findOddNumber(child, `${path}.${key}`)
    if (odd !== null) return odd
  }
  return null
}

/** 64 lowercase hexadecimal digits. */
export const networkIdText = (genesis: Genesis): string => toHex(networkIdOf(genesis))

/** @throws NewFileError, also when the file exists: a second genesis under one name is a mistake */
export function writeGenesisFile(file: string, genesis: Genesis): void {
  writeNewFile(file, `${JSON.stringify(genesis, null, 2)}\n`, { mode: 0o644, what: 'genesis file' })
}
