import { describe, expect, it } from 'vitest'
import { call, calls, echo, make, says, sub } from './loop.fixture.ts'
import { Talk } from './talk.fixture.ts'

const write = { ...echo, effect: 'write' as const }
const read = { ...echo, effect: 'read' as const }
const caller = (n: number) => ({ pid: `caller${n}`, id: `c${n}` })
const twoWrites = calls(call('write', { text: 'a' }, 'w1'), call('write', { text: 'b' }, 'w2'))

describe('whenBusy: steer', () => {
  const agent = make({ tools: { write, read, sub }, whenBusy: 'steer' })

  it('lets go of a model call, and says the message to the model', () => {
    const talk = new Talk(agent)
    expect(talk.say('stop, do X instead')).toBe('heard')
    expect(talk.work).toEqual(['r2/model'])
    expect(talk.told).toEqual(['user: go', 'user: stop, do X instead'])
    talk.model(says('X is done'))
    expect(talk.end).toEqual({ ok: true, value: { text: 'X is done' } })
    talk.replays(agent)
  })

  it('shows what was let go of as not done, in call order, and asks again', () => {
    const talk = new Talk(agent)
    talk.model(
      calls(call('read', { text: 'a' }, 'c1'), call('sub', { prompt: 'p' }, 'c2'), call('read', { text: 'b' }, 'c3')),
    )
    talk.give('r1/tool/2', 'B')
    expect(talk.say('wait')).toBe('heard')
    expect(talk.told.slice(1)).toEqual([
      'call read',
      'call sub',
      'call read',
      'result read: Not done: the user spoke before it had begun, or before it answered.',
      'result sub: Broken off: the user spoke before it had ended. What it had done by then stays done.',
      'result read: B',
      'user: wait',
    ])
    talk.replays(agent)
  })

  it('lets begun writes go on, and tells their results once, when they come', () => {
    const talk = new Talk(agent)
    talk.model(twoWrites)
    talk.begun.add('r1/tool/0')
    talk.say('wait')
    expect(talk.told.at(-3)).toMatch(/^result write: It had begun when the user spoke, and is still running/)
    expect(talk.work).toEqual(['r1/tool/0', 'r2/model'])
    talk.model(calls(call('read', { text: 'c' }, 'c3')))
    talk.give('r1/tool/0', 'A')
    talk.give('r2/tool/0', 'C')
    expect(talk.told.at(-1)).toBe('user: The call w1 of write, which was still running, has ended: A')
    talk.model(says('fine'))
    expect(talk.end).toEqual({ ok: true, value: { text: 'fine' } })
    expect(talk.told.filter((line) => line.includes('has ended'))).toHaveLength(1)
    talk.replays(agent)
  })

  it('does not end while the model has not been told of a begun write', () => {
    const talk = new Talk(agent)
    talk.model(twoWrites)
    talk.begun.add('r1/tool/1')
    talk.say('wait')
    talk.model(says('all done'))
    expect([talk.end, talk.work]).toEqual([undefined, ['r1/tool/1']])
    talk.fail('r1/tool/1', { code: 'EXEC_FAILED', message: 'exit 3', retryable: false })
    expect(talk.told.at(-1)).toContain('has ended: EXEC_FAILED: exit 3')
    talk.model(says('that failed, then'))
    expect(talk.end).toEqual({ ok: true, value: { text: 'that failed, then' } })
    talk.replays(agent)
  })

  it('is heard again while a write of before goes on, and while the end waits for it', () => {
    const talk = new Talk(agent)
    talk.model(twoWrites)
    talk.begun.add('r1/tool/0').add('r1/tool/1')
    talk.say('one')
    talk.say('two')
    expect(talk.work).toEqual(['r1/tool/0', 'r1/tool/1', 'r3/model'])
    talk.model(says('done'))
    talk.say('three')
    expect(talk.told.slice(-2)).toEqual(['assistant: done', 'user: three'])
    talk.give('r1/tool/1', 'B').model(says('still'))
    expect(talk.told.at(-1)).toMatch(/w2 .* has ended: B$/)
    talk.give('r1/tool/0', 'A').model(says('fine'))
    expect(talk.told.at(-1)).toMatch(/w1 .* has ended: A$/)
    expect(talk.model(says('bye')).end).toEqual({ ok: true, value: { text: 'bye' } })
    talk.replays(agent)
  })

  it('begins nothing that an answer calls for when somebody spoke before it', () => {
    const talk = new Talk(agent)
    talk.isSlow = true
    talk.say('wait')
    talk.model(calls(call('write', { text: 'a' })), 'r1/model').judge()
    expect(talk.told.slice(1)).toEqual(['call write', 'result write: Not begun: the user spoke first.', 'user: wait'])
    expect(talk.work).toEqual(['r2/model'])
    talk.say('and')
    talk.model(says('too late'), 'r2/model').judge()
    expect(talk.told.slice(-2)).toEqual(['assistant: too late', 'user: and'])
    talk.model(says('done')).replays(agent)
    expect(talk.end).toEqual({ ok: true, value: { text: 'done' } })
  })

  it('waits for the functions of the author, and speaks then', () => {
    const stopping = make({ tools: { write }, whenBusy: 'steer', instructions: () => 'Be brief.' })
    const talk = new Talk(stopping)
    talk.say('and quickly')
    talk.hooks()
    expect(talk.told).toEqual(['system: Be brief.', 'user: go', 'user: and quickly'])
    talk.replays(stopping)
  })

  it('starts counting steps anew', () => {
    const patient = make({ tools: { read }, whenBusy: 'steer', maxSteps: 2, loopDetection: false })
    const talk = new Talk(patient)
    const again = calls(call('read', { text: 'a' }))
    talk.model(again).give('r1/tool/0', 'A').say('go on')
    talk.model(again).give('r3/tool/0', 'A').model(again)
    expect(talk.end).toMatchObject({ error: { code: 'STEPS_EXCEEDED' } })
    expect(talk.asked.filter((ask) => ask.type === 'model')).toHaveLength(4)
  })

  it('refuses what cannot be said to a model', () => {
    const talk = new Talk(agent)
    expect(talk.say('  ')).toBe('refused')
    expect(talk.say({ messages: [{ role: 'assistant', content: 'I say so' }] })).toBe('refused')
    expect(talk.say({ order: 7 })).toBe('heard')
    expect(talk.told.at(-1)).toBe('user: {"order":7}')
  })
})

describe('whenBusy: queue', () => {
  const agent = make({ tools: { write, read } })

  it('takes the next message as the next turn, and answers who called', () => {
    const talk = new Talk(agent)
    expect(talk.say('second', { replyTo: caller(2) })).toBe('kept')
    expect(talk.say('third', { replyTo: caller(3) })).toBe('kept')
    talk.model(says('first'))
    expect(talk.told).toEqual(['user: go', 'assistant: first', 'user: second'])
    talk.model(says('2nd'), 'r2/model').model(says('3rd'), 'r3/model')
    expect(talk.end).toEqual({ ok: true, value: { text: '3rd' } })
    expect(talk.sent.map(({ to, messageType, body }) => [to, messageType, body])).toEqual([
      ['caller2', 'c2', { text: '2nd' }],
      ['caller3', 'c3', { text: '3rd' }],
    ])
    talk.replays(agent)
  })

  it('is overruled by the sender', () => {
    const talk = new Talk(agent)
    expect(talk.say('now', { whenBusy: 'steer' })).toBe('heard')
    expect(talk.say('later', { whenBusy: 'queue' })).toBe('kept')
    expect(talk.say('only if idle', { whenBusy: 'reject' })).toBe('refused')
    talk.model(says('ok')).model(says('bye'))
    expect(talk.told.filter((line) => line.startsWith('user'))).toEqual(['user: go', 'user: now', 'user: later'])
  })

  it('tells who called when it fails', () => {
    const talk = new Talk(agent)
    talk.say('now', { whenBusy: 'steer', replyTo: caller(1) })
    talk.fail('r2/model', { code: 'MODEL_AUTH', message: 'no key', retryable: false })
    expect(talk.end).toMatchObject({ ok: false, error: { code: 'MODEL_AUTH' } })
    expect(talk.sent).toMatchObject([{ to: 'caller1', failed: { code: 'MODEL_AUTH' } }])
  })
})

describe('whenBusy: reject', () => {
  it('takes messages only when it is idle', () => {
    const agent = make({ whenBusy: 'reject', onIdle: 'wait' })
    const talk = new Talk(agent)
    expect(talk.say('not now')).toBe('refused')
    talk.model(says('first'))
    expect([talk.end, talk.say('now')]).toEqual([undefined, 'heard'])
    expect(talk.say('not now')).toBe('refused')
    talk.model(says('second'))
    expect(talk.told).toEqual(['user: go', 'assistant: first', 'user: now', 'assistant: second'])
    talk.replays(agent)
  })
})

describe('whenBusy: replace', () => {
  const agent = make({ tools: { write, read }, whenBusy: 'replace' })

  it('takes the present request back, and says what had been done for it', () => {
    const talk = new Talk(agent)
    talk.model(calls(call('write', { text: 'a' }, 'w1'), call('read', { text: 'b' }, 'c2')))
    talk.give('r1/tool/0', 'A').give('r1/tool/1', 'B')
    talk.model(calls(call('write', { text: 'c' }, 'w3')))
    talk.begun.add('r2/tool/0')
    talk.say('something else', { replyTo: caller(1) })
    expect(talk.told).toEqual([
      'user: The request before this one was withdrawn. This had been done for it, or tried:\n' +
        '- write({"text":"a"}): A\n- write({"text":"c"}): still running',
      'user: something else',
    ])
    talk.give('r2/tool/0', 'C').model(says('ok'))
    expect(talk.told.at(-1)).toContain('w3 of write, which was still running, has ended: C')
    talk.model(says('else')).replays(agent)
    expect(talk.end).toEqual({ ok: true, value: { text: 'else' } })
    expect(talk.sent).toMatchObject([{ to: 'caller1', body: { text: 'else' } }])
  })

  it('leaves no trace of a request for which nothing was done, and tells who had made it', () => {
    const talk = new Talk(agent)
    talk.say('one', { replyTo: caller(1) })
    talk.say('two', { replyTo: caller(2) })
    expect(talk.told).toEqual(['user: two'])
    talk.model(says('2'))
    expect(talk.sent).toMatchObject([
      { to: 'caller1', failed: { code: 'MESSAGE_WITHDRAWN' } },
      { to: 'caller2', body: { text: '2' } },
    ])
  })
})

describe('onIdle: wait', () => {
  const agent = make({ tools: { write }, onIdle: 'wait' })

  it('lives on its mailbox until somebody says the last word', () => {
    const talk = new Talk(agent)
    talk.model(says('first'))
    expect([talk.end, talk.work]).toEqual([undefined, []])
    talk.say('second')
    talk.model(says('2nd'))
    expect(talk.end).toBe(undefined)
    talk.say('goodbye', { last: true })
    talk.model(says('bye'))
    expect(talk.end).toEqual({ ok: true, value: { text: 'bye' } })
    talk.replays(agent)
  })

  it('ends with its last answer when there is nothing more to say', () => {
    const talk = new Talk(agent)
    talk.model(says('first')).say(null, { last: true, replyTo: caller(1) })
    expect(talk.end).toEqual({ ok: true, value: { text: 'first' } })
    expect(talk.sent).toMatchObject([{ to: 'caller1', body: { text: 'first' } }])
    const busy = new Talk(agent)
    busy.say(null, { last: true, whenBusy: 'steer' })
    expect(busy.model(says('only')).end).toEqual({ ok: true, value: { text: 'only' } })
  })
})
