/**
 * The proposer: small changes to a file, by rule. It need not be clever, because every claim about a change is
 * proved by running the tests.
 *
 * 1. The same text gives the same proposals in the same order, everywhere.
 * 2. Any beginning of the order is a fair sample: every line has its turn before one has its second, behaviour comes
 *    before constants, and then a hash decides.
 * 3. An id stands for one change to one exact text: `file`, what was in it, where, and what comes instead.
 */
import { createHash } from 'node:crypto'
import { runtimeOf } from './erasable.ts'
import { OPERATORS } from './operators/index.ts'
import type { Token } from './scan.ts'
import { scan } from './scan.ts'
import { syntaxOf } from './syntax.ts'

/** One small change. */
export type Proposal = {
  readonly id: string
  readonly file: string
  readonly line: number
  readonly column: number
  readonly operator: string
  readonly before: string
  readonly after: string
  readonly start: number
}

const ID_LENGTH = 16
const NO_CODE =
  /^\s*(import|from|export \*|#include|#define|#pragma|package|using|use|require|require_relative|mod|extern)\b/
const TALK = /^\s*(console|log|logger|logging)\s*[.(]|^\s*fmt\.Print|^\s*(assert|print|println|printf|puts|echo)\b/
/** What is said never to happen: whoever changes it changes nothing. */
const NEVER = /\b(unreachable|assertNever|assertUnreachable|unimplemented|todo)\s*!?\s*\(/

/** Hex hash by which things are told apart and put in order. */
export function hashOf(...parts: readonly string[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${part.length}:${part}`)
  return hash.digest('hex')
}

/** All proposals for a file, in the order in which they should be tried. Empty for files that we cannot read as code. */
export function proposalsFor(file: string, source: string): readonly Proposal[] {
  const syntax = syntaxOf(file)
  if (syntax === undefined) return []
  const runtime = runtimeOf(file, source)
  const tokens = scan(source, syntax).filter((token) => runtime.runs(token.start, token.end))
  const skipped = linesWithoutInterest(source)
  const content = hashOf(file, source)
  const found = new Map<string, Proposal>()
  for (const [index, token] of tokens.entries()) {
    if (skipped.has(token.line)) continue
    for (const operator of OPERATORS) {
      for (const edit of operator.at({ source, syntax, tokens, index, token })) {
        const before = source.slice(edit.start, edit.end)
        if (before === edit.after) continue
        const id = hashOf(content, String(edit.start), before, edit.after).slice(0, ID_LENGTH)
        const place = { line: lineAt(tokens, token, edit.start), column: columnAt(source, edit.start) }
        found.set(id, { id, file, ...place, operator: operator.name, before, after: edit.after, start: edit.start })
      }
    }
  }
  return fairOrder([...found.values()])
}

/** The text with the change made. Throws when the text is not the one that the proposal is about. */
export function applied(source: string, proposal: Proposal): string {
  const { start, before, after } = proposal
  const end = start + before.length
  if (source.slice(start, end) !== before) {
    throw new Error(`${proposal.file}:${proposal.line} is not what it was when change ${proposal.id} was proposed`)
  }
  return source.slice(0, start) + after + source.slice(end)
}

/** False when the changed text is surely no program: such a change would prove nothing. */
export function usable(file: string, source: string, proposal: Proposal): boolean {
  return runtimeOf(file, source).accepts(applied(source, proposal))
}

/** What no language takes for a program. */
export const BROKEN = ')]} this file is broken on purpose {[(\n'

/** Many a number and a label may well be another; a branch may not. */
const CONSTANTS = new Set(['off by one', 'text'])

function fairOrder(proposals: readonly Proposal[]): readonly Proposal[] {
  const weight = ({ operator }: Proposal): number => (CONSTANTS.has(operator) ? 1 : 0)
  const byWeight = proposals.toSorted((a, b) => weight(a) - weight(b) || (a.id < b.id ? -1 : 1))
  const seen = new Map<number, number>()
  const ranked = byWeight.map((proposal) => {
    const rank = seen.get(proposal.line) ?? 0
    seen.set(proposal.line, rank + 1)
    return { proposal, rank }
  })
  // The sort is stable: within a rank the order stays.
  return ranked.toSorted((a, b) => a.rank - b.rank).map(({ proposal }) => proposal)
}

/** In Rust the tests of a file stand at its end. */
const TESTS_FOLLOW = /^\s*#\[cfg\(test\)\]/

function linesWithoutInterest(source: string): ReadonlySet<number> {
  const lines = new Set<number>()
  let testsFollow = false
  for (const [index, line] of source.split('\n').entries()) {
    testsFollow ||= TESTS_FOLLOW.test(line)
    if (testsFollow || NO_CODE.test(line) || TALK.test(line) || NEVER.test(line)) lines.add(index + 1)
  }
  return lines
}

function columnAt(source: string, offset: number): number {
  return offset - source.lastIndexOf('\n', offset - 1)
}

/** A condition may begin on a later line than its `if`. */
function lineAt(tokens: readonly Token[], token: Token, start: number): number {
  if (start <= token.end) return token.line
  return tokens.find((other) => other.start >= start)?.line ?? token.line
}
