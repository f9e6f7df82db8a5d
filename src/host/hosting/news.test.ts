import { expect, it } from 'vitest'
import { asPid } from '../../std/index.ts'
import { News } from './news.ts'

const p = asPid('p')
const log = (text: string, pid = p) => ({ type: 'log', pid, text }) as const

function listened() {
  const news = new News()
  const heard: string[] = []
  news.listen((said) => heard.push(said.type === 'log' ? said.text : said.type))
  return { news, heard }
}

it('E3: what is said before its beginning is durable is heard afterwards, in order', async () => {
  const { news, heard } = listened()
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  using _ = news.hold({ pid: p, begun })
  news.publish(log('first'))
  news.publish(log('of another', asPid('q')))
  await Promise.resolve()
  expect(heard).toEqual(['of another'])
  begin()
  news.publish(log('second'))
  await begun
  news.publish(log('third'))
  expect(heard).toEqual(['of another', 'first', 'second', 'third'])
})

it('E3: what was said and is lost with its beginning is never heard, nor does it take the place of who comes next', async () => {
  const { news, heard } = listened()
  const next = Promise.withResolvers<void>()
  const lost = news.hold({ pid: p, begun: new Promise<void>(() => {}) })
  news.publish(log('lost'))
  using _ = news.hold({ pid: p, begun: next.promise })
  lost[Symbol.dispose]()
  news.publish({ type: 'rested', pid: p })
  news.publish(log('next'))
  expect(heard).toEqual(['rested'])
  next.resolve()
  await next.promise
  expect(heard).toEqual(['rested', 'next'])
})

it('what a process says that has begun is heard at once', () => {
  const { news, heard } = listened()
  using _ = news.hold({ pid: p })
  news.publish(log('now'))
  expect(heard).toEqual(['now'])
})
