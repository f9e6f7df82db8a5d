/**
 * Runs a program of the grammar as a workflow. Everything delivered goes into one shared log in order of delivery,
 * and the log's digest into the arguments of every write: any difference between a run and its replay shows.
 */
import { workflow } from '../../../src/kernel/index.ts'
import type { Ctx, Tool, WorkflowDefinition } from '../../../src/kernel/index.ts'
import { worldTool } from '../../../src/testing/index.ts'
import type { World } from '../../../src/testing/index.ts'
import type { Body, Node, WriteKind } from './grammar.ts'

/** What a program process is started with. */
export type ProgramInput = { readonly body: Body; readonly path: string }
/** The value of a program: everything it was told, in order. */
export type ProgramValue = { readonly log: readonly unknown[] }

type Named = Tool & { readonly name: string }
/** The tools of a program, over one world. */
export type ProgramTools = {
  readonly write: Readonly<Record<WriteKind, Named>>
  readonly read: Named
  readonly peek: Named
}

/** Shorter than the world takes, now and then. */
const TIMEOUT = '3s'

/** Tools over `world`; `value` of a deed is its number, so that a repeated one shows. */
export function programTools(world: World): ProgramTools {
  return {
    write: {
      keyed: worldTool(world, { name: 'keyed', idempotent: true, timeout: TIMEOUT }),
      checked: worldTool(world, { name: 'checked', reconcile: true, timeout: TIMEOUT }),
      plain: worldTool(world, { name: 'plain', timeout: TIMEOUT }),
    },
    read: worldTool(world, { name: 'read', effect: 'read', timeout: TIMEOUT }),
    peek: worldTool(world, { name: 'peek', effect: 'local' }),
  }
}

/** The workflow that runs programs, and starts itself for children. */
export function programWorkflow(tools: ProgramTools): WorkflowDefinition<ProgramInput, ProgramValue> {
  const definition: WorkflowDefinition<ProgramInput, ProgramValue> = workflow(
    { name: 'program' },
    async (ctx, input) => {
      const { body, path } = input as ProgramInput
      const run = new Run(tools, () => definition)
      await run.body(ctx, body, path)
      return { log: run.log }
    },
  ) as WorkflowDefinition<ProgramInput, ProgramValue>
  return definition
}

class Run {
  readonly log: unknown[] = []
  readonly #tools: ProgramTools
  readonly #self: () => WorkflowDefinition<ProgramInput, ProgramValue>

  constructor(tools: ProgramTools, self: () => WorkflowDefinition<ProgramInput, ProgramValue>) {
    this.#tools = tools
    this.#self = self
  }

  async body(ctx: Ctx, body: Body, path: string): Promise<void> {
    for (const [index, node] of body.entries()) {
      try {
        this.log.push((await this.#node(ctx, node, `${path}.${index}`)) ?? null)
      } catch (error) {
        this.log.push((error as { code?: string }).code ?? String(error))
        if ('throws' in node && node.throws === true) throw error
      }
    }
  }

  async #node(ctx: Ctx, node: Node, path: string): Promise<unknown> {
    switch (node.op) {
      case 'write': {
        const options = node.key === undefined ? {} : { key: node.key }
        return ctx.tool(this.#tools.write[node.kind], this.#args(node.site, path), {
          ...options,
          onUnknown: node.throws === true ? 'throw' : 'park',
        })
      }
      case 'read':
        return ctx.tool(this.#tools.read, { site: node.site })
      case 'peek':
        return ctx.tool(this.#tools.peek, { site: node.site })
      case 'step':
        return ctx.step('look', () => node.site, { effect: 'read' })
      case 'draw':
        return ctx[node.what]()
      case 'sleep':
        return ctx.sleep(node.ms)
      case 'receive':
        return (await ctx.receive({ topic: node.topic, timeout: node.ms })).body
      case 'tell':
        return ctx.send(ctx.pid, { from: path }, { topic: node.topic })
      case 'first':
        return this.#first(ctx, node.site, node.probes, path)
      case 'child':
        return this.#child(ctx, node, path)
      case 'try':
        return this.#attempt(ctx, node, path)
      default:
        return this.#many(ctx, node, path)
    }
  }

  #many(
    ctx: Ctx,
    node: Extract<Node, { op: 'together' | 'lanes' | 'all' | 'race' | 'select' | 'map' }>,
    path: string,
  ): Promise<unknown> {
    switch (node.op) {
      case 'together':
        return Promise.all(node.bodies.map((body, i) => this.body(ctx, body, `${path}t${i}`)))
      case 'lanes':
        return this.#lanes(ctx, node, path)
      case 'map':
        return this.#map(ctx, node, path)
      default: {
        const branches = node.bodies.map((body, i) => async (c: Ctx) => {
          await this.body(c, body, `${path}b${i}`)
          return i
        })
        if (node.op === 'select') return ctx.select(Object.fromEntries(branches.map((branch, i) => [`n${i}`, branch])))
        return node.op === 'all' ? ctx.all(branches) : ctx.race(branches)
      }
    }
  }

  #map(ctx: Ctx, node: Extract<Node, { op: 'map' }>, path: string): Promise<unknown> {
    const items = Array.from({ length: node.items }, (_, i) => i)
    const each = async (c: Ctx, i: number): Promise<number> => {
      await this.body(c, node.body, `${path}m${i}`)
      return i
    }
    const { concurrency } = node
    return node.collect
      ? ctx.map(items, each, { concurrency, errors: 'collect' })
      : ctx.map(items, each, { concurrency })
  }

  async #lanes(ctx: Ctx, node: Extract<Node, { op: 'lanes' }>, path: string): Promise<void> {
    const queue = Array.from({ length: node.items }, (_, i) => i)
    const lane = async (n: number): Promise<void> => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
        await this.body(ctx, node.body, `${path}q${item}`)
        this.log.push([n, item])
      }
    }
    await Promise.all(Array.from({ length: node.lanes }, (_, n) => lane(n)))
  }

  async #first(ctx: Ctx, site: number, probes: number, path: string): Promise<unknown> {
    let first: number | undefined
    const probe = async (n: number): Promise<void> => {
      await ctx.tool(this.#tools.read, { site, n }).catch(() => undefined)
      first ??= n
    }
    await Promise.all(Array.from({ length: probes }, (_, n) => probe(n)))
    return ctx.tool(this.#tools.write.checked, { ...this.#args(site, path), first })
  }

  async #attempt(ctx: Ctx, node: Extract<Node, { op: 'try' }>, path: string): Promise<void> {
    try {
      await this.body(ctx, node.body, `${path}y`)
    } catch {
      await this.body(ctx, node.otherwise, `${path}n`)
    }
  }

  async #child(ctx: Ctx, node: Extract<Node, { op: 'child' }>, path: string): Promise<unknown> {
    const input = { body: node.body, path: `${path}c` }
    if (node.how === 'run') return ctx.run(this.#self(), input)
    const child = await ctx.spawn(this.#self(), input, { detached: node.how === 'detached' })
    if (node.how === 'detached') return child.pid
    if (node.how === 'cancel') await child.cancel('not wanted')
    return child.result()
  }

  /** `at` is the same for one dynamic call in every run; `seen` tells two histories apart. */
  #args(site: number, path: string): { readonly site: number; readonly at: string; readonly seen: number } {
    return { site, at: path, seen: digest(JSON.stringify(this.log)) }
  }
}

function digest(text: string): number {
  let sum = 0
  for (let i = 0; i < text.length; i++) sum = (Math.imul(sum, 31) + text.charCodeAt(i)) | 0
  return sum
}
