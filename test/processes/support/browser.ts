/** A real browser, where there is one: by CHROMIUM_PATH, or by the usual names and places. Nothing is downloaded. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'microsoft-edge',
]
const PLACES = [
  '/usr/lib/chromium/chromium',
  '/snap/bin/chromium',
  '/opt/google/chrome/chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** @returns a path, or null @throws when CHROMIUM_PATH names something that cannot be run */
export function findBrowser(environment: NodeJS.ProcessEnv = process.env): string | null {
  const { CHROMIUM_PATH: named = '', PATH: path = '' } = environment
  if (named !== '') {
    if (isProgram(named)) return named
    throw new Error(`CHROMIUM_PATH is ${named}, which cannot be run`)
  }
  const directories = path.split(delimiter).filter(directory => directory !== '')
  const byName = NAMES.flatMap(name => directories.map(directory => join(directory, name)))
  return [...byName, ...PLACES].find(isProgram) ?? null
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Run by vitest: what is left out is said, once. */
export function setup(): void {
  if (findBrowser() !== null) return
  process.stderr.write(
    'The page was not tested in a browser: there is none here. To get one: apt-get install chromium (or name one in CHROMIUM_PATH).\n',
  )
}
