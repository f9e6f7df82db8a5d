/** The code of the guide does what the guide says. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open, tool, workflow } from 'skein'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { until } from '../project.ts'
import { booked, journey } from './compensate.ts'
import { encyclopedia, wiki } from './http.ts'
import { show } from './live.ts'
import { farm, premiere } from './pending.ts'

it('guide, pending: a webhook that knows the token only settles the effect, over a restart of the server', async () => {
  await using folder = await scratch()
  await using first = await open({ data: folder.path, workflows: [premiere] })
  const { id } = await first.start(premiere, { film: 'tides' })
  await until(async () => (await first.inspect(id))?.waits[0]?.on.kind === 'pending', 'the wait')
  await first[Symbol.asyncDispose]()

  await using skein = await open({ data: folder.path, workflows: [premiere] })
  const [token = ''] = farm.jobs.keys()
  expect(await skein.settle(token, { done: { url: 'https://films/tides' } })).toBe('queued')
  expect(await skein.settle(token, { done: { url: 'https://films/tides' } })).toBe('duplicate')
  expect(await skein.result(id)).toEqual({ url: 'https://films/tides' })
})

it('guide, compensate: a journey that fails books nothing', async () => {
  await using folder = await scratch()
  await using skein = await open({ data: folder.path, workflows: [journey] })
  await expect(skein.run(journey, { visa: false })).rejects.toThrow('no visa')
  expect([...booked]).toEqual([])
  expect(await skein.run(journey, { visa: true })).toBe('bon voyage')
  expect([...booked]).toEqual(['flight', 'hotel'])
})

it('guide, live: a reader that comes back goes on where it was', async () => {
  await using folder = await scratch()
  const teller = tool({
    name: 'teller',
    inputSchema: z.object({}),
    effect: 'read',
    async *execute() {
      yield 'Once'
      yield 'upon a time'
    },
  })
  const tale = workflow({ name: 'tale' }, (ctx) => ctx.tool(teller, {}))
  await using skein = await open({ data: folder.path, workflows: [tale] })
  const { id } = await skein.start(tale)
  const drawn: string[] = []
  const next = await show(skein, id, 0, (said) => drawn.push(said))
  expect(drawn.join('')).toBe('Onceupon a time')
  expect(await show(skein, id, next, (said) => drawn.push(said))).toBe(next)
})

it('guide, http: what is not on the list is refused before anything is sent', async () => {
  for (const reading of [encyclopedia, wiki]) {
    expect(reading.effect).toBe('read')
    const asked = reading.execute({ url: 'https://elsewhere.example/' }, { toolCallId: 'c', messages: [] })
    await expect(asked).rejects.toMatchObject({ code: 'HTTP_REFUSED' })
  }
})

async function scratch(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'skein-guide-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
