import { DEFAULT_PROTOCOL, type Genesis, type GenesisMember } from '../../membership/genesis.ts'
import { ConfigError } from '../../node/config-sources.ts'
import { memberProblems, parseGenesis } from '../../node/genesis-file.ts'

/** @throws ConfigError when two descriptors are of one member, or the result is no valid genesis */
export function createGenesis(
  descriptors: readonly GenesisMember[],
  options: {
    readonly name: string
    readonly createdMs: number
    readonly application: Genesis['application']
    readonly admissionEffort: number
  },
): Genesis {
  const members = descriptors.map(({ name, publicKey }) => ({ name, publicKey }))
  const problems = memberProblems(members)
  if (problems.length > 0) throw new ConfigError('these descriptors do not make a network:', problems)
  const { name, createdMs, application, admissionEffort } = options
  const protocol = { ...DEFAULT_PROTOCOL, admissionEffort }
  const genesis = { format: 'quorate-genesis/1', name, createdMs, members, application, protocol }
  return parseGenesis(genesis, 'the new genesis')
}
