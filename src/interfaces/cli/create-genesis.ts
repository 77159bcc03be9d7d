import {
  DEFAULT_PROTOCOL,
  type Genesis,
  type GenesisMember,
  type ThresholdParameters,
} from '../../membership/genesis.ts'
import { ConfigError } from '../../node/config-sources.ts'
import { memberProblems, parseGenesis } from '../../node/genesis-file.ts'
import { logWindowMax } from '../../wire/limits.ts'

/** @throws ConfigError when two descriptors are of one member, or the result is no valid genesis */
export function createGenesis(
  descriptors: readonly GenesisMember[],
  options: {
    readonly name: string
    readonly createdMs: number
    readonly application: Genesis['application']
    readonly admissionEffort: number
    /** Default: the members make no key together. */
    readonly threshold?: ThresholdParameters
  },
): Genesis {
  const members = descriptors.map(({ name, publicKey }) => ({ name, publicKey }))
  const problems = memberProblems(members)
  if (problems.length > 0) throw new ConfigError('these descriptors do not make a network:', problems)
  const { name, createdMs, application, admissionEffort, threshold } = options
  const protocol = { ...DEFAULT_PROTOCOL, ...windowFor(members.length), admissionEffort }
  const genesis = {
    format: 'quorate-genesis/1',
    name,
    createdMs,
    members,
    application,
    protocol,
    ...(threshold && { threshold }),
  }
  return parseGenesis(genesis, 'the new genesis')
}

/** The default window, or the largest that many members can still prove in one message. */
function windowFor(n: number): { checkpointInterval: number; logWindow: number } {
  const checkpointInterval = Math.min(DEFAULT_PROTOCOL.checkpointInterval, Math.floor(logWindowMax(n) / 2))
  return { checkpointInterval, logWindow: Math.min(DEFAULT_PROTOCOL.logWindow, 2 * checkpointInterval) }
}
