/**
 * Random programs whose code can be edited: a part of the language of the random workflows, with arguments that stay
 * the same when something is edited elsewhere, and a log of what was asked and told, in order.
 */
import { workflow } from '../../../src/kernel/index.ts'
import type { AnyDefinition, Ctx } from '../../../src/kernel/index.ts'
import type { Body, Node } from '../program/grammar.ts'
import type { ProgramTools } from '../program/interpreter.ts'

/** One line of the log: a call, or its answer. `at` names the dynamic call; equal calls share it. */
export type Line = {
  readonly what: 'ask' | 'told'
  readonly call: 'write' | 'read'
  readonly at: string
  readonly id: number
  /** Place of what was done in the ledger of the world. */
  readonly n?: number
}

/** The value of a program. */
export type EditedValue = { readonly log: readonly Line[] }

/** One version of the code; children are part of it. */
export function versionOf(tools: ProgramTools, body: Body, version: string): AnyDefinition {
  return workflow({ name: 'edited', version, onUpgrade: 'adopt' }, async (ctx) => {
    const run = new Run(tools)
    await run.body(ctx, body, '')
    return { log: run.log } satisfies EditedValue
  })
}

class Run {
  readonly log: Line[] = []
  readonly #tools: ProgramTools
  #calls = 0

  constructor(tools: ProgramTools) {
    this.#tools = tools
  }

  async body(ctx: Ctx, body: Body, item: string): Promise<void> {
    for (const node of body) await this.#node(ctx, node, item)
  }

  async #node(ctx: Ctx, node: Node, item: string): Promise<unknown> {
    switch (node.op) {
      case 'write': {
        const options = node.key === undefined ? {} : { key: node.key }
        const input = { site: node.site, item }
        return this.#logged(
          'write',
          `${node.kind} ${node.site}${item}`,
          ctx.tool(this.#tools.write[node.kind], input, options),
        )
      }
      case 'read':
        return this.#logged('read', `read ${node.site}${item}`, ctx.tool(this.#tools.read, { site: node.site }))
      case 'peek':
        return ctx.tool(this.#tools.peek, { site: node.site })
      case 'step':
        return ctx.step('look', () => node.site, { effect: 'read' })
      case 'draw':
        return ctx[node.what]()
      case 'sleep':
        return ctx.sleep(node.ms)
      case 'together':
        return Promise.all(node.bodies.map((body) => this.body(ctx, body, item)))
      case 'all':
        return ctx.all(node.bodies.map((body) => (c: Ctx) => this.body(c, body, item)))
      case 'race':
        return ctx.race(node.bodies.map((body) => (c: Ctx) => this.body(c, body, item)))
      case 'map':
        return ctx.map(
          Array.from({ length: node.items }, (_, i) => i),
          (c, i) => this.body(c, node.body, `${item}m${i}`),
          { concurrency: node.concurrency },
        )
      case 'try':
        return this.body(ctx, node.body, item).catch(() => this.body(ctx, node.otherwise, item))
      default:
        return undefined
    }
  }

  async #logged(call: Line['call'], at: string, answer: Promise<unknown>): Promise<void> {
    const id = this.#calls++
    this.log.push({ what: 'ask', call, at, id })
    const told = await answer
    const n = typeof told === 'object' && told !== null ? Object.values(told)[0] : undefined
    this.log.push({ what: 'told', call, at, id, ...(typeof n === 'number' ? { n } : {}) })
  }
}
