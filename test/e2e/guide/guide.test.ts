/** The code of the guide does what the guide says. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'skein'
import { expect, it } from 'vitest'
import { until } from '../project.ts'
import { booked, journey } from './compensate.ts'
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

async function scratch(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'skein-guide-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
