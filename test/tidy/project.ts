/** The files that the tidy rules look at: this repository, or a small planted one. */
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import ts from 'typescript'

/** One text file; `path` is relative to the root, with forward slashes. */
export type TextFile = { readonly path: string; readonly text: string }

/** A file of ours that TypeScript parses. */
export type CodeFile = TextFile & { readonly ast: ts.SourceFile }

export type Project = {
  readonly files: readonly TextFile[]
  readonly code: readonly CodeFile[]
  text(path: string): string
}

const FOLDERS = ['src', 'test', 'examples', 'bench', 'scripts', 'bin', 'docs', '.ci']
const SKIPPED = new Set(['node_modules', 'dist', 'coverage'])
/** What `npm start` writes into the folder it is started in, and what git writes into a second work tree. */
const WRITTEN = new Set(['blindspots.md', '.git'])
const TEXT = new Set(['.ts', '.mjs', '.js', '.json', '.md', '.sh', '.yml', ''])
const CODE = new Set(['.ts', '.mjs'])

/** Everything that is ours under `root`. */
export function readProject(root: string): Project {
  const top = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isFile() && !WRITTEN.has(entry.name))
  const paths = [...top.map((entry) => entry.name), ...FOLDERS.flatMap((folder) => walk(root, folder))]
  const texts = paths.filter((path) => TEXT.has(extname(path)))
  return projectOf(Object.fromEntries(texts.map((path) => [path, readFileSync(join(root, path), 'utf8')])))
}

/** A project from paths and texts, as planted ones are. */
export function projectOf(texts: Readonly<Record<string, string>>): Project {
  const files = Object.entries(texts).map(([path, text]) => ({ path, text }))
  const code = files.filter((file) => CODE.has(extname(file.path))).map((file) => ({ ...file, ast: parse(file) }))
  return { files, code, text: (path) => texts[path] ?? '' }
}

/** `path:line what`, as every rule reports. */
export function offence(file: CodeFile, node: ts.Node, what: string): string {
  return offenceAt(file, file.ast.getLineAndCharacterOfPosition(node.getStart(file.ast)).line + 1, what)
}

export function offenceAt(file: TextFile, line: number, what: string): string {
  return `${file.path}:${line} ${what}`
}

/** Depth first, every node of the file. */
export function visit(node: ts.Node, each: (node: ts.Node) => void): void {
  each(node)
  ts.forEachChild(node, (child) => visit(child, each))
}

/** Tests and what only they use; neither is shipped. */
export const isTest = (file: TextFile): boolean => /\.(?:test|fixture)\.ts$/.test(file.path)
export const isSource = (file: TextFile): boolean => file.path.startsWith('src/') && !isTest(file)

function walk(root: string, folder: string): string[] {
  let entries
  try {
    entries = readdirSync(join(root, folder), { withFileTypes: true })
  } catch {
    return []
  }
  return entries.flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isFile()) return [path]
    return entry.isDirectory() && !entry.name.startsWith('.') && !SKIPPED.has(entry.name) ? walk(root, path) : []
  })
}

function parse(file: TextFile): ts.SourceFile {
  return ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS)
}
