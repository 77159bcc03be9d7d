import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { askHidden } from '../../../src/interfaces/cli/password.ts'

/** What a person types, and what is shown meanwhile. */
function keyboard() {
  const [input, output] = [new PassThrough(), new PassThrough()]
  return { input, output, shown: () => String(output.read() ?? '') }
}

describe('a password that is typed', () => {
  it('is not shown, and the line ends after it', async () => {
    const { shown, ...terminal } = keyboard()
    const answer = askHidden('password of key.json: ', terminal)
    terminal.input.write('a secret\r')
    expect(await answer).toBe('a secret')
    expect(shown()).toBe('password of key.json: \n')
  })

  it.each(['\x03', 'half of a sec\x03'])('is none after Ctrl-C: %j', async keys => {
    const { shown, ...terminal } = keyboard()
    const answer = askHidden('password of key.json: ', terminal)
    terminal.input.write(keys)
    await expect(answer).rejects.toMatchObject({ exitCode: 130 })
    expect(shown()).toBe('password of key.json: \n')
  })

  it('is empty when the terminal goes away', async () => {
    const { input, output } = keyboard()
    const answer = askHidden('password of key.json: ', { input, output })
    input.end()
    expect(await answer).toBe('')
  })
})
