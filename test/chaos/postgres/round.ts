/** One round: orders over several workers on one database, one kind of harm, and a judgement by the outside ledger. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { nodeClock, nodeHash, nodeRandom, openPostgres } from '../../../src/engine/index.ts'
import type { PostgresEngine } from '../../../src/engine/index.ts'
import { resolveEffect } from '../../../src/host/operate/acts.ts'
import { payloadOf } from '../../../src/kernel/index.ts'
import { asMessageId, asPid } from '../../../src/std/index.ts'
import type { LedgerProcess } from '../../../src/testing/crash/ledger-process.ts'
import { farSide } from '../../../src/testing/crash/far-side.ts'
import type { Evidence } from '../../../src/testing/crash/verdict.ts'
import type { LocalPostgres } from '../../../src/testing/conformance/postgres-server.ts'
import type { Journal } from '../../../src/testing/oracle/journal.ts'
import { baseKey, doubtOf, isTooLate } from '../operator-keys.ts'
import { harm } from './harm.ts'
import type { Kind } from './harm.ts'
import { LEASE_MS } from './limits.ts'

/** Where rounds are played. */
export type Ground = {
  readonly folder: string
  readonly built: string
  readonly ledger: LedgerProcess
  readonly server: LocalPostgres
  /** How often the server was killed. */
  readonly kills: { count: number }
  readonly orders: number
}

/** What a round left behind. */
export type Played = {
  readonly evidence: Evidence
  readonly broken: readonly string[]
  readonly harms: number
  readonly rejoined: number
}

const WORKERS = 2
/** Who places the orders outlives all harm. */
const DESK_LEASE_MS = 120_000
const DESK_TIMEOUT_MS = 180_000
const ROUND_MS_MAX = 300_000
const LOOK_MS = 40
const HESITATE_MS = 400
/** Longest pause between two orders: they come while there is harm. */
const ORDER_MS = 300

/** A round in play: its workers come and go. */
export class Round {
  readonly #ground: Ground
  readonly name: string
  readonly workers = new Set<ChildProcess>()
  deploys = 0
  rejoined = 0
  /** A worker that is stopped may still be in the middle of something: nobody decides what became of it meanwhile. */
  isStopped = false
  /** Its tools take their time before they send anything: who is stopped is often stopped there. */
  isHesitant = false

  constructor(ground: Ground, name: string) {
    this.#ground = ground
    this.name = name
  }

  get server(): LocalPostgres {
    return this.#ground.server
  }

  async killServer(): Promise<void> {
    this.#ground.kills.count += 1
    await this.server.kill()
  }

  async startWorker(): Promise<ChildProcess> {
    const { built, ledger, server } = this.#ground
    const order = { url: server.url, schema: this.name, leaseMs: LEASE_MS, deploys: this.deploys }
    const env = {
      ...process.env,
      CI: '1',
      NODE_COMPILE_CACHE: join(this.#ground.folder, 'compiled'),
      CHAOS_SOCKET: ledger.socket,
      CHAOS_RUN: this.name,
      ...(this.isHesitant ? { CHAOS_HESITATE_MS: `${HESITATE_MS}` } : {}),
      CHAOS_WORKER: JSON.stringify(order),
    }
    const child = spawn(process.execPath, ['--no-warnings', join(built, 'postgres-worker.mjs')], {
      env,
      cwd: this.#ground.folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.workers.add(child)
    let isUp = false
    const up = new Promise<void>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', () => {
        if (isUp) this.rejoined += 1
        isUp = true
        resolve()
      })
      child.once('exit', () => (isUp ? undefined : reject(new Error('a worker did not come up'))))
    })
    child.once('exit', () => this.workers.delete(child))
    // One that is killed on its way up is not missed here.
    await up.catch((error: unknown) => {
      if (child.signalCode === null) throw error
    })
    return child
  }

  /** Some worker that runs. */
  someWorker(random: () => number): ChildProcess | undefined {
    const all = [...this.workers]
    return all[Math.floor(random() * all.length)]
  }

  async end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const over = once(child, 'exit')
    child.kill(signal)
    await over
  }
}

/** Plays one. Without a kind nothing is harmed. */
export async function play(
  ground: Ground,
  about: { readonly name: string; readonly kind?: Kind; readonly isDriver?: boolean; readonly random: () => number },
): Promise<Played> {
  const { name, kind, isDriver = true, random } = about
  const round = new Round(ground, name)
  round.isHesitant = kind === 'worker stopped'
  const ports = { clock: nodeClock, random: nodeRandom, hash: nodeHash }
  const engine = await openPostgres({
    connectionString: ground.server.url,
    schema: name,
    leaseMs: DESK_LEASE_MS,
    timeoutMs: DESK_TIMEOUT_MS,
    name: 'chaos-desk',
    ...ports,
  })
  try {
    for (let i = 0; i < WORKERS; i++) await round.startWorker()
    const pids = Array.from({ length: ground.orders }, (_, n) => asPid(`order-${n}`))
    const over = new AbortController()
    const isElsewhere = kind === 'server killed' && !isDriver
    const isHarmed = kind !== undefined && !isElsewhere
    const killsBefore = ground.kills.count
    const harmed = isHarmed ? harm(kind, round, { random, signal: over.signal }) : Promise.resolve(0)
    harmed.catch(() => undefined)
    await placeOrders(engine, pids, random)
    await finished(engine, pids, { round, far: farSide(ground.ledger.socket, name) })
    over.abort()
    const times = await harmed
    const harms = isElsewhere ? ground.kills.count - killsBefore : times
    return { ...(await evidenceOf(engine, pids, ground.ledger.entries(name))), harms, rejoined: round.rejoined }
  } finally {
    for (const child of round.workers) {
      child.kill('SIGCONT')
      await round.end(child, 'SIGKILL')
    }
    await engine[Symbol.asyncDispose]()
  }
}

/** Starts them over a while, each with its message, which may come early. */
async function placeOrders(
  engine: PostgresEngine,
  pids: readonly ReturnType<typeof asPid>[],
  random: () => number,
): Promise<void> {
  for (const [n, pid] of pids.entries()) {
    await engine.start({
      pid,
      kind: 'workflow',
      workflow: 'order',
      input: payloadOf({ n }),
      root: pid,
      depth: 0,
      cap: { toolCalls: 50, processes: 5 },
      strict: false,
    })
    await engine.deliver({ id: asMessageId(`go-${n}`), to: pid, topic: 'go', body: payloadOf({ n }) })
    await pause(random() * ORDER_MS)
  }
}

/** Waits for all ends; beside it somebody looks at the far side where nobody knows what became of an effect. */
async function finished(
  engine: PostgresEngine,
  pids: readonly ReturnType<typeof asPid>[],
  { round, far }: { readonly round: Round; readonly far: ReturnType<typeof farSide> },
): Promise<void> {
  const end = performance.now() + ROUND_MS_MAX
  for (;;) {
    let open = 0
    for await (const view of engine.list({ status: ['ready', 'running', 'waiting', 'parked'] })) {
      open += 1
      if (round.isStopped) continue
      for (const { key, on } of view.waits) {
        if (on.kind !== 'operator') continue
        const effect = baseKey(key)
        const { id, attempt } = await doubtOf(engine, view.pid, effect)
        const found = await far.look({ tool: 'operator', key: id, attempt: 1, input: null })
        const answer = 'done' in found ? { done: found.done, attempt } : ({ again: true, attempt } as const)
        // An answer names the attempt that its look was about, and is given once.
        await resolveEffect(engine, `${view.pid}/${effect}`, answer, 'ann').catch((thrown: unknown) => {
          if (!isTooLate(thrown)) throw thrown
        })
      }
    }
    if (open === 0) {
      const views = await Promise.all(pids.map((pid) => engine.inspect(pid)))
      if (views.every((view) => view !== undefined)) return
    }
    if (performance.now() > end) throw new Error(`lost: ${open} processes had not ended after ${ROUND_MS_MAX / 1000} s`)
    await pause(LOOK_MS)
  }
}

async function evidenceOf(
  engine: PostgresEngine,
  pids: readonly ReturnType<typeof asPid>[],
  entries: Evidence['entries'],
): Promise<Pick<Played, 'evidence' | 'broken'>> {
  const journals: Journal[] = []
  for await (const { pid } of engine.list({})) {
    const facts: Journal['facts'][number][] = []
    for await (const frame of engine.history(pid)) facts.push(...frame.facts)
    journals.push({ pid, facts })
  }
  const result: unknown[] = []
  for (const pid of pids) result.push((await engine.inspect(pid))?.result)
  const broken: string[] = []
  for await (const { pid, n, problem } of engine.verify()) broken.push(`chain of ${pid}, frame ${n}: ${problem}`)
  return { evidence: { result, journals, entries }, broken }
}
