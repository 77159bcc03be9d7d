import { LightClientError } from '../../src/client/light-client-error.ts'

/** The named reason for which a light client refuses; `believed` when it does not. */
export function code(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    if (error instanceof LightClientError) return error.code
    throw error
  }
  return 'believed'
}
