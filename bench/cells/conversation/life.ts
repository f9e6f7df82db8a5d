/**
 * One life of a long conversation, in a process of its own so that it can be killed: `run FOLDER STEPS` works until the
 * model is asked for the step after STEPS, says so and hangs there; `resume FOLDER` says how long it took to get there again.
 */
import { openEmbedded, nodeClock, nodeHash, nodeRandom } from 'skein/engine'
import type { Engine } from 'skein/engine'
import { open } from 'skein'
import { longAgent } from './long-agent.ts'

const [mode, folder = '', steps = '0'] = process.argv.slice(2)
const openedAt = performance.now()
let ranAt = 0
let decidedMs: number | undefined

const embedded = await openEmbedded({ folder, clock: nodeClock, random: nodeRandom, hash: nodeHash, waitMs: 20_000 })
const engine = new Proxy<Engine>(embedded, {
  get(target, key) {
    const member = Reflect.get(target, key, target) as unknown
    if (key === 'host')
      return (run: Parameters<Engine['host']>[0]) => target.host((activation) => run(timed(activation)))
    return typeof member === 'function' ? (member.bind(target) as unknown) : member
  },
})

type Activation = Parameters<Parameters<Engine['host']>[0]>[0]

/** The same activation; notes when the kernel gets it, and when it first decides something. */
function timed(activation: Activation): Activation {
  ranAt = performance.now()
  return new Proxy(activation, {
    get(target, key) {
      const member = Reflect.get(target, key, target) as unknown
      if (key === 'decide') decidedMs ??= performance.now() - ranAt
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    },
  })
}

const helper = longAgent({
  steps: mode === 'run' ? Number(steps) : 0,
  onLast: (meterMax) => {
    const figures = { ms: decidedMs, fromOpenMs: performance.now() - openedAt, meterMax }
    process.stdout.write(`${JSON.stringify(figures)}\n`)
  },
})
const skein = await open({ engine, workflows: [helper] })
if (mode === 'run') await skein.start(helper, 'Read everything, and say what it was.', { id: 'long' })
