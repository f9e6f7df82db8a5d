/** `folderTools()`: a folder as tools. Nothing outside of it can be read or written through them. */
import { SkeinError } from '../../std/index.ts'
import type { DefinedTool } from '../definition/tool.ts'
import { tool } from '../definition/tool.ts'
import { pathError } from './path-error.ts'
import type { Listing, ReadText } from './read-files.ts'
import { ListInput, listFiles, ReadInput, readText } from './read-files.ts'
import type { SearchResult } from './search-files.ts'
import { SearchInput, searchFiles } from './search-files.ts'
import type { WrittenFile } from './write-files.ts'
import { PatchInput, patchText, reconcilePatch, WriteInput, writeText } from './write-files.ts'

/** Names that lists and searches leave out unless told otherwise. */
const IGNORED = ['.git', 'node_modules']
const NEVER = new AbortController().signal

/** What the tools may do. */
export type FolderOptions = {
  /** The folder that they are confined to. */
  readonly root: string
  /** Also write_file and patch_file. */
  readonly write?: boolean
  /** Ask a person before each write. */
  readonly needsApproval?: boolean
  /** Names left out of lists and searches, wherever they are; `.git` and `node_modules` when absent. */
  readonly ignore?: readonly string[]
}

/** The tools that look. */
export type ReadingTools = {
  readonly list_files: DefinedTool<typeof ListInput, Promise<Listing>>
  readonly read_file: DefinedTool<typeof ReadInput, Promise<ReadText>>
  readonly search_files: DefinedTool<typeof SearchInput, Promise<SearchResult>>
}

/** The tools that change; never inside `.git`, whose files are commands to others. */
export type WritingTools = {
  readonly write_file: DefinedTool<typeof WriteInput, Promise<WrittenFile>>
  readonly patch_file: DefinedTool<typeof PatchInput, Promise<WrittenFile>>
}

/** Tools over one folder: `list_files`, `read_file`, `search_files`; with `write`, also `write_file` and `patch_file`. */
export function folderTools(options: FolderOptions & { readonly write: true }): ReadingTools & WritingTools
export function folderTools(options: FolderOptions): ReadingTools
export function folderTools(options: FolderOptions): ReadingTools | (ReadingTools & WritingTools) {
  if (typeof options.root !== 'string' || options.root === '') {
    throw new SkeinError(
      'DEFINITION_INVALID',
      'folderTools has no root; give the folder that the tools are confined to',
    )
  }
  const reading = readingTools(options)
  return options.write === true ? { ...reading, ...writingTools(options) } : reading
}

function readingTools({ root, ignore = IGNORED }: FolderOptions): ReadingTools {
  return {
    list_files: tool({
      name: 'list_files',
      description: 'Lists the files and folders of a folder, some levels deep.',
      effect: 'local',
      inputSchema: ListInput,
      execute: (input, { abortSignal = NEVER }) =>
        naming(input.path ?? '.', () => listFiles(root, input, { ignore, signal: abortSignal })),
    }),
    read_file: tool({
      name: 'read_file',
      description: 'Reads a text file, whole or some of its lines. Its hash is what write_file and patch_file take.',
      effect: 'local',
      inputSchema: ReadInput,
      execute: (input) => naming(input.path, () => readText(root, input)),
    }),
    search_files: tool({
      name: 'search_files',
      description: 'Finds the lines of text files that contain a text, or match a regular expression.',
      effect: 'local',
      inputSchema: SearchInput,
      execute: (input, { abortSignal = NEVER }) =>
        naming(input.path ?? '.', () => searchFiles(root, input, { ignore, signal: abortSignal })),
    }),
  }
}

function writingTools({ root, needsApproval = false }: FolderOptions): WritingTools {
  return {
    write_file: tool({
      name: 'write_file',
      description: 'Writes a text file whole, new or over the old one.',
      effect: 'write',
      idempotent: true,
      needsApproval,
      inputSchema: WriteInput,
      execute: (input) => naming(input.path, () => writeText(root, input)),
    }),
    patch_file: tool({
      name: 'patch_file',
      description: 'Changes a text file: one exact replacement, or a unified diff, of the text that read_file gave.',
      effect: 'write',
      needsApproval,
      inputSchema: PatchInput,
      execute: (input) => naming(input.path, () => patchText(root, input)),
      reconcile: (input, { abortSignal = NEVER }) => reconcilePatch(root, input, abortSignal),
    }),
  }
}

/** The system's complaints, with the path as it was given. */
async function naming<Value>(path: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    // An abort is nobody's mistake: it goes through as it is.
    if (error instanceof DOMException) throw error
    throw pathError(error, path)
  }
}
