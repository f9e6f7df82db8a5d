/** The same hundred tools for each framework, in one agent, with the result of a run used. */

/** How a framework writes a tool, and an agent with all of them. */
export type Source = {
  readonly imports: string
  readonly tool: (name: string, schema: string) => string
  readonly agent: (names: readonly string[]) => string
  /** OpenAI's strict schemas have no optional members. */
  readonly hasNoOptional?: boolean
}

export type Framework = {
  /** The package whose direct dependencies count. */
  readonly name: string
  /** What a program with an agent and a tool imports, beside zod for the tool. */
  readonly imports: readonly string[]
  /** Without it no types are checked: it has no tools. */
  readonly source?: Source
}

const TOOLS = 100
const BODY = 'async ({ name, items }) => ({ text: name, count: items.length })'

/** A program to be checked. */
export function hundredTools({ imports, tool, agent, hasNoOptional }: Source): string {
  const limit = hasNoOptional === true ? 'z.number().nullable()' : 'z.number().optional()'
  const schemaOf = (n: number): string => `z.object({
  name: z.string().describe('name ${n}'),
  limit: ${limit},
  items: z.array(z.object({ kind: z.enum(['a${n}', 'b', 'c']), count: z.number() })),
  target: z.union([z.literal('all'), z.object({ id: z.string() })]),
})`
  const names = Array.from({ length: TOOLS }, (_, n) => `tool${n}`)
  const tools = names.map((name, n) => `const ${name} = ${tool(name, schemaOf(n))}`)
  return [imports, `import { z } from 'zod'`, ...tools, agent(names)].join('\n')
}

/** The schemas of the tools without a framework: what their types cost is nobody's but the schema library's. */
export const SCHEMAS_ALONE: Source = {
  imports:
    'declare function tool<In, Out>(about: { schema: { _output: In }; execute: (given: In) => Promise<Out> }): Out',
  tool: (_, schema) => `tool({ schema: ${schema}, execute: ${BODY} })`,
  agent: (names) => `export const length: number = [${list(names)}].length`,
}

const list = (names: readonly string[]): string => names.join(', ')

/** Ours and the others'. */
export const FRAMEWORKS = {
  skein: {
    name: 'skein',
    imports: ['skein'],
    source: {
      imports: `import { agent, run, tool } from 'skein'`,
      tool: (name, schema) =>
        `tool({ name: '${name}', description: 'd', effect: 'read', inputSchema: ${schema}, execute: ${BODY} })`,
      agent: (
        names,
      ) => `const all = agent({ name: 'all', model: 'openai/m', instructions: 'i', tools: { ${list(names)} } })
const { text } = await run(all, 'go', { id: 'one' })
export const length: number = text.length`,
    },
  },
  ai: {
    name: 'ai',
    imports: ['ai'],
    source: {
      imports: `import { tool, ToolLoopAgent } from 'ai'`,
      tool: (_, schema) => `tool({ description: 'd', inputSchema: ${schema}, execute: ${BODY} })`,
      agent: (
        names,
      ) => `const all = new ToolLoopAgent({ model: 'openai/m', instructions: 'i', tools: { ${list(names)} } })
const { text } = await all.generate({ prompt: 'go' })
export const length: number = text.length`,
    },
  },
  'openai-agents': {
    name: '@openai/agents',
    imports: ['@openai/agents'],
    source: {
      imports: `import { Agent, run, tool } from '@openai/agents'`,
      tool: (name, schema) => `tool({ name: '${name}', description: 'd', parameters: ${schema}, execute: ${BODY} })`,
      agent: (names) => `const all = new Agent({ name: 'all', model: 'm', instructions: 'i', tools: [${list(names)}] })
const { finalOutput } = await run(all, 'go')
export const length: number | undefined = finalOutput?.length`,
      hasNoOptional: true,
    },
  },
  langgraph: {
    name: '@langchain/langgraph',
    imports: ['@langchain/langgraph/prebuilt', '@langchain/core/tools'],
    source: {
      imports: `import { createReactAgent } from '@langchain/langgraph/prebuilt'
import { tool } from '@langchain/core/tools'
import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
declare const llm: BaseChatModel`,
      tool: (name, schema) => `tool(${BODY}, { name: '${name}', description: 'd', schema: ${schema} })`,
      agent: (names) => `const all = createReactAgent({ llm, prompt: 'i', tools: [${list(names)}] })
const { messages } = await all.invoke({ messages: [{ role: 'user', content: 'go' }] })
export const length: number = messages.length`,
    },
  },
  mastra: {
    name: '@mastra/core',
    imports: ['@mastra/core/agent', '@mastra/core/tools', '@mastra/core/mastra'],
    source: {
      imports: `import { Agent } from '@mastra/core/agent'\nimport { createTool } from '@mastra/core/tools'`,
      tool: (name, schema) =>
        `createTool({ id: '${name}', description: 'd', inputSchema: ${schema}, execute: ${BODY} })`,
      agent: (
        names,
      ) => `const all = new Agent({ id: 'all', name: 'all', instructions: 'i', model: 'openai/m', tools: { ${list(names)} } })
const { text } = await all.generate('go')
export const length: number = text.length`,
    },
  },
  restate: { name: '@restatedev/restate-sdk', imports: ['@restatedev/restate-sdk'] },
  dbos: { name: '@dbos-inc/dbos-sdk', imports: ['@dbos-inc/dbos-sdk'] },
} as const satisfies Readonly<Record<string, Framework>>
