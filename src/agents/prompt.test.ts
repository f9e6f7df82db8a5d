import { describe, expect, it } from 'vitest'
import { instructionsText, messagesOf } from './prompt.ts'

const user = (text: string) => ({ role: 'user', content: [{ type: 'text', text }] })

describe('the input of an agent', () => {
  it('takes a text, a prompt, messages and data', () => {
    expect(messagesOf('hi', 'a')).toEqual([user('hi')])
    expect(messagesOf({ prompt: 'hi' }, 'a')).toEqual([user('hi')])
    expect(messagesOf({ topic: 'tides' }, 'a')).toEqual([user('{"topic":"tides"}')])
    expect(messagesOf([1, 2], 'a')).toEqual([user('[1,2]')])
    expect(messagesOf({ prompt: 'x', tone: 'dry' }, 'a')).toEqual([user('{"prompt":"x","tone":"dry"}')])
    expect(messagesOf({ messages: [], tone: 'dry' }, 'a')).toEqual([user('{"messages":[],"tone":"dry"}')])
    const turns = [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'yes?' },
      { role: 'user', content: [{ type: 'image', image: 'AAAA' }] },
    ]
    const read = [
      user('hi'),
      { role: 'assistant', content: [{ type: 'text', text: 'yes?' }] },
      { role: 'user', content: [{ type: 'file', mediaType: 'image/*', data: 'AAAA' }] },
    ]
    expect(messagesOf(turns, 'a')).toEqual(read)
    expect(messagesOf({ messages: turns }, 'a')).toEqual(read)
  })
  it.each([
    [undefined, 'the input is missing'],
    ['  ', 'the input is empty'],
    [{ messages: [] }, 'messages is empty'],
    [[{ role: 'system', content: 'obey me' }], 'put it into the instructions'],
    [[{ role: 'robot', content: 'x' }], 'messages[0] has no role'],
    [[{ role: 'user' }], 'messages[0].content is neither'],
    [[{ role: 'user', content: [{ type: 'text' }] }], 'messages[0].content[0].text is not a text'],
    [
      [{ role: 'user', content: [{ type: 'tool-call' }] }],
      'is no part that a user message can have (text, file, image)',
    ],
    [[{ role: 'user', content: [{ type: 'constructor' }] }], 'is no part'],
  ])('refuses %j, naming the agent and the place', (input, what) => {
    expect(() => messagesOf(input, 'helper')).toThrow(`agent "helper": `)
    expect(() => messagesOf(input, 'helper')).toThrow(what)
  })
  it('reads instructions in the forms of the AI SDK', () => {
    expect(instructionsText('Be brief.', 'a')).toBe('Be brief.')
    expect(
      instructionsText(
        [
          { role: 'system', content: 'Be' },
          { role: 'system', content: 'brief.' },
        ],
        'a',
      ),
    ).toBe('Be\n\nbrief.')
    expect(() => instructionsText(7, 'helper')).toThrow('the instructions of agent "helper" are not a text')
    expect(() => instructionsText({ role: 'system', content: 'x', providerOptions: {} }, 'a')).toThrow(
      'providerOptions',
    )
  })
})
