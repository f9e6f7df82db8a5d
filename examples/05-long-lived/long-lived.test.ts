/** A clerk who is killed between letters and during them answers every letter once. */
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { project, until } from '../../test/e2e/project.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const RUN = ['run', MAIN, '--id', 'clerk'] as const

/** A model that thinks for as long as the file `hold` names the letter, so that there is time to write to it and to kill it. */
const CONFIG = `
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { scriptedModel } from ${JSON.stringify(import.meta.resolve('skein/testing'))}
const isHeld = (text) => existsSync('hold') && text.startsWith(readFileSync('hold', 'utf8'))
const thinking = scriptedModel(async ({ options }) => {
  const [{ text }] = options.prompt.at(-1).content
  appendFileSync('ledger', text + '\\n')
  while (isHeld(text)) await new Promise((resolve) => setTimeout(resolve, 10))
  return 'Thank you for: ' + text
})
export default { models: { aliases: { thinking } } }
`

/** A clerk's office. */
async function office() {
  const p = await project({ 'skein.config.mjs': CONFIG }, { SKEIN_MODEL: 'thinking' })
  const posted = async (): Promise<readonly string[]> => {
    const outbox = await readFile(join(p.folder, 'outbox.txt'), 'utf8').catch(() => '')
    return outbox
      .split('\n')
      .filter(Boolean)
      .map((line) => line.slice(line.indexOf(' to ') + 1))
  }
  return {
    ...p,
    posted,
    write: (from: string, text: string, ...flags: string[]) =>
      p.skein('send', 'clerk', '--topic', 'letter', JSON.stringify({ from, text }), ...flags),
    /** The model does not answer letters of `who`, until it is told to hold those of somebody else. */
    hold: async (who: string) => {
      await writeFile(join(p.folder, 'holding'), who)
      await rename(join(p.folder, 'holding'), join(p.folder, 'hold'))
    },
    close: () => p.skein('send', 'clerk', '--topic', 'close', '{}'),
    [Symbol.asyncDispose]: () => p[Symbol.asyncDispose](),
  }
}

const answerTo = (from: string, text: string): string => `to ${from}: Thank you for: ${from} writes: ${text}`

it('answers each letter once, whether it comes while somebody runs it or not, and knows everybody at the end', async () => {
  await using o = await office()
  const born = await o.skein(...RUN, '--input', '{"letters":0,"people":[]}')
  expect([born.code, born.err]).toEqual([3, expect.stringContaining('npx skein send clerk --topic letter')])
  const written = (await o.write('ann', 'one')).out
  expect(o.isShared || written.includes('nobody runs this data folder now')).toBe(true)
  expect((await o.write('ann', 'one too', '--id', 'm2')).code).toBe(0)
  expect((await o.write('ann', 'one too', '--id', 'm2')).out).toContain('it was there already')
  await o.hold('ann')
  const running = o.start(...RUN)
  await o.ledgerHas(1)
  const beside = await o.write('bob', 'three')
  expect([beside.code, beside.out]).toEqual([0, expect.not.stringContaining('nobody runs')])
  await o.hold('nobody')
  expect((await running.ended).code).toBe(3)
  expect(await o.posted()).toEqual([answerTo('ann', 'one'), answerTo('ann', 'one too'), answerTo('bob', 'three')])
  await o.close()
  const closed = await o.skein(...RUN)
  expect([closed.code, JSON.parse(closed.out)]).toEqual([0, { letters: 3, people: ['ann', 'bob'] }])
  const late = await o.write('cid', 'too late')
  expect([late.code, late.err]).toEqual([2, expect.stringMatching(/^error PROCESS_ENDED: /)])
})

it('is killed between letters and during them, and loses and repeats none', async () => {
  await using o = await office()
  await o.skein(...RUN, '--input', '{"letters":0,"people":[]}')
  for (const n of [1, 2, 3]) await o.write(`p${n}`, 'hello')

  await o.hold('p2')
  const first = o.start(...RUN)
  await o.ledgerHas(2)
  first.child.kill('SIGKILL')
  await first.ended
  expect((await o.posted()).length).toBe(1)

  await o.hold('p3')
  const second = o.start(...RUN)
  await until(async () => (await o.posted()).length >= 2, 'the second answer')
  second.child.kill('SIGKILL')
  await second.ended

  await o.hold('nobody')
  await o.write('p1', 'me again')
  expect((await o.skein(...RUN)).code).toBe(3)
  expect(await o.posted()).toEqual([...[1, 2, 3].map((n) => answerTo(`p${n}`, 'hello')), answerTo('p1', 'me again')])
  await o.close()
  const closed = await o.skein(...RUN)
  expect([closed.code, JSON.parse(closed.out)]).toEqual([0, { letters: 4, people: ['p1', 'p2', 'p3'] }])
  expect((await o.skein('verify')).code).toBe(0)
})
