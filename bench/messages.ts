/** Durable messages between processes. */
import type { Bench } from './harness/bench.ts'

const BARE = 'bare store, one row per message'

export const messages: Bench = {
  name: 'messages',
  summary: 'Durable messages between processes: to and fro in pairs, and from a hundred to one.',
  method: `
    Pairs of workflows send one message to and fro; or a hundred workflows send twenty messages each to one. A message is
    durable before its receiver hears of it; taking it and sending the next is one commit. The bare store writes one row
    per message. Every receiver checks what it has heard. Before the clock starts each variant does it once between two,
    or one row after the other, which is not counted.
  `,
  reference: BARE,
  rounds: 5,
  figures: [
    { key: 'messagesPerSecond', label: 'messages/s', better: 'more', hasRatio: true },
    { key: 'cpuMicrosPerMessage', label: 'CPU µs per message', better: 'less', hasRatio: true },
  ],
  cells: [
    {
      group: '1 pair',
      variant: BARE,
      side: 'bare',
      script: 'cells/messages/bare.ts',
      args: { lanes: 1, messages: 400 },
    },
    { group: '1 pair', variant: 'skein', script: 'cells/messages/ping-pong.ts', args: { pairs: 1, rounds: 200 } },
    {
      group: '100 pairs',
      variant: BARE,
      side: 'bare',
      script: 'cells/messages/bare.ts',
      args: { lanes: 100, messages: 40 },
    },
    { group: '100 pairs', variant: 'skein', script: 'cells/messages/ping-pong.ts', args: { pairs: 100, rounds: 20 } },
    {
      group: '100 to one',
      variant: BARE,
      side: 'bare',
      script: 'cells/messages/bare.ts',
      args: { lanes: 100, messages: 20 },
    },
    { group: '100 to one', variant: 'skein', script: 'cells/messages/fan-in.ts', args: { senders: 100, each: 20 } },
  ],
}
