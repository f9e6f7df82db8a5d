/** Deploys a server under load, again and again, and counts at an outside ledger what was lost, done twice, and how long it paused. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { attachEmbedded, nodeClock, nodeHash, readEmbedded } from '../../src/engine/index.ts'
import type { ProcessView } from '../../src/engine/index.ts'
import { valueOf } from '../../src/kernel/index.ts'
import { asMessageId, asPid } from '../../src/std/index.ts'
import { startLedger } from '../../src/testing/crash/ledger-process.ts'
import type { LedgerEntry } from '../../src/testing/crash/ledger-entry.ts'

const SERVER = fileURLToPath(new URL('server.ts', import.meta.url))
const RUN = 'handover'
const TOOLS = ['mail', 'pay', 'book', 'fetch']
/** After a change of owner, the time in which a pause still belongs to it. */
const AFTER_MS = 500
const POLL_MS = 50

/** How many deploys, and under which load. */
export type Plan = {
  readonly folder: string
  readonly deploys: number
  readonly workers: number
  readonly betweenMs: number
}

/** What was seen. */
export type Deploys = {
  readonly effects: number
  readonly effectsPerSecond: number
  /** Longest time around each deploy in which nothing was done, and longest time from one owner's end to the next one's begin. */
  readonly pausesMs: readonly number[]
  /** Around each deploy, the longest time in which some one process did nothing. */
  readonly processPausesMs: readonly number[]
  readonly ownerlessMs: readonly number[]
  /** Longest time without an effect away from any deploy: what the load itself pauses. */
  readonly usualPauseMs: number
  readonly lost: readonly string[]
  readonly repeated: readonly string[]
  readonly inDoubt: readonly string[]
}

type Change = { readonly from: number; readonly to: number; readonly leftAt: number }

type Server = {
  readonly child: ChildProcess
  readonly said: (word: string) => Promise<number>
  readonly exit: Promise<unknown>
}

/** Deploys, stops the load, and judges. */
export async function deployAgainAndAgain({ folder, deploys, workers, betweenMs }: Plan): Promise<Deploys> {
  await using ledger = await startLedger(folder)
  const data = join(folder, 'data')
  const env = { HANDOVER_FOLDER: data, HANDOVER_WORKERS: String(workers), CHAOS_SOCKET: ledger.socket, CHAOS_RUN: RUN }
  const begunAt = Date.now()
  let server = serve(env)
  await server.said('owns')
  const changes: Change[] = []
  for (let i = 0; i < deploys; i++) {
    await sleep(betweenMs)
    const next = serve(env)
    const from = await next.said('booted')
    const [leftAt, to] = await Promise.all([server.said('left'), next.said('owns')])
    await server.exit
    changes.push({ from, to, leftAt })
    server = next
  }
  await sleep(betweenMs)
  const values = await stopAll(data, workers)
  const seconds = (Date.now() - begunAt) / 1000
  server.child.kill('SIGTERM')
  await server.exit
  const entries = ledger.entries(RUN)
  const done = entries.filter(({ what }) => what === 'done')
  const gaps = gapsOf(done)
  const gapsOfOne = [...Map.groupBy(done, whoOf).values()].flatMap(gapsOf)
  const isNear = (gap: Gap, { from, to }: Change): boolean => gap.to >= from && gap.from <= to + AFTER_MS
  const longest = (all: readonly Gap[], change: Change): number =>
    Math.max(...all.filter((gap) => isNear(gap, change)).map(lengthOf))
  return {
    effects: done.length,
    effectsPerSecond: Math.round(done.length / seconds),
    pausesMs: changes.map((change) => longest(gaps, change)),
    processPausesMs: changes.map((change) => longest(gapsOfOne, change)),
    ownerlessMs: changes.map(({ leftAt, to }) => Math.max(0, to - leftAt)),
    usualPauseMs: Math.max(...gaps.filter((gap) => !changes.some((change) => isNear(gap, change))).map(lengthOf)),
    ...judge(values, entries),
    inDoubt: await inDoubt(data),
  }
}

/** Starts a server. */
export function serve(variables: NodeJS.ProcessEnv): Server {
  const env = { ...process.env, NODE_OPTIONS: '', SKEIN_TRIPWIRE: 'off', ...variables }
  const argv = ['--conditions=skein-source', '--no-warnings', SERVER]
  const child = spawn(process.execPath, argv, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  const exit = once(child, 'close').then(([code]) => {
    if (code !== 0) throw new Error(`a server ended with ${String(code)}`)
  })
  exit.catch(() => undefined)
  const said = async (word: string): Promise<number> => {
    for (;;) {
      const match = new RegExp(`^${word} (\\d+)$`, 'm').exec(out)
      if (match !== null) return Number(match[1])
      await Promise.race([once(child.stdout, 'data'), exit.then(() => Promise.reject(new Error(`no "${word}"`)))])
    }
  }
  return { child, said, exit }
}

/** Tells every worker to stop; how many jobs each says it has done. */
export async function stopAll(
  data: string,
  workers: number,
): Promise<readonly (readonly [pid: string, jobs: number])[]> {
  const engine = await attachEmbedded(data, { clock: nodeClock, hash: nodeHash })
  if (engine === undefined) throw new Error('nobody owns the folder')
  await using owner = engine
  const stop = { topic: 'stop', body: { text: 'null' } }
  for (let i = 0; i < workers; i++)
    await owner.deliver({ id: asMessageId(`stop-${i}`), to: asPid(`desk-${i}`), ...stop })
  const values: (readonly [string, number])[] = []
  for (let i = 0; i < workers; i++) {
    const pid = asPid(`desk-${i}`)
    let view: ProcessView | undefined
    do {
      await sleep(POLL_MS)
      view = await owner.inspect(pid)
    } while (view?.endedAt === undefined)
    values.push([pid, jobsOf(pid, view)])
  }
  return values
}

/** The jobs that a worker says it has done; one that ended otherwise has broken the run. */
export function jobsOf(pid: string, { result }: Pick<ProcessView, 'result'>): number {
  if (result?.type !== 'ok') throw new Error(`${pid} ended without its number of jobs: ${JSON.stringify(result)}`)
  return valueOf(result.value) as number
}

/** How often each job's effect is in these entries. */
export function countsOf(entries: readonly LedgerEntry[]): ReadonlyMap<string, number> {
  const times = new Map<string, number>()
  for (const { tool, input } of entries) {
    const name = `${tool} ${whoOf({ input })} ${(input as { readonly n: number }).n}`
    times.set(name, (times.get(name) ?? 0) + 1)
  }
  return times
}

const whoOf = ({ input }: Pick<LedgerEntry, 'input'>): string => (input as { readonly who: string }).who

/** What was wanted and never done; what was asked for more than once. */
export function judge(values: readonly (readonly [string, number])[], entries: readonly LedgerEntry[]) {
  const done = countsOf(entries.filter(({ what }) => what === 'done'))
  const begun = countsOf(entries.filter(({ what }) => what === 'begun'))
  const wanted = values.flatMap(([who, jobs]) =>
    Array.from({ length: jobs }, (_, n) => TOOLS.map((tool) => `${tool} ${who} ${n}`)).flat(),
  )
  return {
    lost: wanted.filter((name) => !done.has(name)),
    repeated: [...begun].flatMap(([name, n]) => (n > 1 ? [`${name}: ${n} times`] : [])),
  }
}

/** What nobody knows the outcome of, which a deploy must not cause. */
async function inDoubt(data: string): Promise<readonly string[]> {
  using reader = readEmbedded(data, nodeHash)
  const found: string[] = []
  for await (const { pid } of reader.list({}))
    for await (const { facts } of reader.history(pid))
      for (const fact of facts) if (fact.type === 'unknown') found.push(`${pid}/${fact.key}`)
  return found
}

type Gap = { readonly from: number; readonly to: number }
const lengthOf = ({ from, to }: Gap): number => to - from

function gapsOf(entries: readonly LedgerEntry[]): readonly Gap[] {
  return entries.slice(1).map((entry, i) => ({ from: entries[i]!.at, to: entry.at }))
}
