import { join } from 'node:path'
import { isDatabaseInUse } from '../storage/in-use.ts'

/** @param dataDirectory `directory` of a node's configuration */
export const databaseOf = (dataDirectory: string): string => join(dataDirectory, 'database')

/**
 * Whether a node runs on the directory, also one that is only reading its disk yet, or whose API is at another address. A command that
 * reads the database counts as well.
 * @throws StorageError OPEN_FAILED
 */
export const isNodeRunning = (dataDirectory: string): Promise<boolean> =>
  isDatabaseInUse(databaseOf(dataDirectory))
