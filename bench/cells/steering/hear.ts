/**
 * How soon a running process hears that it should stop: `cancel`, a message that steers an agent, and a workflow's
 * `race` with a receive, each at a random moment while a model call, a read, a write or a sub-agent runs, on the embedded
 * engine over a real folder. Heard = the fact stands in the journal; from then on nothing of what was let go of is decided.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { agent, open, tool, workflow } from 'skein'
import type { Skein } from 'skein'
import { nodeClock, nodeHash, nodeRandom, openEmbedded } from 'skein/engine'
import type { Engine } from 'skein/engine'
import type { Fact, Message } from 'skein/kernel'
import { journalOffences, scriptedModel, simRandom } from 'skein/testing'
import { z } from 'zod'

const AT_ONCE = 8
const WORK_MS_MAX = 60
const MOMENT_MS_MAX = 200
const ABORT_MS_MAX = 5_000

/** What was found. `lateMs`: from the call to the fact, per verb, sorted. */
export type Heard = {
  readonly moments: number
  readonly missed: readonly string[]
  readonly offences: readonly string[]
  readonly lateMs: Readonly<Record<Verb, readonly number[]>>
  /** From the call to the signal of the driver that was in flight, where one was. */
  readonly signalMs: readonly number[]
}
type Verb = 'cancel' | 'steer' | 'stop'
const VERBS = ['cancel', 'steer', 'stop'] as const

const embedded = (folder: string): Promise<Engine> =>
  openEmbedded({ folder, clock: nodeClock, random: nodeRandom, hash: nodeHash })

/** Speaks to `moments` processes, each at a random moment of its life. `engineIn`: another engine than the one over a folder. */
export async function hear(moments: number, engineIn = embedded): Promise<Heard> {
  const data = mkdtempSync(join(tmpdir(), 'skein-bench-'))
  try {
    const engine = await engineIn(data)
    const stage = makeStage()
    await using skein = await open({ data, engine, workflows: [stage.worker, stage.waiter] })
    const heard: Heard = {
      moments,
      missed: [],
      offences: [],
      lateMs: { cancel: [], steer: [], stop: [] },
      signalMs: stage.signalMs,
    }
    let next = 0
    const lane = async (): Promise<void> => {
      while (next < moments) await trial(next++, { skein, engine, stage, heard })
    }
    await Promise.all(Array.from({ length: AT_ONCE }, lane))
    return heard
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}

type Stage = ReturnType<typeof makeStage>
type About = { readonly skein: Skein; readonly engine: Engine; readonly stage: Stage; readonly heard: Heard }

/** Work that never comes to its end by itself. */
function makeStage() {
  const random = simRandom('steering')
  const spokenAt = new Map<string, number>()
  const signalMs: number[] = []
  const work = async (signal: AbortSignal | undefined, id: string): Promise<void> => {
    const onAbort = (): void => {
      const at = spokenAt.get(id)
      if (at !== undefined) signalMs.push(performance.now() - at)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    await pause(random.between(0, WORK_MS_MAX), undefined, signal === undefined ? {} : { signal })
    signal?.removeEventListener('abort', onAbort)
  }
  const made = (name: string, effect: 'read' | 'write') =>
    tool({
      name,
      effect,
      inputSchema: z.object({ n: z.number() }),
      execute: async ({ n }, { abortSignal, idempotencyKey }) => {
        await work(abortSignal, idempotencyKey.split('/')[0] ?? '')
        return { n }
      },
    })
  const tools = { look: made('look', 'read'), post: made('post', 'write') }
  const helper = agent({
    name: 'helper',
    description: 'helps',
    tools: { look: tools.look },
    model: scriptedModel(async ({ turn, options }) => {
      await work(options.abortSignal, '')
      return turn < 2 ? { calls: [{ tool: 'look', input: { n: turn } }] } : 'helped'
    }),
  })
  const kinds = ['look', 'post', 'helper'] as const
  const worker = agent({
    name: 'worker',
    whenBusy: 'steer',
    maxSteps: 1_000,
    tools: { ...tools, helper },
    model: scriptedModel(async ({ turn, options }) => {
      if (JSON.stringify(options.prompt).includes('please stop')) return 'stopped'
      await work(options.abortSignal, '')
      const tool = kinds[turn % kinds.length] ?? 'look'
      return { calls: [{ tool, input: tool === 'helper' ? { prompt: `help ${turn}` } : { n: turn } }] }
    }),
  })
  const waiter = workflow({ name: 'waiter' }, async (ctx) => {
    const { name } = await ctx.select({
      stop: (c) => c.receive({ topic: 'stop' }),
      work: async (c) => {
        for (let n = 0; n < 1_000; n++) await c.tool(n % 2 === 0 ? tools.look : tools.post, { n })
      },
    })
    return name
  })
  return { worker, waiter, random, spokenAt, signalMs }
}

async function trial(i: number, { skein, engine, stage, heard }: About): Promise<void> {
  const verb = VERBS[i % VERBS.length] ?? 'cancel'
  const id = `p${i}`
  const run = await (verb === 'stop'
    ? skein.start(stage.waiter, undefined, { id })
    : skein.start(stage.worker, 'go', { id }))
  await pause(stage.random.between(0, MOMENT_MS_MAX))
  const at = Date.now()
  stage.spokenAt.set(id, performance.now())
  if (verb === 'cancel') await run.cancel('stop')
  else if (verb === 'steer') await skein.send(id, 'please stop')
  else await skein.send(id, null, { topic: 'stop' })
  const ended = await Promise.race([
    run.result().then(
      () => true,
      () => true,
    ),
    pause(ABORT_MS_MAX).then(() => false),
  ])
  stage.spokenAt.delete(id)
  const pid = id as Message['to']
  const facts: Fact[] = []
  for await (const frame of engine.history(pid)) facts.push(...frame.facts)
  const fact = facts.find((one) => isHearing(one, verb))
  if (!ended || fact === undefined)
    (heard.missed as string[]).push(`${verb} ${id}: ${fact === undefined ? 'not heard' : 'goes on'}`)
  else (heard.lateMs[verb] as number[]).push(fact.at - at)
  ;(heard.offences as string[]).push(...journalOffences({ pid: pid, facts }))
}

/** The fact that says it was heard. */
function isHearing(fact: Fact, verb: Verb): boolean {
  if (verb === 'cancel') return fact.type === 'closed' && fact.scope === ''
  return fact.type === 'answered' && fact.messageId !== undefined
}
