import { expect, it } from 'vitest'
import { z } from 'zod'
import { agent } from '../../../src/agents/index.ts'
import { factsOf, scriptedModel, simulate } from '../../../src/testing/index.ts'
import { outcomeOf } from './stage.ts'

/** Looks until it has seen `up`; its model goes down when it has been told twice that the far side is down. */
async function retried(from: 'r1/tool/0' | undefined) {
  const far = { isDown: true }
  const look = {
    name: 'look',
    effect: 'read' as const,
    inputSchema: z.object({}),
    execute() {
      if (far.isDown) throw new Error('no light')
      return 'up'
    },
  }
  const model = scriptedModel(({ options }) => {
    const told = JSON.stringify(options.prompt)
    const times = told.split('no light').length - 1
    if (times < 2 && !told.includes('"up"')) return { text: `try ${times}`, calls: [{ tool: 'look', input: {} }] }
    if (far.isDown) throw new Error('model down')
    return { text: `${times} times no light` }
  })
  return simulate({ seed: 1, timeMsMax: 600_000 }, async (sim) => {
    const clerk = agent({ name: 'clerk', model, instructions: 'Look.', tools: { look } })
    sim.define(clerk)
    await sim.boot()
    const pid = await sim.start(clerk, 'go', { pid: 'a' })
    await sim.reached(pid, ['failed'])
    far.isDown = false
    const about = from === undefined ? {} : { from: { pid, keys: [from as never] } }
    await sim.control(pid, { id: 'again', type: 'reopen', by: 'ann', dropAfter: true, ...about })
    await sim.loop.sleep(60_000)
    const { status, result } = (await sim.inspect(pid)) ?? {}
    return { status, value: outcomeOf(result).value, reopened: factsOf(await sim.facts(pid), 'reopened').length }
  })
}

it('retry: an agent goes on from its last model call, not from before an answer that its model has given to the failure', async () => {
  expect(await retried(undefined)).toEqual({ status: 'done', value: { text: '2 times no light' }, reopened: 1 })
  expect(await retried('r1/tool/0')).toEqual({ status: 'failed', value: undefined, reopened: 0 })
})
