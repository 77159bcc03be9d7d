/** `quorate keys refresh|rotate|revoke`: what an operator asks of the network's key, through a node that runs. */
import type { Command } from 'commander'
import type { KeyRequest } from '../../../client/client.ts'
import type { KeyRequestFlags } from '../keys/network.ts'
import { integerBetween } from '../numbers.ts'
import type { Terminal } from '../terminal.ts'

const WHERE = `
A node is named by its directory, or by its API and a file with its token (operator-token in the data directory of the node). The
directory of a test network names all its replicas; without any it is that in ./.quorate/testnet.`

const REFRESH_HELP = `
Examples:
  quorate keys refresh                   the test network here
  quorate keys refresh --dir ann
  quorate keys refresh --api http://192.0.2.7:4180 --token-file operator-token

The members deal the shares of the key again: the key stays, old shares are of no more use once they are erased. This happens by
itself too, as often as the genesis file says. One member may ask, at most once in ten minutes.
${WHERE}`

const ROTATE_HELP = `
Examples:
  quorate keys rotate --dir ann          one voice; the members of others have to ask as well
  quorate keys rotate                    every replica of the test network here

The members make another key, and the old one hands over to it. It takes more voices than there may be faulty members, within a day
of log time. The old key stays valid for the transition that the genesis file states.
${WHERE}`

const REVOKE_HELP = `
Examples:
  quorate keys revoke --dir ann

The key ends now, when a quorum of members asks, and the members make another one. No key hands over to it: whoever trusts the old
one has to be told the new one.
${WHERE}`

const collect = (value: string, before: string[] = []): string[] => [...before, value]

export function addNetworkCommands(keys: Command, terminal: Terminal): void {
  const add = (request: KeyRequest, about: string, help: string): void => {
    keys
      .command(request)
      .description(about)
      .option('--dir <directory>', 'of a node, or of a test network; may be repeated', collect)
      .option('--api <url>', 'API of a node, with --token-file or QUORATE_OPERATOR_TOKEN')
      .option('--token-file <file>', 'file with the token of the operator of that node')
      .option(
        '--timeout <seconds>',
        'how long to wait until the new shares count',
        integerBetween(1, 3_600),
        180,
      )
      .option('--no-wait', 'only ask')
      .option('--json', 'print JSON')
      .addHelpText('after', help)
      .action(async (flags: KeyRequestFlags) => {
        const { runKeyRequest } = await import('../keys/network.ts')
        await runKeyRequest(request, flags, terminal)
      })
  }
  add('refresh', "deal the shares of the network's key again", REFRESH_HELP)
  add('rotate', 'ask for another key, to which the old one hands over', ROTATE_HELP)
  add('revoke', 'ask for the end of the key, in an emergency', REVOKE_HELP)
}
