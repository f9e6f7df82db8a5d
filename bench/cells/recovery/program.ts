/**
 * The program that is killed and started again: it starts (or finds) its runs and waits for all of them. A step takes
 * 10 ms. With `--kill-after N` it dies by `kill -9` when N steps have been done.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { open, workflow } from 'skein'

const [data = '', runs = '', steps = '', killAfter = '0'] = process.argv.slice(2)
const STEP_MS = 10
let done = 0

const job = workflow({ name: 'job' }, async (ctx) => {
  let sum = 0
  for (let n = 0; n < Number(steps); n++)
    sum += await ctx.step(
      'work',
      async () => {
        await pause(STEP_MS)
        done += 1
        if (done === Number(killAfter)) process.kill(process.pid, 'SIGKILL')
        return n
      },
      { idempotent: true },
    )
  return sum
})

const startedAt = performance.now()
await using skein = await open({ data, workflows: [job] })
const openedAt = performance.now()
const handles = await Promise.all(
  Array.from({ length: Number(runs) }, (_, i) => skein.start(job, undefined, { id: `r${i}` })),
)
const values = await Promise.all(handles.map((handle) => handle.result()))
const finishedAt = performance.now()
console.log(
  JSON.stringify({ startedAt, openedAt, finishedAt, done, sum: values.reduce((sum, value) => sum + value, 0) }),
)
