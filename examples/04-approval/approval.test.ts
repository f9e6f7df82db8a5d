/** The approval outlives the process that asked for it. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { project, until } from '../../test/e2e/project.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const RUN = ['run', MAIN, '--id', 'a1'] as const
const ASK = [...RUN, '--input', '{"topic":"tides"}'] as const
const PUBLISHED = /^a1\/\S+ \[offline stand-in, no model\] One sentence about tides\.\n$/

const feedOf = (folder: string): Promise<string> => readFile(join(folder, 'feed.txt'), 'utf8').catch(() => '')

it('asks, is stopped, is answered, goes on, and publishes once', async () => {
  await using p = await project({})
  const asking = await p.skein(...ASK)
  expect([asking.code, asking.err]).toEqual([3, expect.stringContaining('npx skein approve a1/publish')])
  expect((await p.skein('inbox')).out).toMatch(/^a1\/publish {2}publish \{"topic":"tides".*approval/)
  expect(await feedOf(p.folder)).toBe('')
  expect((await p.skein('approve', 'a1/publish', '--by', 'ann')).code).toBe(0)
  const again = await p.skein('approve', 'a1/publish', '--by', 'bob')
  expect([again.code, again.err]).toEqual([2, expect.stringMatching(/^error NOT_WAITING: .*ann/)])
  const done = await p.skein(...RUN)
  expect([done.code, JSON.parse(done.out)]).toEqual([
    0,
    { published: '[offline stand-in, no model] One sentence about tides.' },
  ])
  expect(await feedOf(p.folder)).toMatch(PUBLISHED)
  const late = await p.skein('approve', 'a1/publish')
  expect([late.code, late.err]).toEqual([2, expect.stringMatching(/^error NOT_WAITING: .*answered by ann/)])
  expect((await p.skein(...RUN)).out).toBe(done.out)
  expect(await feedOf(p.folder)).toMatch(PUBLISHED)
})

it('keeps the question when it is killed as soon as it has asked', async () => {
  await using p = await project({})
  const { child, ended } = p.start(...ASK)
  await until(async () => (await p.skein('inbox')).out.startsWith('a1/publish'), 'the question')
  child.kill('SIGKILL')
  await ended
  expect((await p.skein('approve', 'a1/publish')).code).toBe(0)
  expect((await p.skein(...RUN)).code).toBe(0)
  expect(await feedOf(p.folder)).toMatch(PUBLISHED)
})

it('publishes nothing when it is denied', async () => {
  await using p = await project({})
  await p.skein(...ASK)
  expect((await p.skein('deny', 'a1/publish', '--reason', 'too wet', '--by', 'ann')).code).toBe(0)
  const denied = await p.skein(...RUN)
  expect([denied.code, denied.err]).toEqual([1, expect.stringContaining('APPROVAL_DENIED: denied by ann: too wet')])
  const late = await p.skein('approve', 'a1/publish')
  expect([late.code, late.err]).toEqual([2, expect.stringMatching(/^error NOT_WAITING: /)])
  expect(await feedOf(p.folder)).toBe('')
})
