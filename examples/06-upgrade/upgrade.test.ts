/** A run in flight meets other code, through the real command line. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { project } from '../../test/e2e/project.ts'

const fileOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const [one, two, three, four] = ['order.ts', 'order-2.ts', 'order-3.ts', 'order-4.ts'].map(fileOf) as [
  string,
  string,
  string,
  string,
]
const linesOf = async (folder: string, name: string): Promise<string[]> =>
  (await readFile(join(folder, name), 'utf8').catch(() => '')).split('\n').filter(Boolean)

it('a call that was inserted is done late, the charge is not made again, and the rest is version 2', async () => {
  await using p = await project({})
  expect((await p.skein('run', one, '--id', 'o1', '--input', '{"customer":"ann"}')).code).toBe(3)
  const dry = await p.skein('upgrade', 'o1', two, '--dry-run')
  expect([dry.code, dry.out]).toEqual([
    0,
    expect.stringMatching(/^late insert[^]*new +tool note[^]*left over +charge: write, done/),
  ])
  expect((await p.skein('export', '--journals', 'prod.jsonl')).code).toBe(0)
  const checked = await p.skein('check', two, '--journals', 'prod.jsonl')
  expect([checked.code, checked.out]).toEqual([0, expect.stringMatching(/order +0 +1 +0 +0\n/)])
  expect((await p.skein('upgrade', 'o1', two)).code).toBe(0)
  expect((await p.skein('send', 'o1', '{"parcel":"P-7"}', '--topic', 'packed')).code).toBe(0)
  const done = await p.skein('run', two, '--id', 'o1')
  expect([done.code, JSON.parse(done.out)]).toEqual([0, { receipt: 'ann/1000', parcel: 'P-7', thanked: true }])
  expect(await linesOf(p.folder, 'bank.txt')).toEqual(['ann 1000'])
  expect(await linesOf(p.folder, 'book.txt')).toEqual(['order of ann', 'thank you, ann'])
  expect((await p.skein('log', 'o1')).out).toMatch(/adopted +version 2/)
})

it('masked journals tell the same, and nothing of ann', async () => {
  await using p = await project({})
  await p.skein('run', one, '--id', 'o1', '--input', '{"customer":"annabel lee"}')
  const exported = await p.skein('export', '--journals', 'masked.jsonl', '--mask')
  expect([exported.code, exported.out]).toEqual([0, '1 process written to masked.jsonl\n'])
  const text = (await linesOf(p.folder, 'masked.jsonl')).join()
  expect([text.includes('"pid":"o1"'), /annabel|lee/.test(text)]).toEqual([true, false])
  const checked = await p.skein('check', two, '--journals', 'masked.jsonl')
  expect([checked.code, checked.out]).toEqual([0, expect.stringMatching(/order +0 +1 +0 +0\n/)])
  expect((await p.skein('check', three, '--journals', 'masked.jsonl')).code).toBe(1)
})

it('code that is not where it was: nothing of its runs is given out, and check says so', async () => {
  const source = `import { workflow } from 'skein'
    export default workflow({ name: 'order' }, async (ctx) => ctx.receive({ topic: 'packed' }))`
  await using p = await project({ 'order.ts': source })
  expect((await p.skein('run', 'order.ts', '--id', 'o1', '--input', '{"customer":"annabel lee"}')).code).toBe(3)
  await writeFile(join(p.folder, 'order.ts'), source.replace("'order'", "'order', version: '9'"))
  const exported = await p.skein('export', '--journals', 'masked.jsonl', '--mask', '--json')
  expect([exported.code, JSON.parse(exported.out)]).toEqual([0, { file: 'masked.jsonl', processes: 1, unmaskable: 1 }])
  const checked = await p.skein('check', 'order.ts', '--journals', 'masked.jsonl')
  expect([checked.code, checked.out]).toEqual([0, expect.stringContaining('o1  not checked: ')])
})

it('another price: pinned, parked, and nobody pays twice before somebody has said so', async () => {
  await using p = await project({})
  await p.skein('run', one, '--id', 'o1', '--input', '{"customer":"ann"}')
  const parked = await p.skein('run', three, '--id', 'o1')
  expect([parked.code, parked.err]).toEqual([
    4,
    expect.stringContaining('AMBIGUOUS    charge: may have been done already'),
  ])
  await p.skein('export', '--journals', 'prod.jsonl')
  expect((await p.skein('check', three, '--journals', 'prod.jsonl')).code).toBe(1)
  expect((await p.skein('upgrade', 'o1', three)).code).toBe(4)
  expect(parked.err).toMatch(/it is pinned: npx skein upgrade o1.* moves it/)
  const asked = await p.skein('upgrade', 'o1', three, '--reuse', 'charge', '--json')
  expect([asked.code, JSON.parse(asked.out)]).toEqual([0, expect.objectContaining({ asked: true })])
  await p.skein('send', 'o1', '{"parcel":"P-7"}', '--topic', 'packed')
  const done = await p.skein('run', three, '--id', 'o1')
  // A worker beside this command may have moved it before it is looked at.
  expect(p.isShared || done.err.includes('its upgrade is asked for')).toBe(true)
  expect(done.err).not.toMatch(/pinned|AMBIGUOUS/)
  expect([done.code, JSON.parse(done.out)]).toEqual([0, { receipt: 'ann/1000', parcel: 'P-7' }])
  expect(await linesOf(p.folder, 'bank.txt')).toEqual(['ann 1000'])
  expect((await p.skein('log', 'o1')).out).toMatch(/adopted +version 3/)
})

it('many are moved at once: those that can be, after a look at whom it means; what cannot is said, and stays', async () => {
  await using p = await project({})
  for (const id of ['o1', 'o2']) await p.skein('run', one, '--id', id, '--input', `{"customer":"${id}"}`)
  const looked = await p.skein('upgrade', two, '--where', 'workflow=order')
  expect([looked.code, looked.out]).toEqual([0, expect.stringMatching(/^o1 [^]*^o2 [^]*2 in all; nothing was done/m)])
  expect((await p.skein('log', 'o1')).out).not.toMatch(/upgrade|adopted/)
  const stays = await p.skein('upgrade', three, '--where', 'workflow=order', '--yes')
  expect([stays.code, stays.out]).toEqual([1, expect.stringContaining('moves 0 of 2')])
  expect(stays.err).toMatch(/^error UPGRADE_AMBIGUOUS: o1: parked: 1 call .* npx skein upgrade o1 /m)
  const moved = await p.typed(/npx skein upgrade .*/.exec(looked.out)?.[0] ?? '')
  expect([moved.code, moved.out]).toEqual([0, expect.stringMatching(/^moves o1\nmoves o2\nmoves 2 of 2\n/)])
  await p.skein('send', 'o2', '{"parcel":"P-7"}', '--topic', 'packed')
  expect((await p.skein('run', two, '--id', 'o2')).code).toBe(0)
  expect((await p.skein('log', 'o2')).out).toMatch(/adopted +version 2/)
})

it('migrate has said it for every run: version 4 is adopted as it comes', async () => {
  await using p = await project({})
  await p.skein('run', one, '--id', 'o1', '--input', '{"customer":"ann"}')
  await p.skein('send', 'o1', '{"parcel":"P-7"}', '--topic', 'packed')
  const done = await p.skein('run', four, '--id', 'o1')
  expect([done.code, JSON.parse(done.out)]).toEqual([0, { receipt: 'ann/1000', parcel: 'P-7' }])
  expect(await linesOf(p.folder, 'bank.txt')).toEqual(['ann 1000'])
})
