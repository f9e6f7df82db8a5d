/** What a host's processes say, as events of their live streams. */
import type { LiveStreams } from '../../engine/index.ts'
import type { HostNews } from '../hosting/news.ts'

/** Writes news to the streams. */
export function writeNews(streams: Pick<LiveStreams, 'write'>, news: HostNews): void {
  const { pid } = news
  switch (news.type) {
    case 'progress': {
      const { name: effect, key, attempt, text } = news
      streams.write(pid, { type: 'text', effect, key, attempt, text })
      return
    }
    case 'emit':
      streams.write(pid, { type: 'emit', stream: news.stream, chunk: news.chunk })
      return
    case 'log':
      streams.write(pid, { type: 'log', text: news.text })
      return
    case 'frame':
      for (const fact of news.facts) {
        if (fact.type === 'intended' && fact.attempt > 1)
          streams.write(pid, { type: 'again', effect: fact.name, key: fact.key, attempt: fact.attempt })
        if (fact.type === 'ended') streams.write(pid, { type: 'ended', how: fact.result.type })
      }
      return
    case 'resumed':
    case 'rested':
  }
}
