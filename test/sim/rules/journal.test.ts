import { describe, expect, it } from 'vitest'
import { nodeHash } from '../../../src/engine/index.ts'
import type { Frame } from '../../../src/engine/index.ts'
import { CHAIN_START, openFrame, ProcessState, sealFrame, verifyFrame } from '../../../src/kernel/index.ts'
import type { Fact } from '../../../src/kernel/index.ts'
import { asEpoch, asPid, limits } from '../../../src/std/index.ts'
import { factsOf, simRandom } from '../../../src/testing/index.ts'
import { about, flow, stage, throughCrashes, waited } from './stage.ts'

const ports = { hash: nodeHash, random: simRandom(1), inlineMax: limits.PAYLOAD_INLINE_BYTES_MAX }
const noBlob = (): undefined => undefined

describe('J: the journal', () => {
  it('J1: facts are dense, frames are a chain, and what is durable once stays as it was through crashes', async () => {
    const durable: (readonly Fact[])[] = []
    const frames: Frame[] = []
    const problems: unknown[] = []
    const { facts } = await stage(
      {
        rebootMs: 'never',
        async during(sim, pid) {
          for (let life = 0; life < 4; life++) {
            await sim.loop.sleep(35)
            sim.crash()
            await sim.boot()
            durable.push(await sim.facts(pid))
          }
          await sim.reached(pid)
          const engine = await sim.engine()
          for await (const frame of engine.history(pid)) frames.push(frame)
          for await (const problem of engine.verify(pid)) problems.push(problem)
        },
      },
      async (ctx, tool) => {
        for (let n = 0; n < 8; n++) await ctx.tool(tool('pay', { idempotent: true }), { n })
      },
    )
    expect(facts.map((fact) => fact.seq)).toEqual(facts.map((_, index) => index))
    for (const prefix of durable) expect(facts.slice(0, prefix.length)).toEqual(prefix)
    expect(new Set(durable.map((prefix) => prefix.length)).size).toBeGreaterThan(1)
    expect(frames.map((frame) => frame.n)).toEqual(frames.map((_, index) => index))
    expect(frames.map((frame) => frame.prevHash)).toEqual([CHAIN_START, ...frames.map(({ hash }) => hash)].slice(0, -1))
    expect(new Set(frames.map((frame) => frame.epoch)).size).toBeGreaterThan(1)
    expect(problems).toEqual([])
  })

  it('J1: an erased payload leaves the chain whole, a changed one does not', async () => {
    const { facts } = await stage({ input: { secret: 'the secret word' } }, () => 'done')
    const chain = { pid: asPid('flow'), epoch: asEpoch(1), n: 0, prevHash: CHAIN_START, facts }
    const { frame } = sealFrame(chain, ports)
    const verdictOf = (payloads: string) => verifyFrame({ ...frame, payloads }, chain, nodeHash, noBlob)
    expect(frame.body).not.toContain('secret word')
    expect(openFrame(frame, noBlob)).toEqual(facts)
    expect(verdictOf(frame.payloads)).toBeUndefined()
    expect(verdictOf(frame.payloads.replace('secret word', 'other word!'))).toContain('was changed')
    const erased = JSON.stringify((JSON.parse(frame.payloads) as unknown[]).map(() => null))
    expect(verdictOf(erased)).toBeUndefined()
    const changed = frame.body.replace('"workflow"', '"workflop"')
    expect(verifyFrame({ ...frame, body: changed }, chain, nodeHash, noBlob)).toContain('was changed')
  })

  it('J2: a process is told whole by its facts, from born to ended', async () => {
    const child = flow(() => 1, 'child')
    const { facts } = await stage({ define: () => [child], input: 7 }, async (ctx, tool) => {
      await ctx.tool(tool('pay'), { amount: 1 })
      await ctx.race([(c) => c.now(), (c) => c.sleep('1h')])
      await ctx.run(child as never, 0 as never)
    })
    expect(facts.map((fact) => fact.type)).toEqual([
      ...['born', 'intended', 'begun', 'settled'],
      ...['settled', 'waiting', 'closed'],
      ...['sent', 'account', 'settled', 'waiting', 'account', 'answered'],
      'ended',
    ])
    expect(facts[0]).toMatchObject({
      workflow: 'flow',
      version: '1',
      input: { text: '7' },
      root: 'flow',
      incarnation: 0,
    })
    expect(facts.every((fact) => fact.v === 1 && Number.isInteger(fact.at))).toBe(true)
  })

  it('J3: errors are data, without stack or class', async () => {
    class BankError extends Error {
      readonly code = 'BANK_CLOSED'
      readonly teller = () => 'nobody'
    }
    const { facts, value } = await stage({}, async (ctx) => {
      try {
        await ctx.step('pay', () => {
          throw new BankError('closed')
        })
      } catch (thrown) {
        return { message: (thrown as Error).message, isBankError: thrown instanceof BankError }
      }
    })
    expect(value).toEqual({ message: expect.stringContaining('closed') as string, isBankError: false })
    const [settled] = factsOf(facts, 'settled')
    const text = settled?.outcome.type === 'error' ? settled.outcome.error.text : ''
    expect(Object.keys(JSON.parse(text) as object)).toEqual(expect.arrayContaining(['code', 'message', 'retryable']))
    expect(text).not.toContain('teller')
    expect(text).not.toContain('journal.test.ts')
  })

  it('J3: a large value is stored beside its frame, by content, and comes back whole after any crash', async () => {
    const large = 'x'.repeat(limits.PAYLOAD_INLINE_BYTES_MAX + 1)
    const echo = (): string => large
    await throughCrashes(
      {},
      async (ctx, tool) => {
        const text = await ctx.tool(tool('read', { effect: 'read' }), {}).then(echo)
        return ((await ctx.tool(tool('put', { idempotent: true, value: echo }), { text })) as string) === large
      },
      ({ value, facts }) => {
        expect(value).toBe(true)
        const { frame, blobs } = sealFrame(
          { pid: asPid('p'), epoch: asEpoch(1), n: 0, prevHash: CHAIN_START, facts },
          ports,
        )
        expect(frame.payloads.length).toBeLessThan(large.length)
        expect(blobs.map((blob) => blob.sha256)).toContain(nodeHash.sha256(JSON.stringify(large)))
      },
    )
  })

  it('J3: a value over the limit is refused, not stored', async () => {
    const { error, facts } = await stage({}, (ctx) => ctx.step('big', () => 'x'.repeat(limits.PAYLOAD_BYTES_MAX)))
    expect(error?.code).toBe('VALUE_TOO_LARGE')
    expect(JSON.stringify(facts).length).toBeLessThan(10_000)
  })

  it('J4: a key has one outcome: the second answer is dropped', async () => {
    const { facts, value } = await stage(
      {
        async during(sim, pid) {
          const key = await waited(sim, pid, 'approval')
          const about = { type: 'approve', key, by: 'ann' } as const
          await Promise.all([
            sim.control(pid, { ...about, id: 'one', verdict: 'approved' }),
            sim.control(pid, { ...about, id: 'two', verdict: 'denied' }),
          ])
        },
      },
      (ctx, tool) => ctx.tool(tool('pay', { needsApproval: true }), { amount: 1 }),
    )
    expect(value).toEqual({ pay: 0 })
    expect(about(facts, 'answered', '!approval')).toHaveLength(1)
  })

  it('J4: folding a second outcome of a key changes nothing, and is counted', async () => {
    const { facts } = await stage({}, (ctx) => ctx.sleep('1m'))
    const answered = factsOf(facts, 'answered')[0]
    const state = new ProcessState()
    for (const fact of facts.slice(0, -1)) state.apply(fact)
    const key = answered?.key as NonNullable<typeof answered>['key']
    const first = state.record(key).outcome
    state.apply({ ...answered, seq: state.nextSeq, outcome: { type: 'unknown', why: 'late' } } as unknown as Fact)
    expect(state.record(key).outcome).toEqual(first)
    expect(state.dropped).toBe(1)
  })
})
