/** Loads a user's file and takes its definitions. */
import { stat } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AnyDefinition } from '../../kernel/index.ts'
import { SkeinError } from '../../std/index.ts'
import { LOAD_MS_MAX } from '../limits.ts'
import { loadFailure } from './failure.ts'

/** What a file defines. `main` is its default export, or its only definition. */
export type LoadedFile = {
  readonly file: string
  readonly main: AnyDefinition | undefined
  readonly named: ReadonlyMap<string, AnyDefinition>
  /** Names of all exports, for messages. */
  readonly exports: readonly string[]
}

/** True for what `workflow()` and `agent()` return, of any copy of this package. */
export function isDefinition(value: unknown): value is AnyDefinition {
  if (typeof value !== 'object' || value === null) return false
  const { kind, name, version } = value as { kind?: unknown; name?: unknown; version?: unknown }
  return (kind === 'workflow' || kind === 'agent') && typeof name === 'string' && typeof version === 'string'
}

/** Imports a file. Throws `FILE_UNREADABLE` and `DEFINITION_LOAD_FAILED`. */
export async function loadFile(path: string, cwd: string): Promise<LoadedFile> {
  const file = resolve(cwd, path)
  await demandFile(file, path)
  const module = await importWithin(file, cwd)
  const named = new Map<string, AnyDefinition>()
  for (const [name, value] of Object.entries(module))
    if (name !== 'default' && isDefinition(value)) named.set(name, value)
  const only = named.size === 1 ? [...named.values()][0] : undefined
  return { file, main: isDefinition(module['default']) ? module['default'] : only, named, exports: Object.keys(module) }
}

async function demandFile(file: string, path: string): Promise<void> {
  const found = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'there is no such file' : cause.message
    throw new SkeinError('FILE_UNREADABLE', `${path}: ${why}`, { cause })
  })
  if (!found.isFile())
    throw new SkeinError(
      'FILE_UNREADABLE',
      `${path} is not a file; name the .ts or .js file that exports the definition`,
    )
}

async function importWithin(file: string, cwd: string): Promise<Record<string, unknown>> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const seconds = LOAD_MS_MAX / 1000
    timer = setTimeout(
      () =>
        reject(
          new SkeinError(
            'DEFINITION_LOAD_FAILED',
            `${relative(cwd, file)} did not finish loading in ${seconds} s; move top-level awaits into a step or a tool`,
          ),
        ),
      LOAD_MS_MAX,
    )
  })
  try {
    return await Promise.race([import(pathToFileURL(file).href) as Promise<Record<string, unknown>>, late])
  } catch (thrown) {
    throw SkeinError.isInstance(thrown) && thrown.code === 'DEFINITION_LOAD_FAILED'
      ? thrown
      : loadFailure(file, thrown, cwd)
  } finally {
    clearTimeout(timer)
  }
}

/** The definition to run: the named export, else the main one. Throws `DEFINITION_LOAD_FAILED` listing what there is. */
export function pickDefinition(loaded: LoadedFile, exportName: string | undefined, cwd: string): AnyDefinition {
  const shown = relative(cwd, loaded.file) || loaded.file
  const definitions = [...loaded.named.keys()]
  if (exportName !== undefined) {
    const picked = exportName === 'default' ? loaded.main : loaded.named.get(exportName)
    if (picked !== undefined) return picked
    throw new SkeinError(
      'DEFINITION_LOAD_FAILED',
      `${shown} exports no definition "${exportName}"; ${listOf(loaded, definitions)}`,
    )
  }
  if (loaded.main !== undefined) return loaded.main
  if (definitions.length > 1)
    throw new SkeinError(
      'DEFINITION_LOAD_FAILED',
      `${shown} has no default export and several definitions: choose one with --export ${definitions.join(' | ')}`,
    )
  throw new SkeinError(
    'DEFINITION_LOAD_FAILED',
    `${shown} exports nothing that can be run; ${listOf(loaded, definitions)}. ` +
      "Write: export default workflow({ name: '…' }, async (ctx, input) => …)",
  )
}

function listOf(loaded: LoadedFile, definitions: readonly string[]): string {
  if (definitions.length > 0) return `its definitions are ${definitions.join(', ')}`
  return loaded.exports.length === 0
    ? 'it exports nothing at all'
    : `its exports are ${loaded.exports.join(', ')}, none of them made by workflow() or agent()`
}
