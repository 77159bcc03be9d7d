const UNITS = [
  [86_400_000, 'day'],
  [3_600_000, 'h'],
  [60_000, 'min'],
] as const

/** All of a time, so that two that differ never look the same: 5_400_500 ms is "1 h 30 min 0.5 s". */
export function timeSpanText(spanMs: number): string {
  const parts: string[] = []
  let restMs = spanMs
  for (const [unitMs, unit] of UNITS) {
    const count = Math.floor(restMs / unitMs)
    restMs %= unitMs
    if (count > 0) parts.push(`${count} ${unit}${unit === 'day' && count > 1 ? 's' : ''}`)
  }
  if (restMs > 0 || parts.length === 0) parts.push(`${restMs / 1_000} s`)
  return parts.join(' ')
}
