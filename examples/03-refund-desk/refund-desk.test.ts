/** The story of main.ts, told to real processes that are really killed; what the shop's own ledger says is what counts. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { project, until } from '../../test/e2e/project.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const SHOP = fileURLToPath(new URL('shop.ts', import.meta.url))
const CHEAP = '"Order 1001 leaks."'
const DEAR = '"Order 1002 has no wheels."'
const DONE = { text: 'ann@example.org was told: We have refunded 39 for your kettle.' }

type Moods = { readonly refunds?: string; readonly mail?: string }
type Entry = { readonly refund?: { readonly key: string; readonly order: string }; readonly mail?: object }
type LogLine = { readonly type: string; readonly name?: string; readonly attempt?: number }

/** The shop in a process of its own. */
async function openShop(folder: string, port: string) {
  const env = { ...process.env, SHOP_PORT: port, SHOP_LEDGER: join(folder, 'ledger') }
  const child = spawn(process.execPath, [SHOP], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, url: /http:\S+/.exec(chunk.toString())![0] }
}

/** A desk with its shop. */
async function desk() {
  const folder = await mkdtemp(join(tmpdir(), 'skein-shop-'))
  let shop = await openShop(folder, '0')
  const { url } = shop
  const p = await project({}, { SHOP_URL: url })
  const entries = async (): Promise<readonly Entry[]> =>
    (await readFile(join(folder, 'ledger'), 'utf8'))
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Entry)
  const run = (id: string, input?: string): string[] => [
    'run',
    MAIN,
    '--id',
    id,
    ...(input === undefined ? [] : ['--input', input]),
  ]
  return {
    skein: p.skein,
    isShared: p.isShared,
    /** `[what, code, last printed value]` of a run to its end. */
    run: (id: string, input?: string) => p.skein(...run(id, input)),
    mood: (moods: Moods) => fetch(`${url}/mood`, { method: 'POST', body: JSON.stringify(moods) }),
    /** How many refunds and mails the shop has booked. */
    booked: async () => {
      const all = await entries()
      return { refunds: all.filter((entry) => entry.refund).length, mail: all.filter((entry) => entry.mail).length }
    },
    /** Runs until `holds`, then kill -9. */
    killed: async (id: string, input: string, holds: () => Promise<boolean>) => {
      const { child, ended } = p.start(...run(id, input))
      await until(holds, 'the moment to kill it')
      child.kill('SIGKILL')
      await ended
    },
    /** The facts of one effect, as `skein log --json` tells them: their types, with attempts after the first. */
    facts: async (id: string, type: string) => {
      const log = (await p.skein('log', id, '--json')).out.split('\n').filter(Boolean)
      return log.map((line) => JSON.parse(line) as LogLine).filter((fact) => fact.type === type)
    },
    reopenShop: async () => {
      shop = await openShop(folder, new URL(url).port)
    },
    async [Symbol.asyncDispose]() {
      shop.child.kill('SIGKILL')
      await p[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

it('pays small refunds by itself and asks for large ones', async () => {
  await using d = await desk()
  const small = await d.run('ann', CHEAP)
  expect([small.code, JSON.parse(small.out)]).toEqual([0, DONE])
  const large = await d.run('bob', DEAR)
  expect([large.code, large.err]).toEqual([3, expect.stringContaining('npx skein approve bob/refund')])
  expect(await d.booked()).toEqual({ refunds: 1, mail: 1 })
  expect((await d.skein('inbox')).out).toMatch(/^bob\/refund {2}refund \{"order":"1002","amount":420\}/)
  expect((await d.skein('approve', 'bob/refund')).code).toBe(0)
  const approved = await d.run('bob')
  expect([approved.code, approved.out]).toEqual([0, expect.stringContaining('We have refunded 420 for your bicycle')])
  expect(await d.booked()).toEqual({ refunds: 2, mail: 2 })
  expect((await d.run('bob')).code).toBe(0)
  expect(await d.booked()).toEqual({ refunds: 2, mail: 2 })
})

it('tells the customer when a refund is denied', async () => {
  await using d = await desk()
  await d.run('bob', DEAR)
  expect((await d.skein('deny', 'bob/refund', '--reason', 'it had wheels')).code).toBe(0)
  expect((await d.run('bob')).out).toContain('We cannot refund this order.')
  expect(await d.booked()).toEqual({ refunds: 0, mail: 1 })
})

it('E6: killed after the shop has booked: it is looked up, and not paid again', async () => {
  await using d = await desk()
  await d.mood({ refunds: 'slow' })
  await d.killed('cid', CHEAP, async () => (await d.booked()).refunds === 1)
  const done = await d.run('cid')
  expect([done.code, JSON.parse(done.out)]).toEqual([0, DONE])
  // On a shared engine a worker may have looked before this command did.
  expect(d.isShared || done.err.includes('1 in doubt')).toBe(true)
  expect((await d.skein('log', 'cid')).out).toMatch(/done +refund .*looked up: it was done, not sent again$/m)
  expect(await d.booked()).toEqual({ refunds: 1, mail: 1 })
  const attempts = (await d.facts('cid', 'intended')).filter((fact) => fact.name === 'refund')
  expect(attempts.map((fact) => fact.attempt)).toEqual([1])
})

it('E8: killed before the shop has booked: its owner is dead, so it is sent again, as attempt 2', async () => {
  await using d = await desk()
  await d.mood({ refunds: 'stuck' })
  await d.killed('cid', CHEAP, async () => (await d.skein('show', 'cid/refund', '--json')).out.includes('"begun"'))
  await d.mood({ refunds: 'well' })
  const done = await d.run('cid')
  expect([done.code, JSON.parse(done.out)]).toEqual([0, DONE])
  expect(await d.booked()).toEqual({ refunds: 1, mail: 1 })
  const attempts = (await d.facts('cid', 'intended')).filter((fact) => fact.name === 'refund')
  expect(attempts.map((fact) => fact.attempt)).toEqual([1, 2])
})

it('E6: killed in a mail, which nobody can look up: it asks, and takes the word of an operator', async () => {
  await using d = await desk()
  await d.mood({ mail: 'slow' })
  await d.killed('dan', CHEAP, async () => (await d.booked()).mail === 1)
  const parked = await d.run('dan')
  expect([parked.code, parked.out]).toEqual([4, ''])
  const inbox = (await d.skein('inbox')).out
  expect(inbox).toMatch(/^dan\/send_mail {2}outcome unknown: was send_mail done\? .* \{"to":"ann@example.org"/)
  for (const how of ['--done', '--again', '--fail']) expect(inbox).toContain(`npx skein resolve dan/send_mail ${how}`)
  expect((await d.skein('resolve', 'dan/send_mail', '--done', '{"sent":true}')).code).toBe(0)
  const done = await d.run('dan')
  expect([done.code, JSON.parse(done.out)]).toEqual([0, DONE])
  expect(await d.booked()).toEqual({ refunds: 1, mail: 1 })
})

it('E6: a 500 after booking is no failure: it is looked up at once, and not repeated', async () => {
  await using d = await desk()
  await d.mood({ refunds: 'broken' })
  const done = await d.run('eve', CHEAP)
  expect([done.code, JSON.parse(done.out)]).toEqual([0, DONE])
  expect(await d.booked()).toEqual({ refunds: 1, mail: 1 })
  expect((await d.skein('log', 'eve')).out).toMatch(/done +refund .*looked up: it was done, not sent again$/m)
  expect((await d.facts('eve', 'begun')).map((fact) => fact.attempt)).not.toContain(2)
})

it('the shop dies after booking: again, under the same key, is still one refund', async () => {
  await using d = await desk()
  await d.mood({ refunds: 'dying' })
  const parked = await d.run('fay', CHEAP)
  expect([parked.code, parked.err]).toEqual([4, expect.stringContaining('npx skein resolve fay/refund --again')])
  expect(parked.err).toContain('was refund done? looking it up failed')
  await d.reopenShop()
  expect((await d.skein('resolve', 'fay/refund', '--again')).code).toBe(0)
  const done = await d.run('fay')
  expect([done.code, JSON.parse(done.out)]).toEqual([0, DONE])
  expect(await d.booked()).toEqual({ refunds: 1, mail: 1 })
  expect((await d.skein('verify')).code).toBe(0)
})
