import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { nodeHash, readEmbedded } from '../../engine/index.ts'
import { workflow } from '../../kernel/index.ts'
import type { Fact } from '../../kernel/index.ts'
import { tool } from '../../tools/index.ts'
import { open } from '../open.ts'
import { accountProblems } from './audit.ts'
import type { Reader } from './find.ts'

let data: string
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'skein-audit-'))
  bank.isOpen = false
})
afterEach(() => rm(data, { recursive: true, force: true }))

const bank = { isOpen: false }
const pay = tool({
  name: 'pay',
  inputSchema: z.object({}),
  execute: () => {
    if (!bank.isOpen) throw new Error('the bank is closed')
    return 1
  },
})
const inner = workflow({ name: 'inner' }, (ctx) => ctx.tool(pay, {}))
const middle = workflow({ name: 'middle' }, (ctx) => ctx.run(inner, undefined))
const outer = workflow({ name: 'outer' }, (ctx) => ctx.run(middle, undefined))

/** A chain of three that failed, was retried in vain, and then came through. */
async function retriedChain(): Promise<void> {
  await using skein = await open({ data })
  const handle = await skein.start(outer, undefined, { id: 'o1', budget: { toolCalls: 20 } })
  await expect(handle.result()).rejects.toMatchObject({ code: 'EFFECT_FAILED' })
  await skein.retry('o1')
  await expect(skein.result('o1')).rejects.toMatchObject({ code: 'EFFECT_FAILED' })
  bank.isOpen = true
  await skein.retry('o1')
  expect(await skein.result('o1')).toBe(1)
}

/** All that is found; `plant` may change what is read. */
async function found(plant: (fact: Fact) => Fact = (fact) => fact): Promise<readonly string[]> {
  using folder = readEmbedded(data, nodeHash)
  const reader: Reader = {
    inspect: (pid) => folder.inspect(pid),
    list: (query) => folder.list(query),
    history: async function* (pid, from) {
      for await (const frame of folder.history(pid, from)) yield { ...frame, facts: frame.facts.map(plant) }
    },
  }
  const problems: string[] = []
  for await (const view of reader.list({}))
    problems.push(...(await accountProblems(reader, view)).map(({ problem }) => problem))
  return problems
}

/** The `nth` fact about money of a kind, with other amounts in it. */
function planted(op: 'carve' | 'return', nth: number): (fact: Fact) => Fact {
  let seen = 0
  return (fact) => {
    if (fact.type !== 'account' || fact.op !== op || fact.other?.startsWith('middle') !== true) return fact
    seen += 1
    return seen === nth ? { ...fact, spent: { ...fact.spent, toolCalls: 4_711 } } : fact
  }
}

describe('accountProblems', () => {
  it('a child that was retried has reported at each of its ends, and all of it is right', async () => {
    await retriedChain()
    expect(await found()).toEqual([])
  })

  it.each([1, 2, 3])('a wrong amount in report %d of a retried child is found', async (nth) => {
    await retriedChain()
    expect(await found(planted('return', nth))).toContainEqual(expect.stringMatching(/^middle-\w+ reported .*4711/))
  })

  it.each([2, 3])('money that goes out again takes back what was reported, no more: carve %d', async (nth) => {
    await retriedChain()
    expect(await found(planted('carve', nth))).toContainEqual(expect.stringMatching(/^middle-\w+ had reported .*4711/))
  })

  it('a report of an earlier end after one of a later is found', async () => {
    await retriedChain()
    const first: Fact[] = []
    const problems = await found((fact) => {
      if (fact.type !== 'account' || fact.op !== 'return' || fact.other?.startsWith('middle') !== true) return fact
      first.push(fact)
      return first.length === 3 && first[0]?.type === 'account' ? { ...fact, spent: first[0].spent ?? {} } : fact
    })
    expect(problems).toContainEqual(expect.stringMatching(/^middle-\w+ reported/))
  })
})
