/**
 * A planted bug: a realistic mistake in kernel or engine, as anchored replacements in their sources. Whoever moves an anchor
 * moves the bug with it: one that does not fit any more is an error, not a bug that was caught.
 */

/** `text` stands in `file` exactly once; `instead` is what somebody might have written. */
export type Edit = { readonly file: string; readonly text: string; readonly instead: string }

/** One mistake. */
export type PlantedBug = {
  readonly name: string
  /** The rules of the kernel that it breaks, as tests name them. */
  readonly breaks: readonly string[]
  /** Why somebody might write it. */
  readonly because: string
  readonly edits: readonly Edit[]
}

/** The source with an edit made. Throws when its anchor is not there exactly once, or nothing would change. */
export function edited(source: string, edit: Edit, bug: string): string {
  const { file, text, instead } = edit
  const found = source.split(text).length - 1
  if (found !== 1)
    throw new Error(`planted bug ${bug}: its anchor stands ${found} times in ${file}, not once:\n${text}`)
  if (text === instead) throw new Error(`planted bug ${bug} changes nothing in ${file}`)
  // A function: what stands there is not a pattern.
  return source.replace(text, () => instead)
}

/** The changed files of a bug, by path; `read` gives the sources. */
export function planted(bug: PlantedBug, read: (file: string) => string): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  for (const edit of bug.edits) files.set(edit.file, edited(files.get(edit.file) ?? read(edit.file), edit, bug.name))
  return files
}
