/** Code tried against a masked journal comes to what it comes to against the journal itself; or the journal is left out. */
import { describe, expect, it } from 'vitest'
import { agent } from '../../../src/agents/index.ts'
import { nodeHash, nodeMacrotask } from '../../../src/engine/index.ts'
import { maskJournal, Pseudonyms, tryCode, workflow } from '../../../src/kernel/index.ts'
import type { AnyDefinition, Ctx, Fact, MaskedJournal } from '../../../src/kernel/index.ts'
import { readAnswer } from '../../../src/model/index.ts'
import type { Pid } from '../../../src/std/index.ts'
import { anything, scriptedModel, simulate, worldTool } from '../../../src/testing/index.ts'
import type { Simulation } from '../../../src/testing/index.ts'

const ports = { hash: nodeHash, macrotask: nodeMacrotask(), readAnswer }
const LOOK_MS = 5

const CUSTOMER = { name: 'Wilhelmina Zimmermann', mail: 'w.zimmermann@example.org', since: '2019-04-30T10:00:00Z' }
/** What the world says, of her and of others. */
const SAID = ['Wilhelmina', 'Zimmermann', 'zimmermann@', 'Quetzalcoatl', 'Xylophone', 'Hummingbird', '2019-04-30']

const PLANS = ['kind', 'rare']

type Version = (ctx: Ctx, tools: Tools) => (customer: typeof CUSTOMER) => Promise<unknown>
type Tools = ReturnType<typeof toolsOf>

function toolsOf({ world }: Simulation) {
  return {
    find: worldTool(world, {
      name: 'find',
      effect: 'read',
      value: () => ({
        items: ['Quetzalcoatl', 'Xylophone', 'Hummingbird'],
        status: 'open',
        note: '{"of":"Xylophone"}',
      }),
    }),
    charge: worldTool(world, { name: 'charge', value: (_, n) => ({ receipt: `Hummingbird-${n}` }) }),
    mail: worldTool(world, { name: 'mail', effect: 'read' }),
  }
}

type Found = { readonly items: readonly string[]; readonly status: string; readonly note: string }

const helper = (): AnyDefinition => agent({ name: 'helper', model: scriptedModel(() => 'Quetzalcoatl it is') })

/** Values in arguments, in keys of authors, in scopes, in children, in questions; then it waits. */
const original: Version =
  (ctx, { find, charge, mail }) =>
  async (customer) => {
    const found = (await ctx.tool(find, { of: customer.name })) as Found
    const first = customer.name.split(' ')[0]
    if (found.status === 'open') await ctx.tool(charge, { of: customer, item: found.items[0] }, { key: `for ${first}` })
    await ctx.map(found.items, async (c, item) => {
      await c.tool(mail, { to: customer.mail, about: JSON.parse(found.note), item })
      await c.map([item, `${item} again`], (d, text) => d.tool(charge, { text }))
    })
    await ctx.run(helper(), `say it to ${customer.mail}`)
    await ctx.race([(c) => c.tool(mail, { year: customer.since.slice(0, 4) }), (c) => c.sleep('1h')])
    return ctx.ask({ title: `May we, ${first}?`, answer: anything })
  }

async function played(
  version: Version,
  code: string,
): Promise<{ facts: readonly Fact[]; before: AnyDefinition; tools: Tools }> {
  return simulate({ seed: 1 }, async (sim) => {
    const tools = toolsOf(sim)
    const before = defined(version, tools, code)
    sim.define(before, helper())
    await sim.boot()
    const pid = await sim.start(before, CUSTOMER, { pid: 'p' })
    for (;;) {
      const { waits = [] } = (await sim.inspect(pid)) ?? {}
      if (waits.some(({ on }) => on.kind === 'answer')) break
      await sim.loop.sleep(LOOK_MS)
    }
    return { facts: await sim.facts(pid), before, tools }
  })
}

const defined = (version: Version, tools: Tools, code: string): AnyDefinition =>
  workflow({ name: 'order', version: code }, async (ctx, input) => version(ctx, tools)(input as typeof CUSTOMER))

async function maskedOf(version: Version): Promise<{ masked: MaskedJournal; facts: readonly Fact[]; tools: Tools }> {
  const { facts, before, tools } = await played(version, '1')
  const pseudonyms = new Pseudonyms('a secret', nodeHash)
  const of = { pid: 'p' as Pid, facts, definition: before, sources: [version.toString()] }
  return { masked: await maskJournal(of, pseudonyms, ports), facts, tools }
}

const rest = (customer: typeof CUSTOMER, ctx: Ctx): Promise<unknown> =>
  ctx.ask({ title: `May we, ${customer.name.split(' ')[0]}?`, answer: anything })

/** The same, as far as it goes, and then an edit. */
const EDITS: Readonly<Record<string, Version>> = {
  nothing: original,
  'a read is inserted': (ctx, tools) => async (customer) => {
    await ctx.tool(tools.mail, { hello: customer.name })
    return original(ctx, tools)(customer)
  },
  'a write is inserted': (ctx, tools) => async (customer) => {
    await ctx.tool(tools.charge, { hello: customer.name })
    return original(ctx, tools)(customer)
  },
  'everything but the question is removed': (ctx) => (customer) => rest(customer, ctx),
  'the search is removed':
    (ctx, { charge }) =>
    async (customer) => {
      await ctx.tool(charge, { of: customer, item: 'none' }, { key: 'for all' })
      return rest(customer, ctx)
    },
  'only the search and the question are left':
    (ctx, { find }) =>
    async (customer) => {
      await ctx.tool(find, { of: customer.name })
      return rest(customer, ctx)
    },
  'another question': (ctx, tools) => async (customer) => {
    await ctx.tool(tools.find, { of: customer.name })
    return ctx.ask({ title: 'May we?', answer: anything })
  },
}

describe('masked journals and edited code', () => {
  it('nothing that was said is in the facts, and every key was made anew', async () => {
    const { masked, facts } = await maskedOf(original)
    expect(masked).toMatchObject({ ok: true })
    const text = JSON.stringify(masked)
    expect(SAID.filter((said) => text.includes(said))).toEqual([])
    expect(SAID.every((said) => JSON.stringify(facts).includes(said))).toBe(true)
    const hashes = new Set(JSON.stringify(facts).match(/\b[0-9a-f]{16,64}\b/g))
    const left = [...hashes].filter((hash) => text.includes(hash))
    // Of nothing but constants: the code digest, the second wait of the race.
    expect(left.length).toBeLessThan(5)
    expect(hashes.size).toBeGreaterThan(15)
  })

  it.each(Object.entries(EDITS))('%s: the same outcome', async (_, edit) => {
    const { masked, facts, tools } = await maskedOf(original)
    if (!masked.ok) throw new Error(masked.why)
    const definition = defined(edit, tools, '2')
    const real = await tryCode({ pid: 'p' as Pid, facts, definition }, ports)
    const tried = await tryCode({ pid: masked.pid, facts: masked.facts, definition }, ports)
    const shape = ({ outcome, hits, misses, orphans, ambiguous }: typeof real) => ({
      outcome,
      hits,
      misses: misses.map(({ kind, name }) => [kind, name]),
      orphans: orphans.map(({ name, state, seq }) => [seq, name, state]),
      ambiguous: ambiguous.map(({ name, candidates }) => [name, candidates.length]),
    })
    expect(shape(tried)).toEqual(shape(real))
  })

  it('a model whose name holds what ends a key is called again, whatever it was asked', async () => {
    const model = scriptedModel(() => 'Quetzalcoatl it is', { modelId: 'large#4' })
    const asking: Version = (ctx) => async (customer) => {
      await ctx.model({ model, prompt: `say it to ${customer.mail}` })
      return rest(customer, ctx)
    }
    const { masked, facts } = await maskedOf(asking)
    expect(masked).toMatchObject({ ok: true })
    expect(JSON.stringify(facts)).toContain('model:scripted/large#4:')
    expect(SAID.filter((said) => JSON.stringify(masked).includes(said))).toEqual([])
  })

  const LOOKS: Readonly<Record<string, Version>> = {
    'another tool':
      (ctx, { charge, mail }) =>
      async (customer) => {
        await (customer.mail.endsWith('.org') ? ctx.tool(charge, {}) : ctx.tool(mail, {}))
        return ctx.ask({ title: 'May we?', answer: anything })
      },
    'another constant':
      (ctx, { charge }) =>
      async (customer) => {
        await ctx.tool(charge, { plan: customer.mail.endsWith('.org') ? 'gold' : 'mint' })
        return ctx.ask({ title: 'May we?', answer: anything })
      },
    'another constant inside a text':
      (ctx, { charge }) =>
      async ({ mail, name }) => {
        await ctx.tool(charge, { plan: `${mail.endsWith('.org') ? 'gold' : 'mint'} for ${name}` })
        return ctx.ask({ title: 'May we?', answer: anything })
      },
    'a constant of another file':
      (ctx, { charge }) =>
      async (customer) => {
        await ctx.tool(charge, { plan: PLANS[Number(customer.mail.endsWith('.org'))] })
        return ctx.ask({ title: 'May we?', answer: anything })
      },
    'another number':
      (ctx, { charge }) =>
      async (customer) => {
        await ctx.tool(charge, { price: customer.mail.endsWith('.org') ? 5 : 7 })
        return ctx.ask({ title: 'May we?', answer: anything })
      },
    'another item':
      (ctx, { charge }) =>
      async (customer) => {
        await ctx.map(customer.mail.endsWith('.org') ? ['gold'] : ['mint'], (c) => c.tool(charge, {}))
        return ctx.ask({ title: 'May we?', answer: anything })
      },
    'another key':
      (ctx, { charge }) =>
      async (customer) => {
        await ctx.tool(charge, {}, { key: customer.mail.endsWith('.org') ? 'gold' : 'mint' })
        return ctx.ask({ title: 'May we?', answer: anything })
      },
  }

  it.each(Object.entries(LOOKS))(
    '%s after a look into a value: left out, and the reason quotes nothing',
    async (_, version) => {
      const { masked } = await maskedOf(version)
      expect(masked).toMatchObject({ ok: false, why: expect.stringContaining('depends on a value') as string })
      expect(JSON.stringify(masked)).not.toContain('org')
    },
  )

  it('code that stops on masked values is left out', async () => {
    const { masked } = await maskedOf((ctx) => async (customer) => {
      if (!customer.mail.includes('@example.org')) throw new Error('not one of ours')
      return ctx.ask({ title: 'May we?', answer: anything })
    })
    expect(masked.ok).toBe(false)
  })
})
