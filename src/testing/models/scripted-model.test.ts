import { generateText } from 'ai'
import { describe, expect, it } from 'vitest'
import { agent } from '../../agents/index.ts'
import { valueOf } from '../../kernel/index.ts'
import { simulate } from '../simulation/simulate.ts'
import { worldTool } from '../world/world-tool.ts'
import { scriptedModel } from './scripted-model.ts'
import type { Script } from './scripted-model.ts'

/** Runs an agent on a script to its value. */
const play = (script: Script): Promise<unknown> =>
  simulate({ seed: 1, powerFails: (moment, n) => moment === 'after' && n === 5 }, async (sim) => {
    const model = scriptedModel(script)
    const clerk = agent({
      name: 'clerk',
      model,
      tools: { look: worldTool(sim.world, { name: 'look', effect: 'read' }) },
    })
    sim.define(clerk)
    await sim.boot()
    const { result } = await sim.reached(await sim.start(clerk, 'go'))
    return result?.type === 'ok' ? valueOf(result.value) : result
  })

describe('scriptedModel', () => {
  it('says its turns in order to an agent, also over a crash, and repeats the last', async () => {
    const looks = {
      calls: [
        { tool: 'look', input: { n: 1 } },
        { tool: 'look', input: { n: 2 } },
      ],
    }
    expect(await play([looks, looks, 'seen'])).toMatchObject({ text: 'seen' })
  })

  it('a function sees the turn and what its tools gave', async () => {
    const script: Script = ({ turn, results }) =>
      turn === 0 ? { calls: [{ tool: 'look', input: {} }] } : { json: { turn, results: results.length } }
    expect(await play(script)).toMatchObject({ text: '{"turn":1,"results":1}' })
  })

  it('goes into the AI SDK as it is, and keeps the calls it was given', async () => {
    const model = scriptedModel(['hello'])
    const { text } = await generateText({ model, prompt: 'hi' })
    expect([text, model.calls.length]).toEqual(['hello', 1])
  })

  it('fails where the script says so', async () => {
    await expect(
      generateText({ model: scriptedModel([{ error: new Error('no') }]), prompt: 'hi', maxRetries: 0 }),
    ).rejects.toThrow('no')
  })
})
