import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { cli, cliProcess } from './support/cli.ts'

/** `quorate twins`; many scenarios run in threads of the built program, one runs in the command's own. */
const ORDER = {
  space: { n: 4, twins: 1, views: 3, sets: 2, wholeViewsMax: 0, losses: false, crashes: false },
  index: 77,
}

interface One {
  readonly scenario: { readonly partitions: readonly unknown[] }
  readonly result: { readonly hash: string; readonly violations: readonly unknown[] }
}

describe('scenarios of twins', () => {
  it.each([
    [[], /give one of --all, --sample and --scenario/],
    [['--all', '--sample', '3'], /give one of/],
    [['--all', '--twins', '2'], /--twins: 2 of 4 members have two machines, .* allowed: at most 1 of 4/],
    [
      ['--sample', '1', '--replicas', '7', '--twins', '2', '--views', '9', '--sets', '3'],
      /--views: there are more scenarios than can be numbered/,
    ],
    [
      ['--all', '--replicas', '10', '--twins', '3', '--sets', '13'],
      /--sets: 13 machines can be parted into 13 sets in 27644437 ways/,
    ],
    [['--all', '--seed', '3'], /--seed does nothing with --all/],
    [
      ['--scenario', JSON.stringify(ORDER), '--views', '3', '--fail-fast'],
      /--views, --fail-fast do nothing with --scenario/,
    ],
    [
      ['--scenario', '7'],
      /written like '\{"space":\{"n":4,.*\},"index":7\}', has 1 problem:\n.*an object with space, index/,
    ],
    [['--scenario', 'x'], /--scenario is no JSON: .* written like/],
    [
      ['--scenario', '{"space":null,"index":7}'],
      /space: null is not acceptable; allowed: an object with n, twins/,
    ],
    [
      ['--scenario', '{"space":{},"index":7}'],
      /has 7 problems:\n {2}space.n: is missing; allowed: an integer from 4 to 10\n/,
    ],
    [
      ['--scenario', JSON.stringify({ ...ORDER, index: 25_600 })],
      /index: the space has 25600 scenarios, and no number 25600; allowed: an integer from 0 to 25599/,
    ],
    [
      ['--scenario', JSON.stringify({ ...ORDER, space: { ...ORDER.space, twins: 2 } })],
      /space.twins: 2 of 4 members/,
    ],
    [['--sample', '0'], /from 1 to 1000000000; see quorate twins --help/],
    [['--all', '--trace', 'x'], /give --scenario with it/],
    [['--all', '--from', '9', '--to', '3'], /from 9 to 3/],
    [['--all', '--runtime', '--core'], /do not go with --runtime/],
    [['--all', '--runtime', '--shuffle', '1'], /do not go with --runtime/],
  ])('%j are refused with one sentence', async (args, sentence) => {
    const { exitCode, stderr } = await cli(['twins', ...args])
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(sentence)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  it.each([
    ['the core', []],
    ['the core, with messages that overtake each other', ['--shuffle', '3']],
    ['the runtime', ['--runtime']],
  ])('show one of them on %s, the same each time', async (_name, how) => {
    const args = ['twins', '--scenario', JSON.stringify(ORDER), '--json', ...how]
    const [first, second] = [await cli(args), await cli(args)]
    const { scenario, result } = JSON.parse(first.stdout) as One
    expect(scenario.partitions).toHaveLength(3)
    expect(result.violations).toEqual([])
    expect(second.stdout).toBe(first.stdout)
    const directory = mkdtempSync(join(tmpdir(), 'quorate-twins-'))
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
    const traced = await cli([...args, '--trace', join(directory, 'trace.txt')])
    expect(traced.stdout).toBe(first.stdout)
    // The second machine of the twinned member is the one with number 4.
    expect(readFileSync(join(directory, 'trace.txt'), 'utf8')).toMatch(/^ +\d+\.\d+ {2}4 -> /m)
  })

  it.each(['--core', '--runtime'])('run a part of all of them in threads, and sum them up: %s', async how => {
    const part = ['--from', '70', '--to', '79', '--jobs', '2']
    const { exitCode, stdout, stderr } = await cliProcess(['twins', '--all', ...part, how])
    expect(exitCode, stderr).toBe(0)
    expect(stdout).toMatch(/^scenarios +10 of 70\.\.79, out of 25600, no violation, in \d+ s$/m)
    expect(stdout).toMatch(/^speed +[\d.]+ scenarios\/s$/m)
  })

  it('run a sample of larger spaces', async () => {
    const { exitCode, stdout, stderr } = await cliProcess(['twins', '--sample', '6', '--json'])
    expect(exitCode, stderr).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ scenarios: 6, failed: [] })
  })
})
