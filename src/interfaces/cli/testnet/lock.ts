/**
 * One supervisor for one directory. The lock is a file with the holder's process id and start time, so that a process
 * that got the number of a dead holder is not taken for it.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { codeOf } from '../../../lib/thrown.ts'
import { CommandError, EXIT } from '../failure.ts'

interface Holder {
  readonly pid: number
  readonly startedAt: string
}

export interface Lock {
  release(): void
}

/** @throws CommandError when a living process holds the lock */
export function acquireLock(file: string): Lock {
  const own: Holder = { pid: process.pid, startedAt: startOf(process.pid) }
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(file, JSON.stringify(own), { flag: 'wx', mode: 0o600 })
      return { release: () => rmSync(file, { force: true }) }
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
    const holder = lockHolder(file)
    if (holder !== null) {
      const advice = 'drive it with quorate testnet status|kill|start|stop'
      throw new CommandError(
        EXIT.usage,
        `this test network is already run by process ${holder.pid}: ${advice}`,
      )
    }
    rmSync(file, { force: true })
  }
  throw new CommandError(EXIT.usage, `somebody else takes the lock ${file} at this moment: try again`)
}

/** The living process that holds the lock, or null. */
export function lockHolder(file: string): Holder | null {
  try {
    const holder = JSON.parse(readFileSync(file, 'utf8')) as Holder
    process.kill(holder.pid, 0)
    return startOf(holder.pid) === holder.startedAt ? holder : null
  } catch {
    return null
  }
}

/** When the process started, in ticks since boot; empty where the system does not tell. proc(5), field 22. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}
