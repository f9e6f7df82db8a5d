/** What goes wrong between workers and their Postgres server, and what they say. */
import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { nodeClock, nodeHash, nodeRandom, openPostgres } from '../../src/engine/index.ts'
import type { PostgresEngine, PostgresOptions } from '../../src/engine/index.ts'
import { migrate } from '../../src/engine/postgres/migrate.ts'
import { asPid } from '../../src/std/index.ts'
import type { Clock } from '../../src/std/index.ts'
import { askPostgres } from '../../src/testing/conformance/ask-postgres.ts'
import { messageOf, Puppet, startOf } from '../../src/testing/conformance/puppet.ts'
import { postgresPrograms, startPostgres } from '../../src/testing/index.ts'
import type { LocalPostgres } from '../../src/testing/index.ts'

const programs = hasPackage() ? postgresPrograms() : undefined
const SKEW_MS = 60_000
const STARTS = 60
/** Each pause before it is tried again is twice as long: who is cut off without end waits until its time is up. */
const CUTS_EACH = 2
/** As long as an id may be, in characters of which none can be saved. */
const LONG_ID_BYTES = 2_000
const TOKEN_BYTES = 500
let server: LocalPostgres
let schemas = 0

if (programs === undefined)
  console.log('faults of postgres are not tried: PostgreSQL, or the package pg, is not installed here')

function hasPackage(): boolean {
  try {
    return createRequire(import.meta.url).resolve('pg') !== ''
  } catch {
    return false
  }
}

function opened(options: Partial<PostgresOptions> = {}, clock: Clock = nodeClock): Promise<PostgresEngine> {
  const schema = options.schema ?? `faults_${(schemas += 1)}`
  return openPostgres({
    connectionString: server.url,
    schema,
    timeoutMs: 10_000,
    ...options,
    clock,
    random: nodeRandom,
    hash: nodeHash,
  })
}

const asked = <R>(text: string): Promise<readonly R[]> => askPostgres<R>(server.url, text)

describe.skipIf(programs === undefined)('workers over Postgres', () => {
  beforeAll(async () => {
    server = await startPostgres(programs ?? '', { fsync: 'off' })
  })
  afterAll(() => server[Symbol.asyncDispose]())

  it('a server that does not answer is asked again for as long as was said, and then named without its password', async () => {
    const nobody = 'postgresql://ann:secret@127.0.0.1:9/skein'
    const opening = opened({ connectionString: nobody, timeoutMs: 300 })
    await expect(opening).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE', retryable: true })
    await expect(opening).rejects.toThrow(/ann@127\.0\.0\.1:9\/skein for 0 s .*nothing is lost/)
    await expect(opening).rejects.not.toThrow('secret')
  })

  it('what will not pass is not tried again: a database or a user that is not there', async () => {
    for (const [from, to] of [
      ['/skein', '/nothing'],
      ['skein@', 'nobody@'],
    ] as const) {
      const opening = opened({ connectionString: server.url.replace(from, to), timeoutMs: 60_000 })
      await expect(opening).rejects.toMatchObject({ code: 'ENGINE_REFUSED', retryable: false })
    }
  })

  it('a schema of somebody else stays as it is, and so does one of a newer build', async () => {
    await asked('create schema theirs; create table theirs.things(id int)')
    await expect(opened({ schema: 'theirs' })).rejects.toMatchObject({ code: 'ENGINE_FOREIGN' })
    await asked(`create schema newer; comment on schema newer is 'skein 99'`)
    await expect(opened({ schema: 'newer' })).rejects.toThrow(/of version 99, this build knows/)
    for (const schema of ['No-Name', 'pg_mine'])
      await expect(opened({ schema })).rejects.toMatchObject({ code: 'USAGE' })
    // A word of the server's own is a name like others.
    await using engine = await opened({ schema: 'user' })
    expect(await engine.start(startOf('p'))).toMatchObject({ created: true })
    const tables = await asked(`select 1 from pg_tables where schemaname in ('theirs', 'newer')`)
    expect(tables).toHaveLength(1)
  })

  it('a server that is too old is told from its version', async () => {
    const old = { query: async () => ({ rows: [{ number: 120_022, name: 'PostgreSQL 12.22' }] }) }
    const opening = migrate(old as never, { schema: 'skein', connectionString: server.url })
    await expect(opening).rejects.toMatchObject({ code: 'ENGINE_TOO_OLD' })
    await expect(opening).rejects.toThrow(/PostgreSQL 12\.22; Skein needs PostgreSQL 15/)
  })

  it('a batch whose answer was lost is written once, and its caller hears of it as if nothing had been', async () => {
    await using engine = await opened({ name: 'cut-me' })
    const over = new AbortController()
    let left = 0
    const cutting = (async () => {
      let cuts = 0
      while (!over.signal.aborted) {
        if (left === 0) await new Promise((resolve) => setTimeout(resolve, 1))
        else {
          const cut = await asked(
            `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'cut-me' and query like '%commit_batch%'`,
          )
          left = Math.max(0, left - cut.length)
          cuts += cut.length
        }
      }
      return cuts
    })()
    for (let i = 0; i < STARTS; i++) {
      left = CUTS_EACH
      const { created } = await engine.start(startOf(`p${i}`))
      expect(created, `p${i} was started once`).toBe(true)
    }
    over.abort()
    expect(await cutting).toBeGreaterThan(0)
    const pids: string[] = []
    for await (const { pid } of engine.list({})) pids.push(pid)
    expect(pids).toHaveLength(STARTS)
  })

  it('what an operator says while no worker runs can be seen until it is heard', async () => {
    await using engine = await opened({ schema: 'unheard' })
    const { pid } = await engine.start(startOf('p'))
    expect(await engine.pending(pid)).toEqual([])
    const said = { id: 'c1', type: 'cancel', reason: 'enough', by: 'ann' } as const
    await engine.control(pid, said)
    expect(await engine.pending(pid)).toEqual([said])
    expect(await engine.pending(asPid('nobody'))).toEqual([])
  })

  it('no name, id or key that a column or an index cannot hold takes the work of others with it', async () => {
    await using engine = await opened()
    const { member } = engine
    const odd = '\0\ud800'
    const long = nodeRandom.hex(LONG_ID_BYTES)
    await engine.start(startOf('p'))
    expect(await engine.deliver(messageOf(odd, 'm'))).toBe('unknown')
    expect(await engine.inspect(odd as never)).toBeUndefined()
    for (const message of [messageOf('p', long), messageOf('p', odd, { from: odd as never, topic: odd })]) {
      expect(await engine.deliver(message)).toBe('queued')
      expect(await engine.deliver(message)).toBe('duplicate')
    }
    expect(await engine.settle(nodeRandom.hex(TOKEN_BYTES), { by: odd, how: 'fail', reason: 'no' })).toBe('held')
    const puppet = new Puppet()
    await engine.host(puppet.run)
    const lane = await puppet.nextOf('p')
    const key = `k/${nodeRandom.hex(LONG_ID_BYTES)}` as never
    lane.frame(['asked'], { waits: [{ key, on: { kind: 'timer', dueAt: nodeClock.now() + SKEW_MS } }] })
    lane.frame(['had'], { unwaits: [key] })
    await lane.durable()
    expect((await engine.inspect('p' as never))?.waits).toEqual([])
    expect(engine.member, 'its life went on').toBe(member)
    await lane.end()
  })

  it('what the database refuses of one process parks that one, and takes nothing of the others with it', async () => {
    const schema = 'refusing'
    await using engine = await opened({ schema })
    const { member } = engine
    await asked(`create function ${schema}.refuse() returns trigger language plpgsql as $$ begin
        if new.body like '%poison%' then raise exception 'no room for this' using errcode = '54000'; end if; return new; end $$;
      create trigger refuse before insert on ${schema}.frame for each row execute function ${schema}.refuse()`)
    const puppet = new Puppet()
    await engine.host(puppet.run)
    for (const pid of ['good', 'bad']) await engine.start(startOf(pid))
    const lanes = { good: await puppet.nextOf('good'), bad: await puppet.nextOf('bad') }
    for (const lane of [lanes.good, lanes.bad]) lane.frame(['kept'])
    await lanes.bad.durable()
    // All of it in one batch, and more of the same process behind it.
    lanes.good.frame(['kept'])
    lanes.bad.frame(['poison'])
    lanes.bad.frame(['behind'])
    lanes.good.frame(['kept'])
    const said = await engine.deliver(messageOf('good', 'm'))
    expect([said, engine.member]).toEqual(['queued', member])
    await lanes.good.end()
    await vi.waitFor(async () => expect((await engine.inspect('bad' as never))?.status).toBe('parked'), 10_000)
    const { parked } = (await engine.inspect('bad' as never)) ?? {}
    expect(parked).toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('no room for this') })
    const problems: unknown[] = []
    for await (const problem of engine.verify()) problems.push(problem)
    expect([problems, (await engine.inspect('good' as never))?.status, engine.member]).toEqual([[], 'done', member])
    // Once it can be taken, who resumes it goes on from what was kept.
    await asked(`drop trigger refuse on ${schema}.frame`)
    await engine.control('bad' as never, { id: 'c', type: 'cancel', by: 'ann' } as never)
    const again = await puppet.nextOf('bad')
    expect(again.activation.facts.length).toBe(1)
    await again.end()
  })

  it('a process whose code one worker has not is parked there once, and run by another that has it', async () => {
    const schema = 'deploys'
    await using fresh = await opened({ schema })
    const without = new Puppet()
    await fresh.host(without.run)
    await fresh.start(startOf('p'))
    await (await without.nextOf('p')).park()
    expect((await fresh.inspect('p' as never))?.parked?.code).toBe('CODE_ABSENT')
    await using old = await opened({ schema })
    const having = new Puppet()
    await old.host(having.run)
    await (await having.nextOf('p')).end()
    const view = await old.inspect('p' as never)
    expect([view?.status, view?.activations, without.isIdle]).toEqual(['done', 2, true])
  })

  it('workers whose clocks are a minute off keep their leases and what they have, and timers come', async () => {
    const schema = 'skewed'
    const off = (ms: number): Clock => ({ ...nodeClock, now: () => nodeClock.now() + ms })
    for (const ms of [SKEW_MS, -SKEW_MS]) {
      const clock = off(ms)
      await using engine = await opened({ schema, leaseMs: 2_000 }, clock)
      const puppet = new Puppet()
      await engine.host(puppet.run)
      const pid = `p${ms}`
      await engine.start(startOf(pid))
      const lane = await puppet.nextOf(pid)
      lane.frame(['asked'], { waits: [{ key: 't' as never, on: { kind: 'timer', dueAt: clock.now() + 200 } }] })
      const { member } = engine
      expect(await lane.rest()).toBe(true)
      const woken = await puppet.nextOf(pid)
      expect(await woken.next()).toEqual({ type: 'timer', key: 't' })
      await woken.end()
      expect([(await engine.inspect(lane.pid))?.status, engine.member]).toEqual(['done', member])
    }
  })

  it('what a worker had that was killed is taken over when its lease is over, and its late frame is refused', async () => {
    const schema = 'taken'
    const first = await opened({ schema, leaseMs: 2_000 })
    const puppet = new Puppet()
    await first.host(puppet.run)
    await first.start(startOf('p'))
    const lane = await puppet.nextOf('p')
    lane.frame(['kept'])
    await lane.durable()
    await using second = await opened({ schema, leaseMs: 2_000 })
    const successor = new Puppet()
    await second.host(successor.run)
    first.abandon()
    const taken = await successor.nextOf('p')
    expect(taken.activation.epoch).toBeGreaterThan(lane.activation.epoch)
    await taken.end()
    // As a worker would write it that was only stopped: the claim is not its own any more.
    const numbers = `array[1::bigint], array[7], array[1::bigint], array[9::bigint], array[9::bigint]`
    const frame = `${numbers}, array['h'], '[][]'::bytea, array[2], array[2]`
    await asked(`set search_path to ${schema};
      insert into member(id, name, joined_at, lease_until) overriding system value values (9999, 'late', now(), now());
      select commit_batch(9999, 1, 1000, 0, array[1::bigint], array[1::bigint], ${frame}, '{}', '{}', '{}', '{}', '{}', '[]')`)
    expect((await asked(`select 1 from ${schema}.frame where n = 7`)).length).toBe(0)
  })
})
