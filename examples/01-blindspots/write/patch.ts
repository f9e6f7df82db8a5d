/** Patches that only add: what a model proposes becomes a file, and files become a diff that people can read. Pure. */
import { createHash } from 'node:crypto'
import type { Proposal, TestFile } from './types.ts'

const CONTEXT_LINES = 3
const NO_END = '\\ No newline at end of file'

/** The hash of a file's bytes. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

/** What an approval is bound to: which files become what, and what they were before. */
export function patchHash(files: readonly TestFile[]): string {
  return sha256(JSON.stringify(files.map(({ path, base, sha256: becomes }) => [path, base, becomes])))
}

/** The content with everything added, or what does not fit. `undefined` is no file. */
export function withInsertions(
  content: string | undefined,
  insertions: Proposal['insertions'],
): { readonly text: string } | { readonly why: string } {
  let text = content ?? ''
  if (insertions.every((insertion) => insertion.text.trim() === '')) return { why: 'nothing is added; write a test' }
  for (const { after, text: added } of insertions) {
    const lines = added.endsWith('\n') ? added : `${added}\n`
    if (after === '') {
      text = `${text === '' || text.endsWith('\n') ? text : `${text}\n`}${lines}`
      continue
    }
    const at = text.indexOf(after)
    if (at < 0) return { why: `the text to add after is not in the file: ${JSON.stringify(after)}; copy it exactly` }
    if (text.includes(after, at + 1))
      return { why: `the text to add after is in the file more than once: ${JSON.stringify(after)}; take more of it` }
    const end = text.indexOf('\n', at + after.trimEnd().length)
    text = end < 0 ? `${text}\n${lines}` : text.slice(0, end + 1) + lines + text.slice(end + 1)
  }
  return { text }
}

/** A unified diff of one file, for people, `git apply` and `patch`. */
export function diffOf({ path, text }: Pick<TestFile, 'path' | 'text'>, was: string | undefined): string {
  const from = was === undefined ? '/dev/null' : `a/${path}`
  const head = [`diff --git a/${path} b/${path}`, ...(was === undefined ? ['new file mode 100644'] : [])]
  return `${[...head, `--- ${from}`, `+++ b/${path}`, ...hunksOf(rowsOf(was ?? '', text))].join('\n')}\n`
}

type Row = { readonly mark: ' ' | '+' | '-'; readonly line: string }

/** The old lines are all there, in order; everything else was added. */
function rowsOf(was: string, is: string): readonly Row[] {
  const [olds, news] = [linesOf(was), linesOf(is)]
  const rows: Row[] = []
  let next = 0
  for (const line of news) {
    const old = olds[next]
    if (old === line) {
      rows.push({ mark: ' ', line })
      next += 1
    } else if (old !== undefined && next === olds.length - 1 && `${old}\n` === line) {
      // The last line had no end, and got one.
      rows.push({ mark: '-', line: old }, { mark: '+', line })
      next += 1
    } else rows.push({ mark: '+', line })
  }
  return rows
}

function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

function hunksOf(rows: readonly Row[]): readonly string[] {
  const kept = rows.map((_, at) =>
    rows.slice(Math.max(0, at - CONTEXT_LINES), at + CONTEXT_LINES + 1).some(({ mark }) => mark !== ' '),
  )
  const out: string[] = []
  let [old, fresh] = [1, 1]
  for (let at = 0; at < rows.length; at++) {
    if (kept[at] !== true) {
      old += 1
      fresh += 1
      continue
    }
    const cut = kept.indexOf(false, at)
    const hunk = rows.slice(at, cut < 0 ? rows.length : cut)
    const [olds, news] = [
      hunk.filter(({ mark }) => mark !== '+').length,
      hunk.filter(({ mark }) => mark !== '-').length,
    ]
    out.push(`@@ -${olds === 0 ? old - 1 : old},${olds} +${news === 0 ? fresh - 1 : fresh},${news} @@`)
    for (const { mark, line } of hunk)
      out.push(mark + line.replace(/\n$/, ''), ...(line.endsWith('\n') ? [] : [NO_END]))
    old += olds
    fresh += news
    at += hunk.length - 1
  }
  return out
}
