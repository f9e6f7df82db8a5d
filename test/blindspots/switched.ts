/**
 * Many changes in one program: every function that is changed has a body for each of its changes, and a number says which is
 * run. So the program is loaded, and compiled by the machine, once for all of them.
 *
 * 1. At most one change is on; with none on, every body is the untouched one.
 * 2. A change outside of any function body is not taken: what runs once at loading cannot be switched.
 * 3. While somebody records, a change is reached when the untouched statement that it lies in begins.
 */
import ts from 'typescript'
import type { Proposal } from '../../examples/01-blindspots/code/propose.ts'

/** Where the number of the change that is on is kept; 0 is none. */
export const SWITCH = '__skeinChange'

/** Where the numbers of changes are noted that are reached, while a set is there. */
export const REACHED = '__skeinReached'

/** A change and its number. */
export type Numbered = { readonly change: Proposal; readonly n: number }

/** A text with switches, and the numbers of the changes in it. */
export type Switched = { readonly text: string; readonly taken: readonly number[] }

type Body = { readonly start: number; readonly end: number; readonly isBlock: boolean; readonly inner: Body[] }

/** Puts all changes of one file into its text. */
export function switched(file: string, source: string, changes: readonly Numbered[]): Switched {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true)
  const bodies = bodiesOf(tree)
  const taken: number[] = []
  const own = new Map<Body, Placed[]>()
  for (const numbered of changes) {
    const body = innermost(bodies, numbered.change)
    if (body === undefined) continue
    taken.push(numbered.n)
    const marked = Math.max(statementOf(tree, numbered.change), body.start + (body.isBlock ? 1 : 0))
    own.set(body, [...(own.get(body) ?? []), { ...numbered, marked }])
  }
  return { text: withBodies({ source, own }, { start: 0, end: source.length, isBlock: false, inner: bodies }), taken }
}

/** Bodies of functions, those within others below them. */
function bodiesOf(tree: ts.Node): Body[] {
  const found: Body[] = []
  const visit = (node: ts.Node, into: Body[]): void => {
    const body = ts.isFunctionLike(node) && 'body' in node ? (node.body as ts.Node | undefined) : undefined
    if (body === undefined) return ts.forEachChild(node, (child) => visit(child, into))
    ts.forEachChild(node, (child) => {
      if (child !== body) return visit(child, into)
      const made: Body = { start: body.getStart(), end: body.end, isBlock: ts.isBlock(body), inner: [] }
      // The body of a constructor calls `super` first: it is left as it is.
      if (ts.isConstructorDeclaration(node)) return visit(body, into)
      into.push(made)
      if (made.isBlock) ts.forEachChild(body, (inner) => visit(inner, made.inner))
      else visit(body, made.inner)
    })
  }
  visit(tree, found)
  return found
}

/** Where the smallest statement of a list begins that holds all of a change. */
function statementOf(tree: ts.Node, { start, before }: Proposal): number {
  let found = 0
  const visit = (node: ts.Node): void => {
    if (node.getStart() > start || start + before.length > node.end) return
    const { parent } = node
    if (ts.isStatement(node) && (ts.isBlock(parent) || ts.isCaseOrDefaultClause(parent))) found = node.getStart()
    ts.forEachChild(node, visit)
  }
  ts.forEachChild(tree, visit)
  return found
}

/** The smallest body that holds all of a change, and more than it. */
function innermost(bodies: readonly Body[], change: Proposal): Body | undefined {
  const end = change.start + change.before.length
  const holder = bodies.find((body) => body.start <= change.start && end <= body.end)
  return holder === undefined ? undefined : (innermost(holder.inner, change) ?? holder)
}

/** A change, and where it is noted that it is reached. */
type Placed = Numbered & { readonly marked: number }
type Changed = { readonly source: string; readonly own: ReadonlyMap<Body, readonly Placed[]> }

const noted = (n: number): string => `globalThis.${REACHED}?.add(${n})`

/** The untouched text of a body, with all the bodies in it. */
function withBodies(changed: Changed, body: Body): string {
  const marks = changed.own.get(body) ?? []
  const parts = [
    ...body.inner.map((inner) => ({ at: inner.start, end: inner.end, text: () => chosen(changed, inner) })),
    ...(body.isBlock ? marks : []).map(({ marked, n }) => ({ at: marked, end: marked, text: () => `${noted(n)};` })),
  ]
  let text = ''
  let at = body.start
  for (const part of parts.toSorted((a, b) => a.at - b.at)) {
    text += changed.source.slice(at, part.at) + part.text()
    at = part.end
  }
  text += changed.source.slice(at, body.end)
  return body.isBlock || marks.length === 0 ? text : `(${[...marks.map(({ n }) => noted(n)), `(${text})`].join(', ')})`
}

function chosen(changed: Changed, body: Body): string {
  const plain = withBodies(changed, body)
  const own = changed.own.get(body) ?? []
  return own.reduceRight((otherwise, { change, n }) => {
    const end = change.start + change.before.length
    const made = changed.source.slice(body.start, change.start) + change.after + changed.source.slice(end, body.end)
    const isOn = `globalThis.${SWITCH} === ${n}`
    return body.isBlock ? `{ if (${isOn}) ${made} else ${otherwise} }` : `(${isOn} ? (${made}) : (${otherwise}))`
  }, plain)
}
