import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CONFIG_OPTIONS, ConfigError, loadConfig } from '../../src/node/config-sources.ts'

const MINIMAL = { name: 'ann', directory: 'data', genesis: 'genesis.json', key: { file: 'key.json' } }

function file(value: unknown): string {
  const path = join(mkdtempSync(join(tmpdir(), 'quorate-config-')), 'quorate.json')
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value))
  return path
}

function failure(run: () => unknown): ConfigError {
  try {
    run()
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('it was accepted')
}

describe('configuration', () => {
  it('fills in defaults and makes paths absolute, from the directory of the file', () => {
    const path = file(MINIMAL)
    const config = loadConfig(path, {}, {})
    expect(config.directory).toBe(join(path, '..', 'data'))
    expect(config.key.file).toBe(join(path, '..', 'key.json'))
    expect(config.application.directory).toBe(join(path, '..'))
    expect(config.timeouts.viewChangeMs).toBe(1_500)
    expect(config.http.host).toBe('127.0.0.1')
    expect(config.local).toBe(false)
  })

  it('lets flags win over the environment, and the environment over the file', () => {
    const path = file({ ...MINIMAL, http: { port: 1 }, log: { level: 'warn' } })
    const environment = { QUORATE_HTTP_PORT: '2', QUORATE_BATCH_DELAY_MS: '7' }
    expect(loadConfig(path, environment, {}).http.port).toBe(2)
    const config = loadConfig(path, environment, { 'http-port': '3' })
    expect(config.http.port).toBe(3)
    expect(config.batch.delayMs).toBe(7)
    expect(config.log.level).toBe('warn')
  })

  it('needs no file when everything is in the environment', () => {
    const environment = {
      QUORATE_NAME: 'ann',
      QUORATE_DIRECTORY: 'd',
      QUORATE_GENESIS: 'g',
      QUORATE_KEY_FILE: 'k',
      QUORATE_LISTEN: '/ip4/127.0.0.1/tcp/1, /ip4/127.0.0.1/tcp/2',
      QUORATE_LOCAL: 'true',
    }
    const config = loadConfig(null, environment, {})
    expect(config.directory).toBe(join(process.cwd(), 'd'))
    expect(config.listen).toEqual(['/ip4/127.0.0.1/tcp/1', '/ip4/127.0.0.1/tcp/2'])
    expect(config.local).toBe(true)
  })

  it('accepts every option from file, environment and flag alike', () => {
    const examples = {
      text: 'warn',
      path: '/p',
      integer: '1600',
      boolean: 'true',
      list: '/ip4/192.0.2.1/tcp/1',
    }
    const special: Record<string, string> = {
      'log.format': 'text',
      'threshold.backend': 'noble',
      'limits.pendingBytesMax': '65536',
    }
    const path = file(MINIMAL)
    for (const option of CONFIG_OPTIONS) {
      const text = special[option.path.join('.')] ?? examples[option.kind]
      const byFlag = loadConfig(path, {}, { [option.flag]: text })
      expect(loadConfig(path, { [option.variable]: text }, {})).toEqual(byFlag)
      expect(byFlag, option.flag).not.toEqual(loadConfig(path, {}, {}))
      const tree: Record<string, unknown> = structuredClone(MINIMAL)
      put(tree, option.path, at(byFlag, option.path))
      writeFileSync(path, JSON.stringify(tree))
      expect(loadConfig(path, {}, {})).toEqual(byFlag)
      writeFileSync(path, JSON.stringify(MINIMAL))
    }
  })

  it('tells all mistakes at once, each with path, fault and what is allowed', () => {
    const path = file({
      ...MINIMAL,
      name: 'not a name',
      listen: ['/ip4/127.0.0.1/tcp/1', 'nonsense'],
      http: { port: 70_000, prt: 1 },
      timeouts: { viewChangeMs: '5' },
      key: undefined,
    })
    const { message, problems } = failure(() =>
      loadConfig(path, { QUORATE_HTTP_PORT: 'http' }, { 'log-level': 'loud' }),
    )
    expect(problems.map(problem => problem.path).sort()).toEqual([
      'QUORATE_HTTP_PORT',
      'http.port',
      'http.prt',
      'key',
      'listen.1',
      'log.level',
      'name',
      'timeouts.viewChangeMs',
    ])
    expect(message).toContain('8 problems')
    expect(message).toContain('http.port: 70000 is not acceptable; allowed: an integer from 0 to 65535')
    expect(message).toContain('"nonsense" is not a multiaddr')
    expect(message).toContain(
      'log.level: "loud" is not acceptable; allowed: debug, info, warn, error, silent',
    )
    expect(message).toContain('http.prt: is not an option; allowed: host, port')
    expect(message).toContain('key: is missing; allowed: an object with file, passwordFile')
  })

  it('refuses a cap below the time-out that it caps', () => {
    const path = file({ ...MINIMAL, timeouts: { viewChangeMs: 2_000, viewChangeMaxMs: 1_000 } })
    expect(failure(() => loadConfig(path, {}, {})).problems[0]?.path).toBe('timeouts.viewChangeMaxMs')
  })

  it('names the file that is missing, no JSON, or no object', () => {
    expect(failure(() => loadConfig('/nowhere/q.json', {}, {})).message).toBe(
      'there is no configuration /nowhere/q.json',
    )
    expect(failure(() => loadConfig(file('{'), {}, {})).message).toMatch(/is not JSON/)
    expect(failure(() => loadConfig(file('[]'), {}, {})).message).toMatch(/is not a JSON object/)
    expect(failure(() => loadConfig(tmpdir(), {}, {})).message).toMatch(/cannot be read \(EISDIR\)/)
  })

  it('answers any file with a configuration or a ConfigError', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc
            .object({ key: fc.constantFrom('http', 'key', 'listen', '__proto__') })
            .map(value => JSON.stringify({ ...MINIMAL, ...value })),
        ),
        text => {
          try {
            loadConfig(file(text), {}, {})
          } catch (error) {
            expect(error).toBeInstanceOf(ConfigError)
          }
        },
      ),
      { numRuns: 200 },
    )
  })
})

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce((tree: unknown, key) => (tree as Record<string, unknown>)[key], value)
}

function put(tree: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key = '', ...rest] = path
  if (rest.length === 0) {
    tree[key] = value
    return
  }
  const child = (tree[key] ?? {}) as Record<string, unknown>
  tree[key] = child
  put(child, rest, value)
}
