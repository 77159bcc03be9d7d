/** The name that was probably meant: typing errors change few letters. */

/** Letters that may differ, of a name of six; more in longer ones. */
const DIFFERENT_SHARE = 1 / 3

/** @returns null when none of `names` is like `name` */
export function nearestOf(name: string, names: readonly string[]): string | null {
  const ranked = names
    .map(known => ({ known, distance: editDistance(name.toLowerCase(), known.toLowerCase()) }))
    .filter(({ known, distance }) => distance <= Math.max(1, known.length * DIFFERENT_SHARE))
    .sort((a, b) => a.distance - b.distance)
  return ranked[0]?.known ?? null
}

/** Letters to put in, leave out or replace to make one of the other (Levenshtein 1966), row by row. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...to].entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
