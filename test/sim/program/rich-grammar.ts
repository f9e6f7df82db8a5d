/** More statements, for seeds of their own: people, questions, slots, retries, models, calls left alone. */
import { Generator } from './grammar.ts'
import type { Body, Node } from './grammar.ts'
import type { SimRandom } from '../../../src/testing/index.ts'

/** How a child is started. */
export type ChildOptions = { readonly toolCalls?: number; readonly timeoutMs?: number }

/** A statement of the richer language. */
export type RichNode =
  | { readonly op: 'approved'; readonly site: number; readonly kind: 'keyed' | 'checked' | 'plain' }
  /** A write by `ctx.step`: nobody can look it up. */
  | { readonly op: 'act'; readonly site: number; readonly idempotent: boolean }
  /** A read of which one may run at a time. */
  | { readonly op: 'queue'; readonly site: number }
  | { readonly op: 'retry'; readonly site: number }
  | { readonly op: 'model'; readonly site: number }
  /** A child agent with tools of its own, some called at once. */
  | { readonly op: 'agent'; readonly site: number }
  | { readonly op: 'ask' | 'promise'; readonly site: number; readonly ms: number }
  | { readonly op: 'left' }
  /** Nobody awaits it. */
  | { readonly op: 'float'; readonly body: Body }

/** A program of several segments, each ending with `continueAsNew` but the last. */
export function generateRich(random: SimRandom, size: number): readonly Body[] {
  const generator = new RichGenerator(random, size)
  const segments = random.chance(0.25) ? random.between(2, 3) : 1
  return Array.from({ length: segments }, () => generator.body(0, 0))
}

class RichGenerator extends Generator {
  protected override leaf(): Node {
    const { random } = this
    if (random.chance(0.4)) return super.leaf()
    const site = this.site()
    const ms = random.between(1, 60_000)
    switch (random.between(0, 10)) {
      case 0:
      case 1:
        return { op: 'approved', site, kind: random.pick(['keyed', 'checked', 'plain'] as const) }
      case 2:
        return { op: 'act', site, idempotent: random.chance(0.5) }
      case 3:
      case 4:
        return { op: 'queue', site }
      case 5:
        return { op: 'retry', site }
      case 6:
        return { op: 'model', site }
      case 7:
        return { op: random.pick(['ask', 'promise'] as const), site, ms }
      case 8:
      case 9:
        return { op: 'agent', site }
      default:
        return { op: 'left' }
    }
  }

  protected override branch(depth: number, children: number): Node {
    const { random } = this
    const node = super.branch(depth, children)
    if (node.op !== 'child' || random.chance(0.3)) return random.chance(0.08) ? { op: 'float', body: [node] } : node
    const toolCalls = random.chance(0.5) ? { toolCalls: random.between(0, 4) } : {}
    const timeoutMs = random.chance(0.3) ? { timeoutMs: random.between(1, 20_000) } : {}
    return { ...node, options: { ...toolCalls, ...timeoutMs } }
  }
}
