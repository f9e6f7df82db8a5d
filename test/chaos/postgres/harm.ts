/** The ways in which a round is harmed. */
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { LEASE_MS } from './limits.ts'
import type { Round } from './round.ts'

/** What happens to workers, to the server, or to what is between them. */
export const KINDS = {
  'worker killed': 'a worker is ended by kill -9, and another one started',
  'worker stopped': `a worker is stopped for longer than its lease (${LEASE_MS / 1000} s), and goes on then`,
  'server killed': 'the server is ended by kill -9, and started again',
  'connections cut':
    'connections of workers are cut by the server, most of them in the middle of something, again and again',
  'rolling deploys': 'workers are replaced one by one by the next deploy; every third has other code',
} as const

/** One of them. */
export type Kind = keyof typeof KINDS

type About = { readonly random: () => number; readonly signal: AbortSignal }

const FIRST_MS = 600
const CUTS_MS = 25
const CUTS = 60
/** So often in a round, for as long as there is something to do. */
const TIMES: Readonly<Record<Exclude<Kind, 'connections cut'>, number>> = {
  'worker killed': 3,
  'worker stopped': 2,
  'server killed': 2,
  'rolling deploys': 2,
}
const CODE_EVERY = 3

/** Harms a round until it is over, or often enough; how often. */
export async function harm(kind: Kind, round: Round, about: About): Promise<number> {
  if (kind === 'connections cut') return cutConnections(round, about)
  let times = 0
  for (let i = 0; i < TIMES[kind] && !about.signal.aborted; i++) {
    await pause(about.random() * FIRST_MS)
    if (await once(kind, round, about)) times += 1
  }
  return times
}

/** False when there was nobody to harm. */
async function once(kind: Exclude<Kind, 'connections cut'>, round: Round, { random }: About): Promise<boolean> {
  if (kind === 'server killed') {
    await round.killServer()
    await pause(random() * FIRST_MS)
    await round.server.start()
    return true
  }
  const child = round.someWorker(random)
  if (child === undefined) return false
  switch (kind) {
    case 'worker killed':
      await round.end(child, 'SIGKILL')
      await round.startWorker()
      return true
    case 'worker stopped':
      round.isStopped = true
      child.kill('SIGSTOP')
      await pause(LEASE_MS * 1.5 + random() * FIRST_MS)
      child.kill('SIGCONT')
      await pause(FIRST_MS)
      round.isStopped = false
      return true
    case 'rolling deploys':
      if (++deploysSoFar % CODE_EVERY === 0) round.deploys += 1
      // One after the other leaves when its successor is there.
      for (const old of [...round.workers]) {
        await round.startWorker()
        await round.end(old, 'SIGTERM')
      }
      return true
  }
}

let deploysSoFar = 0

async function cutConnections(round: Round, { random, signal }: About): Promise<number> {
  const client = new pg.Client({ connectionString: round.server.url })
  await client.connect()
  let cuts = 0
  try {
    for (let i = 0; i < CUTS && !signal.aborted; i++) {
      const { rows } = await client.query({
        text: `select pg_terminate_backend(pid) as was from pg_stat_activity
          where application_name = $1 and state = 'active' order by random() limit 1`,
        values: [round.name],
      })
      cuts += rows.length
      await pause(random() * CUTS_MS)
    }
  } finally {
    await client.end()
  }
  return cuts
}
