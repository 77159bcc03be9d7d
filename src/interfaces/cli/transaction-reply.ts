import { toBase64 } from '../../client/base64.ts'
import type { TransactionReply } from '../../client/replies.ts'
import { fromUtf8, toHex } from '../../lib/bytes.ts'
import { CommandError, EXIT } from './failure.ts'
import type { Terminal } from './terminal.ts'

/** Prints what became of a transaction. @throws CommandError when it was not done, so that the exit code tells */
export function printReply(reply: TransactionReply, json: boolean, terminal: Terminal): void {
  if (json) terminal.printJson(jsonOf(reply))
  const { id } = reply
  switch (reply.state) {
    case 'committed': {
      const { sequence, position, result } = reply
      const data = fromUtf8(result.data) ?? toHex(result.data)
      if (result.code !== 0) {
        throw new CommandError(
          EXIT.refused,
          `transaction ${id} was refused with code ${result.code}: ${data}`,
        )
      }
      if (!json) terminal.print(`committed ${id} sequence ${sequence} position ${position}`)
      return
    }
    case 'accepted': {
      const again = `ask again with quorate get --transaction ${id}`
      if (reply.timedOut) {
        const why = reply.message === null ? '' : ` (${reply.message})`
        throw new CommandError(
          EXIT.unreachable,
          `transaction ${id} is accepted and not committed yet${why}; ${again}`,
        )
      }
      if (!json) terminal.print(`accepted ${id}`)
      return
    }
    case 'expired':
      throw new CommandError(
        EXIT.refused,
        `transaction ${id} expired before it was ordered: submit a new one`,
      )
  }
}

function jsonOf(reply: TransactionReply): object {
  if (reply.state !== 'committed') return reply
  const { code, data } = reply.result
  return { ...reply, result: { code, data: toBase64(data) } }
}
