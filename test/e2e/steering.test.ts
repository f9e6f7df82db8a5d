/** Speaking to agents at work, through the real command line. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hear } from '../../bench/cells/steering/hear.ts'
import { project } from './project.ts'

/** A model that thinks about `go` until it is stopped, and does at once whatever else it is told. */
const CONFIG = `
import { appendFileSync } from 'node:fs'
import { scriptedModel } from ${JSON.stringify(import.meta.resolve('skein/testing'))}
const text = ({ content }) => content.map((part) => part.text ?? JSON.stringify(part.output)).join(' ')
const busy = scriptedModel(async ({ options }) => {
  const said = text(options.prompt.at(-1))
  appendFileSync('ledger', 'asked ' + said + '\\n')
  if (said === 'go') await new Promise((_, reject) => options.abortSignal.addEventListener('abort', () => {
    appendFileSync('ledger', 'broken off\\n')
    reject(options.abortSignal.reason)
  }))
  if (said === 'write it') return { calls: [{ tool: 'post', input: {} }] }
  return 'did: ' + said
})
export default { models: { aliases: { busy } } }
`
const AGENT = `
import { appendFileSync, existsSync } from 'node:fs'
import { agent, tool } from 'skein'
const post = tool({ name: 'post', inputSchema: { jsonSchema: { type: 'object' } }, execute: async (_, { idempotencyKey }) => {
  appendFileSync('ledger', 'begun ' + idempotencyKey + '\\n')
  while (!existsSync('sent')) await new Promise((resolve) => setTimeout(resolve, 10))
  return 'posted'
} })
export default agent({ name: 'worker', model: 'busy', instructions: 'Work.', tools: { post }, onIdle: process.env.ON_IDLE })
`
const workplace = (onIdle = 'end') => project({ 'skein.config.mjs': CONFIG, 'agent.mjs': AGENT }, { ON_IDLE: onIdle })

describe('skein send', () => {
  it('steers an agent in the middle of a model call', async () => {
    await using p = await workplace()
    const running = p.start('run', 'agent.mjs', '--id', 'a1', '--input', '"go"')
    await p.ledgerHas(1)
    const sent = await p.skein('send', 'a1', 'stop, do X instead', '--when-busy', 'steer')
    expect([sent.code, sent.out]).toEqual([0, expect.stringContaining('sent to')])
    const { code, out } = await running.ended
    expect([code, JSON.parse(out)]).toEqual([0, { text: 'did: stop, do X instead' }])
    expect(p.ledger()).toEqual(['asked go', 'broken off', 'asked stop, do X instead'])
    expect((await p.skein('log', 'a1')).out).toContain('let go')
    expect((await p.skein('verify')).code).toBe(0)
  })

  it('lets a begun write go on, through kill -9 of its host, and tells of it', async () => {
    await using p = await workplace()
    const first = p.start('run', 'agent.mjs', '--id', 'a1', '--input', '"write it"')
    await p.ledgerHas(2)
    expect((await p.skein('send', 'a1', 'and be quick', '--when-busy', 'steer')).code).toBe(0)
    await p.ledgerHas(3)
    first.child.kill('SIGKILL')
    await first.ended
    const parked = await p.skein('run', 'agent.mjs', '--id', 'a1')
    expect([parked.code, parked.err]).toEqual([4, expect.stringContaining('post')])
    expect((await p.skein('resolve', 'a1/post', '--done', '"posted"')).code).toBe(0)
    const { code, out } = await p.skein('run', 'agent.mjs', '--id', 'a1')
    expect([code, JSON.parse(out)]).toEqual([
      0,
      { text: expect.stringMatching(/^did: The call .* of post, which was still running, has ended: posted$/) },
    ])
    expect(p.ledger().filter((line) => line.startsWith('begun'))).toHaveLength(1)
    expect(existsSync(join(p.folder, 'sent'))).toBe(false)
  })

  it('speaks to an agent that lives on its mailbox, whether anybody runs it or not', async () => {
    await using p = await workplace('wait')
    const born = await p.skein('run', 'agent.mjs', '--id', 'a1', '--input', '"hello"')
    expect([born.code, born.err]).toEqual([3, expect.stringContaining('npx skein send a1')])
    expect((await p.skein('send', 'a1', 'one')).code).toBe(0)
    expect((await p.skein('send', 'a1', '{"two":2}')).code).toBe(0)
    expect((await p.skein('run', 'agent.mjs', '--id', 'a1')).code).toBe(3)
    expect((await p.skein('send', 'a1', 'goodbye', '--last')).code).toBe(0)
    const { code, out } = await p.skein('run', 'agent.mjs', '--id', 'a1')
    expect([code, JSON.parse(out)]).toEqual([0, { text: 'did: goodbye' }])
    expect(p.ledger()).toEqual(['asked hello', 'asked one', 'asked {"two":2}', 'asked goodbye'])
    const wrong = await p.skein('send', 'a1', 'x', '--when-busy', 'shout')
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('none of steer, queue, reject, replace')])
  })
})

it('P9: cancel, steer and stop are heard at any moment of a process’s life (the strict figure: npm run bench -- steering)', async () => {
  const { missed, offences, lateMs, moments } = await hear(1_000)
  expect([missed, offences]).toEqual([[], []])
  const late = Object.values(lateMs).flat()
  expect(late).toHaveLength(moments)
  expect(Math.max(...late)).toBeLessThan(2_000)
})
