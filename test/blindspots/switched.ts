/**
 * Many changes in one program: every function that is changed has a body for each of its changes, and a number says which is
 * run. So the program is loaded, and compiled by the machine, once for all of them.
 *
 * 1. At most one change is on; with none on, every body is the untouched one.
 * 2. A change outside of any function body is not taken: what runs once at loading cannot be switched.
 */
import ts from 'typescript'
import type { Proposal } from '../../examples/01-blindspots/code/propose.ts'

/** Where the number of the change that is on is kept; 0 is none. */
export const SWITCH = '__skeinChange'

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
  const own = new Map<Body, Numbered[]>()
  for (const numbered of changes) {
    const body = innermost(bodies, numbered.change)
    if (body === undefined) continue
    taken.push(numbered.n)
    own.set(body, [...(own.get(body) ?? []), numbered])
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

/** The smallest body that holds all of a change, and more than it. */
function innermost(bodies: readonly Body[], change: Proposal): Body | undefined {
  const end = change.start + change.before.length
  const holder = bodies.find((body) => body.start <= change.start && end <= body.end)
  return holder === undefined ? undefined : (innermost(holder.inner, change) ?? holder)
}

type Changed = { readonly source: string; readonly own: ReadonlyMap<Body, readonly Numbered[]> }

/** The text of a body, with all the bodies in it. */
function withBodies(changed: Changed, body: Body): string {
  let text = ''
  let at = body.start
  for (const inner of body.inner) {
    text += changed.source.slice(at, inner.start) + chosen(changed, inner)
    at = inner.end
  }
  return text + changed.source.slice(at, body.end)
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
