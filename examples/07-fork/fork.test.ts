/** One past, several futures: what is shared is not done again, what differs is seen, and the mail goes out once. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { project } from '../../test/e2e/project.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

/** A model that does as its instructions and the order say; every call of it leaves a line in the ledger. */
const CONFIG = `
import { appendFileSync } from 'node:fs'
import { scriptedModel } from ${JSON.stringify(import.meta.resolve('skein/testing'))}
const desk = scriptedModel(({ options, turn }) => {
  const told = JSON.stringify(options.prompt)
  appendFileSync('ledger', 'model\\n')
  if (turn === 0) return { calls: [{ tool: 'order', input: { id: 7 } }] }
  const refunds = told.includes('generous') && told.includes('"days":21')
  const text = refunds ? 'You are refunded.' : 'Please wait some more days.'
  return turn === 1 ? { calls: [{ tool: 'mail', input: { text } }] } : text
})
export default { models: { aliases: { desk } } }
`

type Diff = { readonly effects: readonly { readonly key: string; readonly verdict: string }[] }

it('goes on from the middle of a run with other instructions or another answer, and shows what is different', async () => {
  await using p = await project({ 'skein.config.mjs': CONFIG }, { SKEIN_MODEL: 'desk' })
  const outbox = (): string => {
    const file = join(p.folder, 'outbox.txt')
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }
  const first = await p.skein('run', MAIN, '--id', 'a1', '--input', '"The parcel of order 7 never came."')
  expect([first.code, first.out]).toEqual([0, expect.stringContaining('You are refunded.')])
  expect([outbox(), p.ledger().length]).toEqual(['You are refunded.\n', 3])

  const strict = await p.skein('fork', 'a1@order', '--instructions', 'Be strict.', '--id', 'strict', '--writes', 'stub')
  expect([strict.code, strict.out]).toEqual([0, expect.stringContaining('Please wait')])
  expect(p.ledger().length, 'the first step is shared').toBe(5)

  const late = await p.skein('fork', 'a1', '--answer', 'order={"days":2}', '--id', 'late', '--writes', 'stub')
  expect([late.code, late.out]).toEqual([0, expect.stringContaining('Please wait')])

  const refused = await p.skein('fork', 'a1@order', '--id', 'refused', '--json')
  expect(refused.out).toContain('"status":"done"')
  expect((await p.skein('log', 'refused')).out).toContain('WRITE_IN_FORK')
  expect(outbox(), 'no fork has sent a mail').toBe('You are refunded.\n')

  const { effects } = JSON.parse((await p.skein('diff', 'a1', 'late', '--json')).out) as Diff
  expect(Object.fromEntries(effects.map(({ key, verdict }) => [key, verdict]))).toMatchObject({
    'r1/model': 'same',
    'r1/tool/0': 'other outcome',
    'r2/model': 'other arguments',
  })
  expect((await p.skein('show', 'strict')).out).toContain('fork of a1@')
  expect((await p.skein('verify')).code).toBe(0)
})
