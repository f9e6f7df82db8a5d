/** The worker: `node worker.mjs PORT EFFECTS` serves one handler that does its effects one after the other. */
import * as restate from '@restatedev/restate-sdk'

const [port, effects] = process.argv.slice(2).map(Number)
let latenciesMs = []

const bench = restate.service({
  name: 'bench',
  handlers: {
    work: async (ctx) => {
      let sum = 0
      for (let n = 0; n < effects; n++) {
        const startedAt = performance.now()
        sum += await ctx.run('note', () => n)
        latenciesMs.push(performance.now() - startedAt)
      }
      return sum
    },
  },
})

process.on('message', (what) => {
  process.send(what === 'begin' ? [] : latenciesMs)
  if (what === 'begin') latenciesMs = []
})
await restate.serve({ services: [bench], port })
console.log('ready')
