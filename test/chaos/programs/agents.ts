/** Agents: with parallel tools and agents below them, with a long conversation, and with one that is compacted. */
import { agent } from 'skein'
import type { ScriptedCall } from '../../../src/testing/models/scripted-model.ts'
import { book, fetchPage, mail, pay, publish } from '../far-tools.ts'
import { countedModel } from './counted-model.ts'
import { programOf } from './program.ts'

const LONG_STEPS = 40
const COMPACTED_PAGES = 20
const PAGE_CHARS = 5_000
const CONTEXT_TOKENS = 8_000

const helper = agent({
  name: 'helper',
  model: countedModel('helper', ({ turn, results }) =>
    turn === 0
      ? {
          calls: [
            { tool: 'book', input: { n: 30 } },
            { tool: 'fetch', input: { n: 31 } },
          ],
        }
      : `helped with ${JSON.stringify(results)}`,
  ),
  tools: [book, fetchPage],
})

/** An agent with parallel tools, one of which is another agent, and one that waits for a person. */
const assistant = agent({
  name: 'assistant',
  model: countedModel('assistant', ({ turn, results }) => {
    if (turn === 0)
      return {
        calls: [
          ...['fetch', 'pay', 'book', 'mail'].map((tool, i) => ({ tool, input: { n: 40 + i } })),
          { tool: 'helper', input: { prompt: 'help' } },
        ],
      }
    if (turn === 1) return { calls: ['mail', 'book', 'publish'].map((tool, i) => ({ tool, input: { n: 50 + i } })) }
    return `all done: ${JSON.stringify(results)}`
  }),
  tools: [fetchPage, pay, book, mail, publish, helper],
})

const long = agent({
  name: 'long-conversation',
  model: countedModel('long', ({ turn, results }) =>
    turn < LONG_STEPS
      ? { text: `step ${turn}`, calls: [{ tool: turn % 4 === 0 ? 'book' : 'fetch', input: { n: turn } }] }
      : `${turn} steps, at last ${JSON.stringify(results)}`,
  ),
  tools: [book, fetchPage],
  maxSteps: 100,
  context: false,
})

/** What the conversation, or its summary, says of how far it has come. */
function pagesRead({ options }: ScriptedCall): number {
  const said = JSON.stringify(options.prompt).matchAll(/page (\d+)/g)
  return Math.max(0, ...[...said].map(([, n]) => Number(n)))
}

const readPage = {
  ...fetchPage,
  name: 'read',
  execute: async (...args: Parameters<NonNullable<typeof fetchPage.execute>>) => ({
    got: await fetchPage.execute?.(...args),
    text: 'tide '.repeat(PAGE_CHARS / 5),
  }),
}

const reader = agent({
  name: 'compaction',
  model: countedModel('reader', (call) => {
    const page = pagesRead(call)
    if (call.options.tools === undefined) return `It has come to page ${page}.`
    if (page === COMPACTED_PAGES) return `read to page ${page}`
    const next = { tool: 'read', input: { page: page + 1 } }
    return {
      text: `On to page ${page + 1}.`,
      calls: page % 5 === 0 ? [next, { tool: 'mail', input: { n: page } }] : [next],
    }
  }),
  tools: [readPage, mail],
  maxSteps: 100,
  context: { tokensMax: CONTEXT_TOKENS },
})

/** By name. */
export const AGENT_PROGRAMS = {
  assistant: programOf(assistant, { input: 'do it all', below: [helper] }),
  'long-conversation': programOf(long, { input: 'go on and on' }),
  compaction: programOf(reader, { input: 'read everything' }),
} as const
