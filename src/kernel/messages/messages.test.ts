import { describe, expect, it } from 'vitest'
import { asEffectKey, asMessageId, asPid } from '../../std/index.ts'
import type { Message } from '../ports/activation.ts'
import { Mailbox } from './mailbox.ts'
import { matches, REPLY_TOPIC } from './pattern.ts'

const message = (id: string, about: Partial<Message> = {}): Message => ({
  id: asMessageId(id),
  to: asPid('p'),
  body: { text: 'null' },
  ...about,
})

describe('patterns', () => {
  it('M3: every member that is given must fit', () => {
    const letter = message('m', { topic: 'letter', type: 'urgent', from: asPid('ann') })
    expect(matches({}, letter)).toBe(true)
    expect(matches({ topic: 'letter', type: 'urgent', from: asPid('ann'), id: 'm' }, letter)).toBe(true)
    expect(matches({ topic: 'parcel' }, letter)).toBe(false)
    expect(matches({ type: 'slow' }, letter)).toBe(false)
    expect(matches({ from: asPid('bob') }, letter)).toBe(false)
    expect(matches({ id: 'n' }, letter)).toBe(false)
    expect(matches({ topic: 'letter' }, message('x'))).toBe(false)
  })

  it('Skein’s own topics reach only who names them', () => {
    const reply = message('r', { topic: REPLY_TOPIC, type: 'c1' })
    expect(matches({}, reply)).toBe(false)
    expect(matches({ type: 'c1' }, reply)).toBe(false)
    expect(matches({ topic: REPLY_TOPIC, type: 'c1' }, reply)).toBe(true)
  })
})

describe('a mailbox', () => {
  it('M4: the oldest receive that matches gets the oldest message that matches', () => {
    const box = new Mailbox()
    box.put(message('1', { topic: 'a' }))
    box.put(message('2', { topic: 'b' }))
    box.put(message('3', { topic: 'b' }))
    box.wait(asEffectKey('first'), { topic: 'b' })
    box.wait(asEffectKey('second'), {})
    expect(box.take()).toMatchObject({ key: 'first', message: { id: '2' } })
    expect(box.take()).toMatchObject({ key: 'second', message: { id: '1' } })
    expect(box.take()).toBeUndefined()
  })

  it('M2: a message that comes twice is there once', () => {
    const box = new Mailbox()
    box.put(message('1'))
    box.put(message('1'))
    box.wait(asEffectKey('a'), {})
    box.wait(asEffectKey('b'), {})
    expect(box.take()?.key).toBe('a')
    expect(box.take()).toBeUndefined()
  })

  it('a receive whose message was refused keeps its place, and one that gave up has none', () => {
    const box = new Mailbox()
    box.wait(asEffectKey('first'), {})
    box.wait(asEffectKey('second'), {})
    box.put(message('1'))
    expect(box.take()?.key).toBe('first')
    box.restore(asEffectKey('first'), {})
    box.put(message('2'))
    expect(box.take()?.key).toBe('first')
    box.unwait(asEffectKey('second'))
    box.put(message('3'))
    expect(box.take()).toBeUndefined()
  })
})
