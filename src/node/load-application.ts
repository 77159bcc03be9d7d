import { access } from 'node:fs/promises'
import { isAbsolute, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Application, ApplicationFactory } from '../application/contract.ts'
import createKeyValue from '../application/key-value.ts'
import createLedger from '../application/ledger.ts'
import { messageOf } from '../lib/thrown.ts'

/** The genesis file names an application that cannot be had. The message is one sentence that names it. */
export class ApplicationLoadError extends Error {
  override readonly name = 'ApplicationLoadError'
  readonly code: 'NOT_FOUND' | 'BROKEN' | 'NOT_AN_APPLICATION' | 'BAD_OPTIONS'
  constructor(code: ApplicationLoadError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

const BUILT_IN: Readonly<Record<string, ApplicationFactory>> = {
  'key-value': createKeyValue,
  ledger: createLedger,
}

/** Every method that the contract asks for: a missing one is found at the start, not at the first snapshot. */
const METHODS = [
  'check',
  'checkAgainstState',
  'execute',
  'stateRoot',
  'query',
  'verify',
  'snapshot',
  'verifyChunk',
  'restore',
] as const satisfies readonly Exclude<keyof Application, 'signatures'>[]

/**
 * @param module `key-value`, `ledger`, or the path of an ES module whose default export is an `ApplicationFactory`
 * @param options for the factory
 * @param baseDirectory where a relative path starts
 * @throws ApplicationLoadError
 */
export async function loadApplication(
  module: string,
  options: unknown,
  baseDirectory: string,
): Promise<Application> {
  const factory = Object.hasOwn(BUILT_IN, module)
    ? BUILT_IN[module]
    : await importFactory(module, baseDirectory)
  if (typeof factory !== 'function') {
    throw new ApplicationLoadError(
      'NOT_AN_APPLICATION',
      `The module "${module}" does not export a function as default.`,
    )
  }
  let application: Application
  try {
    application = (factory as ApplicationFactory)(options)
  } catch (error) {
    throw new ApplicationLoadError(
      'BAD_OPTIONS',
      `The application "${module}" refuses its options: ${reasonOf(error)}.`,
      {
        cause: error,
      },
    )
  }
  const lacking = shortcomingOf(application)
  if (lacking !== null) {
    throw new ApplicationLoadError(
      'NOT_AN_APPLICATION',
      `What the module "${module}" makes is no application: ${lacking}.`,
    )
  }
  return application
}

async function importFactory(module: string, baseDirectory: string): Promise<unknown> {
  const path = isAbsolute(module) ? module : resolve(baseDirectory, module)
  try {
    await access(path)
  } catch (error) {
    const message = `There is no application "${module}": it is neither key-value nor ledger nor the file ${path}.`
    throw new ApplicationLoadError('NOT_FOUND', message, { cause: error })
  }
  try {
    const loaded: { readonly default?: unknown } = await import(/* @vite-ignore */ pathToFileURL(path).href)
    return loaded.default
  } catch (error) {
    const message = `The application "${module}" cannot be loaded: ${reasonOf(error)}.`
    throw new ApplicationLoadError('BROKEN', message, { cause: error })
  }
}

function shortcomingOf(application: Application): string | null {
  if (typeof application !== 'object' || application === null) return 'it is not an object'
  const missing = METHODS.filter(method => typeof application[method] !== 'function')
  if (missing.length > 0) return `it lacks ${missing.join(', ')}`
  const { signatures } = application
  return signatures === 'required' || signatures === 'none'
    ? null
    : `its signatures are neither 'required' nor 'none'`
}

function reasonOf(error: unknown): string {
  return messageOf(error).replace(/\.$/, '')
}
