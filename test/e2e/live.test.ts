/** What a run says live stays readable when its host is killed, and goes on in the same stream. */
import { expect, it } from 'vitest'
import { TALKER } from './definitions.ts'
import { project } from './project.ts'

it('skein log --live: the stream of a run that was killed, from the beginning and from an offset', async () => {
  await using p = await project({ 'talker.ts': TALKER })
  const { child, ended } = p.start('run', 'talker.ts', '--id', 't1')
  await p.ledgerHas(3)
  child.kill('SIGKILL')
  await ended
  const before = await readLive(p, '0')
  expect(before.length).toBeGreaterThanOrEqual(1)
  expect(before.map(({ offset }) => offset)).toEqual(before.map((_, i) => i))
  expect((await p.skein('run', 'talker.ts', '--id', 't1')).out).toBe('said\n')
  const after = await readLive(p, '0')
  expect(after.slice(0, before.length)).toEqual(before)
  expect(after.map(({ offset }) => offset)).toEqual(after.map((_, i) => i))
  const repeated = p.ledger().filter((line) => line.endsWith(' 2'))
  expect(after.filter(({ type }) => type === 'again')).toMatchObject(
    repeated.map(() => ({ effect: 'work', attempt: 2 })),
  )
  // For people, each is called what skein log calls it.
  const nth = (n: number): string => (n === 0 ? 'work' : `work#${n + 1}`)
  const named = [...(await p.skein('log', 't1', '--live')).out.matchAll(/\((work\S*) begins again/g)]
  expect(named.map(([, name]) => name)).toEqual(repeated.map((line) => nth(Number(line.split(' ')[1]))))
  expect(after.at(-1)).toMatchObject({ type: 'ended', how: 'ok' })
  expect(await readLive(p, String(before.length))).toEqual(after.slice(before.length))
})

type Line = { readonly offset: number; readonly type: string }

async function readLive(
  p: { skein(...args: string[]): Promise<{ readonly out: string }> },
  from: string,
): Promise<Line[]> {
  const { out } = await p.skein('log', 't1', '--live', '--from', from, '--json')
  return out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line)
}
