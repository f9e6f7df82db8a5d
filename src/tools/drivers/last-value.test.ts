import { describe, expect, it } from 'vitest'
import { isLater, lastValue } from './last-value.ts'

const about = { signal: new AbortController().signal, progress: () => undefined }

const withThen = (about: PropertyDescriptor): object =>
  // oxlint-disable-next-line unicorn/no-thenable -- such things are what is tried here
  Object.defineProperty({}, 'then', about)

/** Answers with 7 to whoever waits for it. */
const answering = withThen({ value: (resolve: (value: unknown) => void) => resolve(7), enumerable: true })

async function* streaming() {
  yield 6
  yield 7
}

describe('what a body gives', () => {
  it.each([
    ['a promise', Promise.resolve(7)],
    ['an object that can be waited for', answering],
    [
      'one whose `then` is only there when it is asked for',
      new Proxy({}, { get: (_, name) => Reflect.get(answering, name) }),
    ],
    ['a function that can be waited for', Object.assign(() => undefined, answering)],
    ['a stream', streaming()],
    ['a function that streams', Object.assign(() => undefined, { [Symbol.asyncIterator]: streaming })],
  ])('%s has not come to its value yet', async (_, result) => {
    expect(isLater(result)).toBe(true)
    expect(await lastValue(result, about)).toBe(7)
  })

  it('what cannot be looked at is for whoever waits: it fails there', async () => {
    const hostile = withThen({
      get: () => {
        throw new Error('no look at this')
      },
    })
    expect(isLater(hostile)).toBe(true)
    await expect(lastValue(hostile, about)).rejects.toThrow('no look')
  })

  it.each([undefined, null, 7, 'then', withThen({ value: 7 }), [], () => 7])('%o is a value', (result) => {
    expect(isLater(result)).toBe(false)
  })
})
