/** Random workflows: a small language of everything a ctx can do, generated from a seed and run by one interpreter. */
import type { SimRandom } from '../../../src/testing/index.ts'
import type { ChildOptions, RichNode } from './rich-grammar.ts'

/** `keyed`: idempotent by key · `checked`: the far side can be asked · `plain`: neither. */
export const WRITES = ['keyed', 'checked', 'plain'] as const
/** What a write can be. */
export type WriteKind = (typeof WRITES)[number]

/** A statement; `site` is unique in the whole program, children included. */
export type Node =
  | {
      readonly op: 'write'
      readonly site: number
      readonly kind: WriteKind
      readonly key?: string
      readonly throws?: boolean
    }
  | { readonly op: 'read' | 'peek' | 'step'; readonly site: number }
  | { readonly op: 'draw'; readonly what: 'now' | 'random' | 'uuid' }
  | { readonly op: 'sleep'; readonly ms: number }
  /** `Promise.all` over one ctx: no scopes, completion order decides (F1). */
  | { readonly op: 'together'; readonly bodies: readonly Body[] }
  /** Lanes that take items from one shared array (F1b). */
  | { readonly op: 'lanes'; readonly lanes: number; readonly items: number; readonly body: Body }
  /** The first probe to answer goes into a write (F1c). */
  | { readonly op: 'first'; readonly site: number; readonly probes: number }
  | { readonly op: 'all' | 'race' | 'select'; readonly bodies: readonly Body[] }
  | {
      readonly op: 'map'
      readonly items: number
      readonly concurrency: number
      readonly collect: boolean
      readonly body: Body
    }
  | { readonly op: 'receive'; readonly topic: string; readonly ms: number }
  | { readonly op: 'tell'; readonly topic: string }
  | {
      readonly op: 'child'
      readonly how: 'run' | 'spawn' | 'cancel' | 'detached'
      readonly body: Body
      readonly options?: ChildOptions
    }
  | { readonly op: 'try'; readonly body: Body; readonly otherwise: Body }
  | RichNode

/** Statements, one after the other. */
export type Body = readonly Node[]

/** Topics that the world outside sends on. */
export const TOPICS = ['a', 'b'] as const

const DEPTH_MAX = 3
const STATEMENTS_MAX = 4
const CHILD_DEPTH_MAX = 2

/** A program of about `size` statements. */
export function generate(random: SimRandom, size: number): Body {
  return new Generator(random, size).body(0, 0)
}

/** Number of statements. */
export function sizeOf(body: Body): number {
  return body.reduce((sum, node) => sum + 1 + bodiesOf(node).reduce((inner, part) => inner + sizeOf(part), 0), 0)
}

/** The bodies inside a statement. */
export function bodiesOf(node: Node): readonly Body[] {
  if ('bodies' in node) return node.bodies
  if (node.op === 'try') return [node.body, node.otherwise]
  return 'body' in node ? [node.body] : []
}

/** Draws statements until it has drawn enough. */
export class Generator {
  protected readonly random: SimRandom
  #left: number
  #sites = 0

  constructor(random: SimRandom, size: number) {
    this.random = random
    this.#left = size
  }

  body(depth: number, children: number): Body {
    const body: Node[] = []
    const count = this.random.between(1, STATEMENTS_MAX)
    for (let i = 0; i < count && (i === 0 || this.#left > 0); i++) body.push(this.#node(depth, children))
    return body
  }

  #node(depth: number, children: number): Node {
    this.#left -= 1
    const isDeep = depth >= DEPTH_MAX || this.#left < 2
    return isDeep || this.random.chance(0.45) ? this.leaf() : this.branch(depth, children)
  }

  protected site(): number {
    return ++this.#sites
  }

  protected leaf(): Node {
    const { random } = this
    const site = ++this.#sites
    switch (random.between(0, 9)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return {
          op: 'write',
          site,
          kind: random.pick(WRITES),
          ...(random.chance(0.3) ? { key: `k${random.between(0, 1)}` } : {}),
          ...(random.chance(0.3) ? { throws: true } : {}),
        }
      case 4:
      case 5:
        return { op: random.pick(['read', 'peek', 'step'] as const), site }
      case 6:
        return { op: 'draw', what: random.pick(['now', 'random', 'uuid'] as const) }
      case 7:
        return { op: 'sleep', ms: random.between(0, 3_000) }
      case 8:
        return { op: 'receive', topic: random.pick(TOPICS), ms: random.between(1, 5_000) }
      default:
        return { op: 'tell', topic: random.pick(TOPICS) }
    }
  }

  protected branch(depth: number, children: number): Node {
    const { random } = this
    const body = (): Body => this.body(depth + 1, children)
    const bodies = (): Body[] => Array.from({ length: random.between(1, 3) }, body)
    switch (random.between(0, 8)) {
      case 0:
        return { op: 'together', bodies: bodies() }
      case 1:
        return { op: 'lanes', lanes: random.between(1, 3), items: random.between(1, 4), body: body() }
      case 2:
        return { op: 'first', site: ++this.#sites, probes: random.between(2, 3) }
      case 3:
      case 4:
        return { op: random.pick(['all', 'race', 'select'] as const), bodies: bodies() }
      case 5:
        return {
          op: 'map',
          items: random.between(1, 4),
          concurrency: random.between(1, 3),
          collect: random.chance(0.5),
          body: body(),
        }
      case 6:
        if (children < CHILD_DEPTH_MAX)
          return {
            op: 'child',
            how: random.pick(['run', 'spawn', 'cancel', 'detached'] as const),
            body: this.body(depth + 1, children + 1),
          }
        return { op: 'together', bodies: bodies() }
      default:
        return { op: 'try', body: body(), otherwise: body() }
    }
  }
}
