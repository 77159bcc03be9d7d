/** Reads sums of counters from the Prometheus text format. https://prometheus.io/docs/instrumenting/exposition_formats/ */

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{([^}]*)\})? ([^ ]+)/

/** The sum over all label sets of each metric, by name; with `labels`, of those whose labels contain each of the texts. */
export function sumOf(text: string, name: string, labels: readonly string[] = []): number | null {
  let sum: number | null = null
  for (const line of text.split('\n')) {
    if (!line.startsWith(name)) continue
    const [, metric, found = '', value] = SAMPLE.exec(line) ?? []
    if (metric !== name || !labels.every(label => found.includes(label))) continue
    sum = (sum ?? 0) + Number(value)
  }
  return sum
}
