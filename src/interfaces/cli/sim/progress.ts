/** How far a long run is: one line that is written over on a terminal, and a line now and then elsewhere. */
import type { Terminal } from '../terminal.ts'

export interface Progress {
  update(done: number, failed: number): void
  /** Takes the line away. */
  close(): void
}

const TERMINAL_EVERY_MS = 200
const LOG_EVERY_MS = 10_000
const BAR_WIDTH = 30
/** The speed shown is that of so long, so that it follows a machine that becomes busy. */
const SPEED_OVER_MS = 30_000

/** @param unit what is counted, in the plural */
export function createProgress(
  options: { readonly total: number; readonly unit: string },
  components: {
    readonly terminal: Pick<Terminal, 'note'>
    readonly stderr: { readonly isTTY?: boolean; write(text: string): unknown }
    nowMs(): number
  },
): Progress {
  const { total, unit } = options
  const { terminal, stderr, nowMs } = components
  const isTerminal = stderr.isTTY === true
  const marks: { readonly atMs: number; readonly done: number }[] = [{ atMs: nowMs(), done: 0 }]
  let saidAtMs = nowMs()

  return {
    update(done, failed) {
      const atMs = nowMs()
      if (atMs - saidAtMs < (isTerminal ? TERMINAL_EVERY_MS : LOG_EVERY_MS)) return
      saidAtMs = atMs
      marks.push({ atMs, done })
      while (marks.length > 2 && atMs - (marks[1]?.atMs ?? 0) > SPEED_OVER_MS) marks.shift()
      const { atMs: fromMs, done: before } = marks[0] as (typeof marks)[number]
      const perSecond = ((done - before) / (atMs - fromMs)) * 1_000
      const left = perSecond > 0 ? `, ${durationText((total - done) / perSecond)} left` : ''
      const line = `${done} of ${total} ${unit}, ${perSecond.toFixed(1)}/s${left}${failed > 0 ? `, ${failed} FAILED` : ''}`
      if (isTerminal) stderr.write(`\r\x1b[K${bar(done / total)} ${line}`)
      else terminal.note(line)
    },
    close() {
      if (isTerminal) stderr.write('\r\x1b[K')
    },
  }
}

function bar(share: number): string {
  const full = Math.floor(Math.min(1, share) * BAR_WIDTH)
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_WIDTH - full)}]`
}

/** What takes longer is not waited for: how much longer tells nobody anything. */
const DURATION_MAX_S = 1_000 * 3_600

/** 75 is "1 min 15 s". */
export function durationText(seconds: number): string {
  if (seconds > DURATION_MAX_S) return 'more than 1000 h'
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`
}
