import { spawn } from 'node:child_process'
import { expect, it, onTestFinished } from 'vitest'
import { cli, MAIN } from './support/cli.ts'

/** `quorate culprits`, on worlds that are known to break. */
it('shows who broke a network, the same each time', async () => {
  const args = ['culprits', '--from', '5', '--to', '5']
  const first = await cli([...args, '--json'])
  expect(first.exitCode, first.stderr).toBe(0)
  const world = JSON.parse(first.stdout) as { colluding: number[]; culprits: number[]; isBroken: boolean }
  expect(world.isBroken).toBe(true)
  expect(world.culprits.length).toBeGreaterThan(1)
  expect(world.colluding).toEqual(expect.arrayContaining(world.culprits))
  expect((await cli([...args, '--json'])).stdout).toBe(first.stdout)
  const told = await cli(args)
  expect(told.stdout).toMatch(/^plan +worlds +broken +stopped +named +median$/m)
  expect(told.stdout).toMatch(/^all +1 +1 /m)
})

it('refuses seeds that end before they begin', async () => {
  const { exitCode, stderr } = await cli(['culprits', '--from', '5', '--to', '4'])
  expect(exitCode).toBe(2)
  expect(stderr).toMatch(/no seed from 5 to 4/)
})

it('ends at Ctrl-C, after the world that runs', async () => {
  const child = spawn(process.execPath, [MAIN, 'culprits', '--from', '1', '--to', '1000000', '--json'])
  onTestFinished(() => void child.kill('SIGKILL'))
  let stdout = ''
  const closed = new Promise<number | null>(resolve => child.once('close', resolve))
  await new Promise<void>(resolve =>
    child.stdout.on('data', chunk => {
      stdout += String(chunk)
      resolve()
    }),
  )
  child.kill('SIGINT')
  expect(await closed).toBe(130)
  const seeds = stdout
    .trimEnd()
    .split('\n')
    .map(line => (JSON.parse(line) as { seed: number }).seed)
  expect(seeds).toEqual(seeds.map((_, i) => i + 1))
})
