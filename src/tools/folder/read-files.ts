/** list_files and read_file: what is in the folder. */
import { lstat } from 'node:fs/promises'
import { relative } from 'node:path'
import { SkeinError } from '../../std/index.ts'
import {
  FILE_BYTES_MAX,
  LIST_DEPTH_DEFAULT,
  LIST_DEPTH_MAX,
  LIST_ENTRIES_DEFAULT,
  LIST_ENTRIES_MAX,
  READ_BYTES_MAX,
} from '../limits.ts'
import { flag, optional, shape, text, whole } from '../definition/input-shape.ts'
import type { ShapeOf } from '../definition/input-shape.ts'
import { placeOf, realRoot, resolveInside } from './locate.ts'
import { quoted } from './path-error.ts'
import { hashOf, linesOf, readBytes, textOf } from './text-file.ts'
import type { Bounds, Entry } from './walk.ts'
import { walk } from './walk.ts'

const LINE_MAX = 100_000_000

/** What list_files takes. */
export const ListInput = shape({
  path: optional(text('Folder to list, relative. Default: the whole folder.')),
  depth: optional(whole(`How many levels. Default ${LIST_DEPTH_DEFAULT}.`, 1, LIST_DEPTH_MAX)),
  limit: optional(whole(`How many entries at most. Default ${LIST_ENTRIES_DEFAULT}.`, 1, LIST_ENTRIES_MAX)),
  all: optional(flag('Also what is ignored by default (.git, node_modules).')),
})

/** What read_file takes. */
export const ReadInput = shape({
  path: text('File to read, relative.'),
  fromLine: optional(whole('First line, counted from 1.', 1, LINE_MAX)),
  toLine: optional(whole('Last line, included.', 1, LINE_MAX)),
})

/** An entry as list_files shows it. */
export type ListedEntry = { readonly path: string; readonly kind: Entry['kind']; readonly bytes?: number }
/** What list_files gives; `cut` says what was left out. */
export type Listing = { readonly entries: readonly ListedEntry[]; readonly cut?: string }
/** What read_file gives; `hash` is of the whole file, for write_file and patch_file. */
export type ReadText = {
  readonly path: string
  readonly text: string
  readonly hash: string
  readonly fromLine: number
  readonly toLine: number
  readonly lines: number
}

/** Lists a folder, level by level. */
export async function listFiles(
  root: string,
  input: ShapeOf<typeof ListInput>,
  { ignore, signal }: Bounds,
): Promise<Listing> {
  const { path = '.', depth = LIST_DEPTH_DEFAULT, limit = LIST_ENTRIES_DEFAULT, all = false } = input
  const rootReal = await realRoot(root)
  const start = relative(rootReal, await resolveInside(rootReal, path)) || '.'
  const entries: ListedEntry[] = []
  const cuts = new Set<string>()
  const options = { depthMax: depth, ignore: all ? [] : ignore, signal, onCut: (what: string) => void cuts.add(what) }
  for await (const entry of walk(rootReal, start, options)) {
    if (entries.length === limit) {
      cuts.add(`only the first ${limit} entries are shown; list a folder of them, or ask for more`)
      break
    }
    const bytes =
      entry.kind === 'file'
        ? await lstat(entry.folder.at(entry.name)).then(
            (stat) => stat.size,
            () => undefined,
          )
        : undefined
    entries.push({ path: entry.path, kind: entry.kind, ...(bytes === undefined ? {} : { bytes }) })
  }
  entries.sort((a, b) => (a.path < b.path ? -1 : 1))
  return { entries, ...(cuts.size === 0 ? {} : { cut: [...cuts].join('; ') }) }
}

/** Reads a file, or lines of it. Throws `FILE_TOO_LARGE` with the line range that fits. */
export async function readText(root: string, input: ShapeOf<typeof ReadInput>): Promise<ReadText> {
  const { path } = input
  const place = await placeOf(await realRoot(root), path)
  await using _folder = place.folder
  const { bytes } = await readBytes(place, path, FILE_BYTES_MAX)
  const lines = linesOf(textOf(bytes, path))
  const fromLine = input.fromLine ?? 1
  const toLine = Math.min(input.toLine ?? lines.length, lines.length)
  if (fromLine > Math.max(toLine, 1)) {
    throw new SkeinError(
      'INPUT_INVALID',
      `${quoted(path)} has ${lines.length} lines; there is nothing from line ${fromLine} to ${toLine}`,
    )
  }
  const fits = lastLineThatFits(lines, fromLine)
  if (fits < toLine) throw tooMuch(path, bytes.length, lines.length, fromLine, fits)
  return {
    path,
    text: lines.slice(fromLine - 1, toLine).join(''),
    hash: hashOf(bytes),
    fromLine,
    toLine,
    lines: lines.length,
  }
}

function lastLineThatFits(lines: readonly string[], fromLine: number): number {
  let bytes = 0
  for (let line = fromLine; line <= lines.length; line++) {
    bytes += Buffer.byteLength(lines[line - 1] ?? '')
    if (bytes > READ_BYTES_MAX) return line - 1
  }
  return lines.length
}

function tooMuch(path: string, bytes: number, lines: number, fromLine: number, fits: number): SkeinError {
  const mend =
    fits < fromLine
      ? `line ${fromLine} alone is longer than that; look into it with search_files`
      : `ask for fromLine ${fromLine} to toLine ${fits}, and go on from there`
  return new SkeinError(
    'FILE_TOO_LARGE',
    `${quoted(path)} has ${bytes} bytes in ${lines} lines, and one read gives at most ${READ_BYTES_MAX} bytes; ${mend}`,
    {
      data: { bytes, lines, ...(fits < fromLine ? {} : { fromLine, toLine: fits }) },
    },
  )
}
