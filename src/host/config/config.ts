/** `skein.config.ts`: what a project says once, for the command line and for `open()`. */
import { access } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { retentionMs } from '../../kernel/index.ts'
import type { Retention } from '../../kernel/index.ts'
import type { ModelsConfig } from '../../model/index.ts'
import { SkeinError } from '../../std/index.ts'
import { loadFailure } from '../load/failure.ts'
import { suggestion } from '../words/nearest.ts'

/** The default export of `skein.config.ts` or `skein.config.js`; every member is optional. */
export type SkeinConfig = {
  /** The data folder, relative to the config file. */
  readonly data?: string
  /** The address of an engine that keeps processes instead of the data folder, such as `restate://127.0.0.1:8080`. */
  readonly engine?: string
  /** Providers, aliases and prices of models, and how many calls of them are in flight at once. */
  readonly models?: ModelsConfig
  /** How long what a run was given and gave is kept after its end, where its definition does not say; default: for ever. */
  readonly retention?: Retention
}

const FILES = ['skein.config.ts', 'skein.config.js', 'skein.config.mjs'] as const
const MODEL_MEMBERS = ['providers', 'aliases', 'prices', 'concurrency'] as const
const MEMBERS = ['data', 'engine', 'models', 'retention'] as const

/** The data folder where nobody says otherwise. */
export const DATA_FOLDER_DEFAULT = '.skein'

/** The config of a folder; empty when there is no file. Throws `DEFINITION_LOAD_FAILED`, `INPUT_INVALID`. */
export async function loadConfig(cwd: string): Promise<SkeinConfig> {
  for (const name of FILES) {
    const file = join(cwd, name)
    if (!(await exists(file))) continue
    const module = await importConfig(file, cwd)
    return checked(module['default'], relative(cwd, file))
  }
  return {}
}

/** The data folder: what was asked for, else the config's, else `.skein`. */
export function dataFolder(asked: string | undefined, config: SkeinConfig, cwd: string): string {
  return resolve(cwd, asked ?? config.data ?? DATA_FOLDER_DEFAULT)
}

async function importConfig(file: string, cwd: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>
  } catch (thrown) {
    throw loadFailure(file, thrown, cwd)
  }
}

function checked(config: unknown, name: string): SkeinConfig {
  if (typeof config !== 'object' || config === null)
    throw new SkeinError(
      'INPUT_INVALID',
      `${name} has no default export; write: export default { data: '.skein', models: { … } }`,
    )
  demandMembers(config, MEMBERS, name)
  const { data, engine, models } = config as { data?: unknown; engine?: unknown; models?: unknown }
  if (data !== undefined && typeof data !== 'string')
    throw new SkeinError('INPUT_INVALID', `data in ${name} is no text; write the path of a folder`)
  if (engine !== undefined && typeof engine !== 'string')
    throw new SkeinError(
      'INPUT_INVALID',
      `engine in ${name} is no text; write an address, as in restate://127.0.0.1:8080`,
    )
  if (models !== undefined) {
    if (typeof models !== 'object' || models === null)
      throw new SkeinError('INPUT_INVALID', `models in ${name} is no object; write { ${MODEL_MEMBERS.join(', ')} }`)
    demandMembers(models, MODEL_MEMBERS, `models in ${name}`)
    checkConcurrency(models, `models in ${name}`)
  }
  const { retention } = config as { retention?: unknown }
  if (retention !== undefined) checkRetention(retention, name)
  return config
}

/** Throws `INPUT_INVALID` for a number of model calls at once that is none. */
export function checkConcurrency({ concurrency }: ModelsConfig, where: string): void {
  if (concurrency === undefined || (Number.isSafeInteger(concurrency) && concurrency > 0)) return
  throw new SkeinError(
    'INPUT_INVALID',
    `concurrency of ${where} is ${String(concurrency)}; write how many model calls may be in flight at once: 1 or more`,
  )
}

function checkRetention(retention: unknown, name: string): void {
  try {
    retentionMs(retention as Retention)
  } catch (cause) {
    throw new SkeinError('INPUT_INVALID', `retention in ${name} is no duration; write '30d', or 'forever'`, { cause })
  }
}

function demandMembers(value: object, known: readonly string[], what: string): void {
  for (const member of Object.keys(value)) {
    if (known.includes(member)) continue
    throw new SkeinError(
      'INPUT_INVALID',
      `${what} has a member ${member} that nothing reads; the members are ${known.join(', ')}.${suggestion(member, known)}`,
    )
  }
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}
