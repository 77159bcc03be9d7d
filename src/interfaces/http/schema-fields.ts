/** Fields that many schemas of the API have. */
import { z } from 'zod'

export const count = () => z.int().min(0)
/** As the API writes it: in lower case. */
export const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`))
export const base64 = () => z.string().meta({ contentEncoding: 'base64' })
export const logTimeMs = () => count().meta({ description: 'Milliseconds since 1970, log time.' })

export const statement = z.object({
  epoch: count(),
  sequence: count(),
  historyDigest: hex(32),
  stateRoot: hex(32),
  membersHash: hex(32),
  logTimeMs: logTimeMs(),
})
