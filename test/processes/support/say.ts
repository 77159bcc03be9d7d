/** Figures and seeds that a reader of the test's output wants to see, also when the test passes. */
export function say(line: string): void {
  process.stdout.write(`    ${line}\n`)
}
