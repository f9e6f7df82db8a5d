/** Random edits of a program, by class. */
import type { SimRandom } from '../../../src/testing/index.ts'
import { bodiesOf, WRITES } from '../program/grammar.ts'
import type { Body, Node } from '../program/grammar.ts'

/** Sites of what an edit adds; programs have smaller ones. */
const NEW_SITES = 1_000

type EditOf = (body: Body, at: number, random: SimRandom, site: () => number) => Body

const replaced = (body: Body, at: number, ...nodes: readonly Node[]): Body => body.toSpliced(at, 1, ...nodes)

const leaf = (random: SimRandom, site: number): Node =>
  random.chance(0.5) ? { op: 'write', site, kind: random.pick(WRITES) } : { op: 'read', site }

const onNode =
  (change: (node: Node, random: SimRandom, site: () => number) => Node | undefined): EditOf =>
  (body, at, random, site) => {
    const node = body[at]
    const changed = node === undefined ? undefined : change(node, random, site)
    return changed === undefined ? body : replaced(body, at, changed)
  }

/** Every class of edit. */
export const EDITS: Readonly<Record<string, EditOf>> = {
  insert: (body, at, random, site) => body.toSpliced(at, 0, leaf(random, site())),
  append: (body, _at, random, site) => [...body, leaf(random, site())],
  remove: (body, at) => body.toSpliced(at, 1),
  'remove all but one': (body, at) => body.slice(at, at + 1),
  duplicate: (body, at) => (body[at] === undefined ? body : replaced(body, at, body[at], body[at])),
  swap: (body, at) => {
    const [one, two] = [body[at], body[at + 1]]
    return one === undefined || two === undefined ? body : body.toSpliced(at, 2, two, one)
  },
  'move to the end': (body, at) => (body[at] === undefined ? body : [...body.toSpliced(at, 1), body[at]]),
  'move to the front': (body, at) => (body[at] === undefined ? body : [body[at], ...body.toSpliced(at, 1)]),
  'change arguments': onNode((node, _random, site) => ('site' in node ? { ...node, site: site() } : undefined)),
  'change tool': onNode((node, random, site) =>
    node.op === 'write' ? { ...node, kind: random.pick(WRITES) } : { op: 'write', site: site(), kind: 'plain' },
  ),
  'give a key': onNode((node) => (node.op === 'write' ? { ...node, key: 'own' } : undefined)),
  'wrap in a branch': onNode((node) => ({ op: 'all', bodies: [[node]] })),
  'put at once': (body, at) => {
    const [one, two] = [body[at], body[at + 1]]
    return one === undefined || two === undefined
      ? body
      : body.toSpliced(at, 2, { op: 'together', bodies: [[one], [two]] })
  },
  'put one after the other': (body, at) => {
    const node = body[at]
    return node?.op === 'together' || node?.op === 'all' ? replaced(body, at, ...node.bodies.flat()) : body
  },
  'wrap in a loop': onNode((node) => ({ op: 'map', items: 2, concurrency: 1, collect: false, body: [node] })),
  'one more item': onNode((node) => (node.op === 'map' ? { ...node, items: node.items + 1 } : undefined)),
  'one item less': onNode((node) =>
    node.op === 'map' && node.items > 1 ? { ...node, items: node.items - 1 } : undefined,
  ),
  'another concurrency': onNode((node) =>
    node.op === 'map' ? { ...node, concurrency: node.concurrency === 1 ? 3 : 1 } : undefined,
  ),
  'insert an equal read': (body, at, random) => {
    const reads = body.filter((node) => node.op === 'read')
    return reads.length === 0 ? body : body.toSpliced(at, 0, random.pick(reads))
  },
  'insert a draw': (body, at) => body.toSpliced(at, 0, { op: 'draw', what: 'uuid' }),
  'insert a pause': (body, at) => body.toSpliced(at, 0, { op: 'sleep', ms: 500 }),
  'catch what fails': onNode((node) => ({ op: 'try', body: [node], otherwise: [] })),
  'only the text': (body) => body,
}

/** Edits that only add what may be had twice. */
const HARMLESS: readonly string[] = ['insert an equal read', 'insert a draw', 'insert a pause', 'only the text']

/** A program to which something was added that may be had twice, where nothing runs beside it. */
export function harmlessEdit(
  body: Body,
  random: SimRandom,
): { readonly body: Body; readonly classes: readonly string[] } {
  const name = random.pick(HARMLESS)
  const edit = EDITS[name] as EditOf
  return { body: edit(body, random.between(0, Math.max(0, body.length - 1)), random, () => NEW_SITES), classes: [name] }
}

/** A program after one or two edits, and their classes. */
export function randomEdit(
  body: Body,
  random: SimRandom,
): { readonly body: Body; readonly classes: readonly string[] } {
  let sites = NEW_SITES
  const classes: string[] = []
  let edited = body
  for (let n = random.chance(0.3) ? 2 : 1; n > 0; n--) {
    const name = random.pick(Object.keys(EDITS))
    const edit = EDITS[name] as EditOf
    classes.push(name)
    edited = somewhere(edited, random, (inner, at) => edit(inner, at, random, () => ++sites))
  }
  return { body: edited, classes }
}

/** Applies `edit` in the body itself or in one inside it. */
function somewhere(body: Body, random: SimRandom, edit: (body: Body, at: number) => Body): Body {
  const nested = body.flatMap((node, index) => (bodiesOf(node).length > 0 ? [index] : []))
  if (nested.length === 0 || random.chance(0.6)) return edit(body, random.between(0, Math.max(0, body.length - 1)))
  const index = random.pick(nested)
  const node = body[index] as Node
  return replaced(body, index, within(node, random, edit))
}

function within(node: Node, random: SimRandom, edit: (body: Body, at: number) => Body): Node {
  if ('bodies' in node) {
    const which = random.between(0, node.bodies.length - 1)
    return { ...node, bodies: node.bodies.map((body, i) => (i === which ? somewhere(body, random, edit) : body)) }
  }
  return 'body' in node ? { ...node, body: somewhere(node.body, random, edit) } : node
}
