import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { ModelAnswer } from '../kernel/index.ts'
import { broken, call, calls, drive, echo, errorOf, lastMessages, make, says, script, valueOf } from './loop.fixture.ts'

const same = (n: number, answer: ModelAnswer): readonly ModelAnswer[] => Array<ModelAnswer>(n).fill(answer)
const notes = (run: Awaited<ReturnType<typeof drive>>): readonly string[] =>
  lastMessages(run)
    .filter(({ role }) => role === 'user')
    .flatMap(({ content }) => (content as { text: string }[]).map(({ text }) => text))
    .slice(1)

describe('loop detection', () => {
  const agent = make({ tools: { echo, broken } })

  it('tells the model once that it repeats itself, and lets it mend that', async () => {
    const run = await drive(agent, 'go', script(...same(3, calls(call('broken'))), says('I give up')))
    expect(valueOf(run)).toEqual({ text: 'I give up' })
    expect(notes(run)).toEqual([expect.stringMatching(/^You have called broken with the same arguments 3 times/)])
  })

  it('ends the agent when it goes on, naming the tool, the arguments and the error', async () => {
    const run = await drive(agent, 'go', script(...same(9, calls(call('echo', { text: 'x' }), call('broken')))))
    expect(errorOf(run)).toMatchObject({
      code: 'LOOP_DETECTED',
      data: { tool: 'echo', input: { text: 'x' }, result: 'X', times: 4 },
    })
    const failing = await drive(agent, 'go', script(...same(9, calls(call('broken')))))
    expect(errorOf(failing)).toMatchObject({ data: { tool: 'broken', input: {}, result: 'EXEC_FAILED: exit 3' } })
    expect(failing.seen.filter(({ type }) => type === 'tool')).toHaveLength(4)
  })

  it('sees one call that fails again and again among others that do not', async () => {
    const step = (n: number): ModelAnswer => calls(call('echo', { text: String(n) }, 'a'), call('broken', {}, 'b'))
    const run = await drive(agent, 'go', script(...[1, 2, 3, 4, 5].map(step)))
    expect(errorOf(run)).toMatchObject({ code: 'LOOP_DETECTED', data: { tool: 'broken' } })
  })

  it('lets one look at the same thing beside every deed: the deeds are new', async () => {
    const step = (n: number): ModelAnswer =>
      calls(call('echo', { text: 'list' }, 'a'), call('echo', { text: String(n) }, 'b'))
    const run = await drive(agent, 'go', script(...[1, 2, 3, 4, 5, 6].map(step), says('all done')))
    expect(valueOf(run)).toEqual({ text: 'all done' })
    expect(notes(run)).toEqual([])
  })

  it('sees two calls that take turns', async () => {
    const [a, b] = [calls(call('echo', { text: 'a' })), calls(call('echo', { text: 'b' }))]
    const told = await drive(agent, 'go', script(a, b, a, b, a, b, says('enough')))
    expect(notes(told)).toEqual([expect.stringMatching(/^You go back and forth: the last 6 steps/)])
    const run = await drive(agent, 'go', script(...same(5, a).flatMap((one) => [one, b])))
    expect(errorOf(run)).toMatchObject({ code: 'LOOP_DETECTED' })
    expect(run.seen.filter(({ type }) => type === 'model')).toHaveLength(7)
  })

  it('lets work be: other arguments, another result, or another step in between', async () => {
    let n = 0
    const next = { inputSchema: z.object({}), execute: () => ++n }
    const counting = make({ tools: { next, echo } })
    expect(valueOf(await drive(counting, 'go', script(...same(9, calls(call('next'))), says('9'))))).toEqual({
      text: '9',
    })
    const test = calls(call('broken'))
    const edits = [1, 2, 3, 4].flatMap((i) => [calls(call('echo', { text: `edit ${i}` })), test])
    expect(valueOf(await drive(agent, 'go', script(...edits, says('green'))))).toEqual({ text: 'green' })
  })

  it('can be told how much is too much, what may repeat, or to look away', async () => {
    const run = (loopDetection: unknown, times: number) =>
      drive(
        make({ tools: { echo, broken }, loopDetection: loopDetection as never }),
        'go',
        script(...same(times, calls(call('broken'))), says('ok')),
      )
    expect(errorOf(await run({ repeats: 2 }, 9))).toMatchObject({ data: { times: 3 } })
    expect(valueOf(await run({ repeats: 5 }, 5))).toEqual({ text: 'ok' })
    expect(valueOf(await run({ except: ['broken'] }, 9))).toEqual({ text: 'ok' })
    expect(valueOf(await run(false, 9))).toEqual({ text: 'ok' })
  })
})
