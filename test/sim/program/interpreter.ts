/**
 * Runs a program of the grammar as a workflow. Everything delivered goes into one shared log in order of delivery,
 * and the log's digest into the arguments of every write: any difference between a run and its replay shows.
 */
import { workflow } from '../../../src/kernel/index.ts'
import type { AgentDefinition, Ctx, Tool, WorkflowDefinition } from '../../../src/kernel/index.ts'
import { anything, scriptedModel, worldTool } from '../../../src/testing/index.ts'
import { agent } from '../../../src/agents/index.ts'
import type { AgentInput, AgentText } from '../../../src/agents/index.ts'
import type { ScriptedCall, ScriptedModel, ScriptedTurn, World } from '../../../src/testing/index.ts'
import type { Body, Node, WriteKind } from './grammar.ts'
import type { RichNode } from './rich-grammar.ts'

/** What a program process is started with. */
export type ProgramInput = {
  readonly body: Body
  readonly path: string
  /** Segments after this one. */
  readonly later?: readonly Body[]
}
/** The value of a program: everything it was told, in order. */
export type ProgramValue = { readonly log: readonly unknown[] }

type Named = Tool & { readonly name: string }
/** The tools of a program, over one world. */
export type ProgramTools = {
  readonly write: Readonly<Record<WriteKind, Named>>
  readonly read: Named
  readonly peek: Named
  /** One at a time in a host. */
  readonly queue: Named
  readonly world: World
  readonly timeout: string
  readonly model: ScriptedModel
  readonly helper: AgentDefinition<AgentInput, AgentText>
}

/** Longer than a request is under way: who hears nothing by then never will. */
export const PATIENT = '3s'
/** Shorter: a request may arrive after it was given up. */
export const HASTY = '1s'

/** Tools over `world`; `value` of a deed is its number, so that a repeated one shows. */
export function programTools(world: World, timeout: string): ProgramTools {
  const write = {
    keyed: worldTool(world, { name: 'keyed', idempotent: true, timeout }),
    checked: worldTool(world, { name: 'checked', reconcile: true, timeout }),
    plain: worldTool(world, { name: 'plain', timeout }),
  }
  const read = worldTool(world, { name: 'read', effect: 'read', timeout })
  return {
    write,
    read,
    helper: agent({
      name: 'helper',
      model: scriptedModel(helperTurn, { modelId: 'helper' }),
      tools: { ...write, read },
      context: { tokensMax: HELPER_TOKENS },
    }),
    peek: worldTool(world, { name: 'peek', effect: 'local' }),
    queue: worldTool(world, { name: 'queue', effect: 'read', concurrency: 1, timeout }),
    world,
    timeout,
    model: scriptedModel(({ options }) => `said ${JSON.stringify(options.prompt).length}`),
  }
}

/** Little enough that its conversation is summarised on the way. */
const HELPER_TOKENS = 500
const TALK = 'and so on, '.repeat(60)

/** Calls three tools at once, then one more, then says how much it was told; its summaries name what it has called. */
function helperTurn({ options, results }: ScriptedCall): ScriptedTurn {
  const asked = options.prompt.find((message) => message.role === 'user')?.content[0]
  const [site = '', at = ''] = asked?.type === 'text' ? asked.text.split(' ') : []
  const said = JSON.stringify(options.prompt)
  if (options.tools === undefined) return { text: [...new Set(said.match(/done-\w+/g))].join(' ') }
  const call = (tool: string, part: string) => ({ tool, input: { site, at: `${at}${part}` } })
  const has = (part: string): boolean => said.includes(`done-${part}`)
  if (!has('a')) return { text: `done-a ${TALK}`, calls: [call('keyed', 'a'), call('checked', 'b'), call('read', 'c')] }
  if (!has('d')) return { text: `done-d ${TALK}`, calls: [call('plain', 'd')] }
  if (!has('e')) return { text: `done-e ${TALK}`, calls: [call('read', 'e')] }
  return { text: `told ${JSON.stringify(results).length}` }
}

/** The workflow that runs programs, and starts itself for children. */
export function programWorkflow(tools: ProgramTools): WorkflowDefinition<ProgramInput, ProgramValue> {
  const definition: WorkflowDefinition<ProgramInput, ProgramValue> = workflow(
    { name: 'program' },
    async (ctx, input) => {
      const { body, path, later = [] } = input as ProgramInput
      const run = new Run(tools, () => definition)
      await run.body(ctx, body, path)
      const [next, ...rest] = later
      if (next === undefined) return { log: run.log }
      return ctx.continueAsNew({ body: next, path: `${path}s`, later: rest })
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
        if ('throws' in node && node.throws) throw error
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
      case 'approved':
      case 'act':
      case 'queue':
      case 'retry':
      case 'model':
      case 'agent':
      case 'ask':
      case 'promise':
      case 'left':
      case 'float':
        return this.#rich(ctx, node, path)
      default:
        return this.#many(ctx, node, path)
    }
  }

  /** The statements of the richer language. */
  async #rich(ctx: Ctx, node: RichNode, path: string): Promise<unknown> {
    switch (node.op) {
      case 'approved':
        return ctx.tool(this.#tools.write[node.kind], this.#args(node.site, path), { approval: true })
      case 'act': {
        const input = this.#args(node.site, path)
        const service = { name: node.idempotent ? 'keyed' : 'plain', keyed: node.idempotent }
        const { world, timeout } = this.#tools
        return ctx.step(
          'act',
          ({ idempotencyKey: key, attempt, abortSignal: signal }) =>
            world.request({ service, input, key, attempt, signal }),
          { idempotent: node.idempotent, timeout },
        )
      }
      case 'queue':
        return ctx.tool(this.#tools.queue, { site: node.site })
      case 'retry':
        return ctx.tool(this.#tools.read, { site: node.site }, { attempts: 3 })
      case 'model':
        return (await ctx.model({ model: this.#tools.model, prompt: `site ${node.site}` })).text
      case 'agent':
        return ctx.run(this.#tools.helper, `${node.site} ${path}`)
      case 'ask':
        return ctx.ask({ title: `question ${node.site}`, answer: anything, expires: node.ms })
      case 'promise':
        return ctx.promise(`promise-${node.site}`, { timeout: node.ms })
      case 'left':
        return ctx.budget()
      case 'float':
        void this.body(ctx, node.body, `${path}f`)
        return null
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
    const { toolCalls, timeoutMs } = node.options ?? {}
    const options = {
      ...(toolCalls === undefined ? {} : { budget: { toolCalls } }),
      ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
    }
    if (node.how === 'run') return ctx.run(this.#self(), input, options)
    const child = await ctx.spawn(this.#self(), input, { ...options, detached: node.how === 'detached' })
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
