/** One life of a program: a process that ends by itself, by its own hand at a commit, or by ours at a moment. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Stuck } from './broken-off.ts'
import type { LifeOrder, Said } from './life-order.ts'
import type { Site } from './site.ts'

/** A loaded machine is no failure. */
const LIFE_MS_MAX = 300_000

/** Where lives are led: the program that leads them, the ledger, and the run's name there. */
export type Place = {
  readonly built: string
  readonly socket: string
  readonly run: string
  readonly folder: string
  /** Where the processes are, if not in the folder. */
  readonly site?: Site
}

/** How a life ended. `said` is what it printed when it came to its end. */
export type Life = {
  readonly wasKilled: boolean
  readonly said: Said | undefined
  /** From its first touch of the folder on. */
  readonly ms: number
}

/** A life being led. */
export type Living = {
  readonly child: ChildProcess
  /** It has touched the folder, or has ended. */
  readonly begun: Promise<unknown>
  /** It has stopped itself at a commit, or has ended. */
  readonly frozen: Promise<unknown>
  /** Rejects when it neither ended well nor was killed. */
  readonly ended: Promise<Life>
}

/** Begins a life. */
export function begin(place: Place, order: LifeOrder): Living {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    NODE_OPTIONS: '',
    NODE_COMPILE_CACHE: join(place.built, 'compiled'),
    SKEIN_TRIPWIRE: 'off',
    CHAOS_SOCKET: place.socket,
    CHAOS_RUN: place.run,
    CHAOS_LIFE: JSON.stringify(order),
    ...(order.hesitateMs === undefined ? {} : { CHAOS_HESITATE_MS: `${order.hesitateMs}` }),
  }
  const argv = ['--no-warnings', join(place.built, 'workload.mjs')]
  const child = spawn(process.execPath, argv, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let begunAt = performance.now()
  let out = ''
  let err = ''
  const begun = once(child.stdout, 'data').then(() => (begunAt = performance.now()))
  const frozen = new Promise<void>((resolve) =>
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString()
      if (out.includes('frozen\n')) resolve()
    }),
  )
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  let isStuck = false
  const limit = setTimeout(() => {
    isStuck = true
    child.kill('SIGKILL')
  }, LIFE_MS_MAX)
  const ended = once(child, 'close').then(([code, signal]): Life => {
    clearTimeout(limit)
    const ms = performance.now() - begunAt
    if (isStuck) throw new Stuck(`it did not end within ${LIFE_MS_MAX} ms; ${err}`)
    if (signal === 'SIGKILL') return { wasKilled: true, said: undefined, ms }
    if (code !== 0) throw new Error(`it ended with ${String(code ?? signal)}: ${err}`)
    return { wasKilled: false, said: JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as Said, ms }
  })
  ended.catch(() => undefined)
  const either = { begun: Promise.race([begun, ended]), frozen: Promise.race([frozen, ended]) }
  // Whoever waits for the end hears of a failure; one that nobody waits for must not end the campaign.
  for (const promise of Object.values(either)) promise.catch(() => undefined)
  return { child, ...either, ended }
}

/** Leads a life to its end; with `afterMs`, kills it so long after its first touch of the folder. */
export async function live(place: Place, order: LifeOrder, afterMs?: number): Promise<Life> {
  const { child, begun, ended } = begin(place, order)
  let knife: NodeJS.Timeout | undefined
  const draw = (): void => {
    knife = setTimeout(() => child.kill('SIGKILL'), afterMs)
  }
  if (afterMs !== undefined) begun.then(draw, () => undefined)
  try {
    return await ended
  } finally {
    clearTimeout(knife)
  }
}
