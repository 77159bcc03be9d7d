import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { outcomeOf, StepDecoder, StepEncoder } from '../../../src/runtime/recording.ts'
import { cli } from './support/cli.ts'

/** `quorate replay` on recordings of a real network. */
const RECORDING = fileURLToPath(new URL('../../runtime/recordings/primary-killed.jsonl', import.meta.url))
const LINES = readFileSync(RECORDING, 'utf8').trimEnd().split('\n')

function fileOf(lines: readonly string[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-replay-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const file = join(directory, 'recording.jsonl')
  writeFileSync(file, `${lines.join('\n')}\n`)
  return file
}

/** As if the core that was recorded had not sent its first VIEW-CHANGE. */
function withOtherRule(): { lines: string[]; step: number } {
  const decoder = new StepDecoder()
  const encoder = new StepEncoder()
  let changed = 0
  const lines = LINES.map((line, i) => {
    if (i === 0) return encoder.header(decoder.header(line))
    const step = decoder.step(line)
    const { outcome } = step
    if (changed > 0 || !('effects' in outcome)) return encoder.line(step)
    if (!outcome.effects.some(effect => effect.startsWith('send VIEW-CHANGE'))) return encoder.line(step)
    changed = step.number
    return encoder.line({ ...step, outcome: outcomeOf([]) })
  })
  return { lines, step: changed }
}

describe('a recording', () => {
  it('that comes out the same is told so, with exit code 0', async () => {
    const { exitCode, stdout } = await cli(['replay', RECORDING])
    expect(exitCode).toBe(0)
    expect(stdout).toBe(`${RECORDING}: member 1 of 4, ${LINES.length - 1} steps, the same\n`)
  })

  it('that comes out otherwise is told with step, event and both sides, with exit code 1', async () => {
    const { lines, step } = withOtherRule()
    expect(step).toBeGreaterThan(0)
    const file = fileOf(lines)
    const { exitCode, stdout, stderr } = await cli(['replay', RECORDING, file])
    expect(exitCode).toBe(1)
    expect(stdout).toContain(`${RECORDING}: member 1 of 4, ${LINES.length - 1} steps, the same`)
    expect(stdout).toContain(`${file}: member 1 of 4, step ${step} of `)
    expect(stdout).toContain('is DIFFERENT')
    expect(stdout).toMatch(/recorded:\n {2}! nothing\n {2}now:\n/)
    expect(stdout).toMatch(/ {2}! send VIEW-CHANGE v1/)
    expect(stderr).toContain(`another thing comes of ${file} now`)
  })

  it('is shown step by step, up to one', async () => {
    const { exitCode, stdout } = await cli(['replay', RECORDING, '--trace', '--until', '3'])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^ {6}1 \d\d:\d\d:\d\d\.\d{3} {2}recovered v0 C=genesis executed n0/)
    expect(stdout).toMatch(/^ {13}send STATUS v0/m)
    expect(stdout).not.toMatch(/^ {6}4 /m)
    expect(stdout).toContain('3 steps, the same')
  })

  it('is reported as JSON', async () => {
    const { stdout } = await cli(['replay', RECORDING, '--json'])
    expect(JSON.parse(stdout)).toMatchObject({
      file: RECORDING,
      steps: LINES.length - 1,
      difference: null,
      isTorn: false,
      header: { config: { n: 4, self: 1 } },
    })
  })

  it('that was spoilt, or is none, is refused with the line', async () => {
    const spoilt = fileOf(LINES.map((line, i) => (i === 20 ? line.replace(/"atMs":\d/, '"atMs":9') : line)))
    const first = await cli(['replay', spoilt])
    expect(first.exitCode).toBe(2)
    expect(first.stderr).toContain('line 21: it is not as it was written')
    const other = await cli(['replay', fileOf(['{"format":"something/2"}'])])
    expect(other.stderr).toMatch(/cannot be read: line 1: /)
    const missing = await cli(['replay', '/nowhere/recording.jsonl'])
    expect(missing.exitCode).toBe(2)
    expect(missing.stderr).toContain('ENOENT')
  })

  it('that cannot be read does not keep others from being replayed', async () => {
    const empty = fileOf([])
    const { exitCode, stdout, stderr } = await cli(['replay', empty, RECORDING, '/nowhere/x.jsonl'])
    expect(exitCode).toBe(2)
    expect(stdout).toContain('steps, the same')
    expect(stderr).toMatch(
      /^quorate: the recording .* cannot be read: .*; the recording \/nowhere\/x.jsonl cannot/,
    )
    expect((await cli(['replay', empty, fileOf(withOtherRule().lines)])).exitCode).toBe(1)
  })

  it('that ends in the middle of a line is replayed up to there', async () => {
    const torn = fileOf([...LINES.slice(0, 50), (LINES[50] ?? '').slice(0, 100)])
    const { exitCode, stdout } = await cli(['replay', torn])
    expect(exitCode).toBe(0)
    expect(stdout).toContain('49 steps, the same; the last line is not whole')
  })
})
