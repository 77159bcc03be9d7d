import type { Usage } from './resources.ts'

/** Certificates under the network's key: how many, how soon. */
export interface CertificateFigure {
  /** At one node, on average. */
  readonly perSecond: number
  /** From the execution of a sequence to its certificate, on average; null without any. */
  readonly delayMs: number | null
}

/** What was counted between two looks at all nodes. */
export function certificatesOf(
  { before, after }: { before: readonly Usage[]; after: readonly Usage[] },
  elapsedMs: number,
): CertificateFigure {
  const grown = (field: 'certificates' | 'certificateDelaySeconds') =>
    after.reduce((sum, usage, i) => sum + (usage[field] ?? 0) - (before[i]?.[field] ?? 0), 0)
  const count = grown('certificates')
  return {
    perSecond: (count * 1_000) / (elapsedMs * Math.max(1, after.length)),
    delayMs: count === 0 ? null : (grown('certificateDelaySeconds') * 1_000) / count,
  }
}

export function describeCertificates({ perSecond, delayMs }: CertificateFigure): string {
  const delay = delayMs === null ? '' : `, ${delayMs.toFixed(0)} ms after execution on average`
  return `${perSecond.toPrecision(3)}/s${delay}`
}
