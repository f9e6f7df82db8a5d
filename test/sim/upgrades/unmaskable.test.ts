/** Journals that are not given out masked, and why: the reason quotes nothing of them. */
import { describe, expect, it } from 'vitest'
import { nodeHash, nodeMacrotask } from '../../../src/engine/index.ts'
import { maskJournal, payloadOf, Pseudonyms, workflow } from '../../../src/kernel/index.ts'
import type { AnyDefinition, Ctx, Fact, FactBody } from '../../../src/kernel/index.ts'
import { readAnswer } from '../../../src/model/index.ts'
import { asEffectKey, asPid } from '../../../src/std/index.ts'
import { simulate } from '../../../src/testing/index.ts'
import { waited } from '../rules/stage.ts'

const SAID = 'Amaranth'
const DEPENDS = 'what its code asks for depends on a value that would be masked'
/** What waits for a switch of the whole run. */
const HELD = asEffectKey('!switch')
const ports = { hash: nodeHash, macrotask: nodeMacrotask(), readAnswer }

const desk = (body: (ctx: Ctx, input: string) => Promise<unknown>) =>
  workflow({ name: 'desk' }, async (ctx, input) => {
    await body(ctx, String(input))
    await ctx.receive({ topic: 'go' })
  })

/** What it has done when it waits for `go`. */
async function factsOf(definition: AnyDefinition): Promise<readonly Fact[]> {
  return simulate({ seed: 1 }, async (sim) => {
    sim.define(definition)
    await sim.boot()
    const pid = await sim.start(definition, SAID, { pid: 'p' })
    await waited(sim, pid, 'message')
    return await sim.facts(pid)
  })
}

async function maskedAs(facts: readonly Fact[], definition: AnyDefinition) {
  const pseudonyms = new Pseudonyms('secret', nodeHash)
  return maskJournal({ pid: asPid('p'), facts, definition, sources: [] }, pseudonyms, ports)
}

const look = (ctx: Ctx, name: string) => ctx.step(name, () => 1, { effect: 'read' })

describe('what is not given out masked', () => {
  it.each([
    [
      'its code takes a value apart and asks otherwise',
      async (ctx: Ctx, input: string) => {
        await look(ctx, input.charCodeAt(0) === SAID.charCodeAt(0) ? 'one' : 'two')
      },
    ],
    [
      'its code asks for more',
      async (ctx: Ctx, input: string) => {
        for (let i = 0; i < input.charCodeAt(0) % 7; i++) await look(ctx, 'turn')
      },
    ],
    [
      'a name is made of a value in a way of its own',
      async (ctx: Ctx, input: string) => {
        await look(ctx, input.slice(1) + input.slice(0, 1))
      },
    ],
    [
      'it fails on a masked value',
      async (ctx: Ctx, input: string) => {
        await look(ctx, 'one')
        if (!input.startsWith(SAID.slice(0, 1))) throw new Error(`${SAID} is missing`)
      },
    ],
  ])('%s', async (_, body) => {
    const definition = desk(body)
    const masked = await maskedAs(await factsOf(definition), definition)
    expect(masked).toEqual({ ok: false, pid: 'p', why: DEPENDS })
  })

  it('what it logs is no part of its journal', async () => {
    const definition = desk(async (ctx, input) => {
      ctx.log(input === SAID ? 'as it was' : 'another')
      await look(ctx, 'one')
    })
    const masked = await maskedAs(await factsOf(definition), definition)
    expect([masked.ok, JSON.stringify(masked).includes(SAID)]).toEqual([true, false])
  })

  it('a journal of other code, a fork, and what has no beginning', async () => {
    const definition = desk((ctx) => look(ctx, 'one'))
    const facts = await factsOf(definition)
    expect(await maskedAs(facts, definition)).toMatchObject({ ok: true })
    expect(
      await maskedAs(
        facts,
        desk((ctx) => look(ctx, 'other')),
      ),
    ).toMatchObject({
      ok: false,
      why: 'its own code does not ask for all that was done',
    })
    const [born, ...rest] = facts
    const fork = { from: asPid('o'), seq: 1, writes: 'refuse' }
    expect(await maskedAs([{ ...born, fork } as never, ...rest], definition)).toMatchObject({
      ok: false,
      why: 'it is a fork, which holds a part of another journal',
    })
    expect(await maskedAs(rest, definition)).toMatchObject({ ok: false })
  })
})

describe('what is given out masked all the same', () => {
  it('a run that was held as a whole, which no call asked for', async () => {
    const definition = desk((ctx) => look(ctx, 'one'))
    const held: FactBody = { type: 'waiting', key: HELD, on: { kind: 'switch', target: 'all', by: 'ann' } }
    const free: FactBody = { type: 'answered', key: HELD, outcome: { type: 'ok', value: payloadOf(null) } }
    const facts = await factsOf(definition)
    const more = [held, free].map((body, n) => ({ ...body, v: 1, seq: facts.length + n, at: 1 }) as Fact)
    expect((await maskedAs([...facts, ...more], definition)).ok).toBe(true)
  })
})
