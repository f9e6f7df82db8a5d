/** The drill: what a run was given, did and gave is nowhere in the folder after it was erased, beside a live owner and without one. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { project, until } from './project.ts'

const MARKER = 'Amaranth'
/** How long a cancel is waited for where somebody runs the folder. */
const CANCEL_WAIT_MS = 60_000

/** A run with a child, a message, a blob in a file, a failed child, and what is left unread; and one that waits. */
const FLOW = `
import { workflow } from 'skein'
const child = workflow({ name: 'child' }, async (ctx, input) => {
  const letter = await ctx.receive({ topic: 'letter' })
  return [input, letter.body, await ctx.step('big', () => input.repeat(200_000), { effect: 'read' })]
})
const failing = workflow({ name: 'failing' }, (ctx, input) => { throw new Error(input) })
export default workflow({ name: 'flow' }, async (ctx, input) => {
  const other = await ctx.spawn(child, input)
  await ctx.send(other.pid, { said: input }, { topic: 'letter' })
  await ctx.send(other.pid, { unread: input }, { topic: 'never' })
  const failed = await ctx.run(failing, input).catch((error) => error.message)
  ctx.log('live: ' + input)
  return [failed, await other.result(), await ctx.step('noted', () => input)]
})
export const waiting = workflow({ name: 'waiting' }, (ctx, input) => ctx.promise(input.slice(0, 3)))
`

/** Files under a folder that hold the marker. */
function holding(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(MARKER))
}

it('an erased run leaves no byte of its payloads, and its journal verifies', async () => {
  await using p = await project({ 'flow.mjs': FLOW, 'wait.mjs': FLOW })
  const data = join(p.folder, '.skein')
  const kept = `${MARKER.toLowerCase()}-kept`
  expect(
    await p.skein('run', 'flow.mjs', '--export', 'default', '--id', 'a1', '--input', JSON.stringify(MARKER)),
  ).toMatchObject({ code: 0 })
  expect(
    await p.skein('run', 'flow.mjs', '--export', 'default', '--id', 'a2', '--input', JSON.stringify(kept)),
  ).toMatchObject({ code: 0 })
  expect(holding(data).length).toBeGreaterThan(1)
  expect(holding(data)).toContain(join(data, 'streams', 'said.db'))
  // A live owner: the verb acts through it.
  expect(await p.skein('run', 'flow.mjs', '--export', 'waiting', '--id', 'w1', '--input', '"waits"')).toMatchObject({
    code: 3,
  })
  const owner = p.start('up', 'wait.mjs')
  await until(() => existsSync(join(data, 'control.sock')), 'the owner')
  expect(await p.skein('erase', 'w1')).toMatchObject({ code: 2, err: expect.stringContaining('PROCESS_NOT_ENDED') })
  {
    // Who has read before the removal would find it in the log.
    using reader = new DatabaseSync(join(data, 'streams', 'said.db'), { readOnly: true })
    reader.exec('begin; select * from said')
    expect(await p.skein('erase', 'a1')).toMatchObject({ code: 1, err: expect.stringContaining('STREAM_NOT_REMOVED') })
    expect((await p.skein('log', 'a1', '--json')).out).not.toContain('"erased"')
  }
  expect(await p.skein('erase', 'a1', '--by', 'ann')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^erased a1: \d+ payloads of 3 processes/),
  })
  expect(holding(data)).toEqual([])
  owner.child.kill('SIGTERM')
  await owner.ended
  expect(holding(data)).toEqual([])
  expect((await p.skein('verify')).out).toContain('verified')
  expect((await p.skein('log', 'a1')).out).toContain('by ann')
  // The same id is the same run: it is not run anew in silence, and its neighbour is whole.
  expect(await p.skein('run', 'flow.mjs', '--export', 'default', '--id', 'a1')).toMatchObject({
    code: 1,
    err: expect.stringContaining('RUN_ERASED'),
  })
  const neighbour = await p.skein('run', 'flow.mjs', '--export', 'default', '--id', 'a2')
  expect(neighbour.out).toContain(kept)
  // Nobody is there who could hear the cancel: it is not waited for.
  const asked = performance.now()
  expect(await p.skein('erase', 'w1', '--cancel')).toMatchObject({
    code: 2,
    err: expect.stringContaining('is heard when somebody runs it'),
  })
  expect(performance.now() - asked).toBeLessThan(CANCEL_WAIT_MS / 2)
  // What was said live is no evidence: where it is damaged, its owner throws it away, and the erasure goes on.
  writeFileSync(join(data, 'streams', 'said.db'), `damaged: ${MARKER}`)
  expect(await p.skein('run', 'flow.mjs', '--export', 'default', '--id', 'a4', '--input', '"plain"')).toMatchObject({
    code: 0,
  })
  writeFileSync(join(data, 'streams', 'said.db'), `damaged: ${MARKER}`)
  expect(await p.skein('erase', 'a4')).toMatchObject({ code: 0 })
  expect(holding(data)).toEqual([])
  // A fork has a copy of what it shares, and whoever erases must know.
  await p.skein('fork', 'a2', '--id', 'a3')
  expect(await p.skein('erase', 'a2/noted')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/NOT erased: its forks .*: a3$/m),
  })
  expect((await p.skein('show', 'a2')).code).toBe(0)
})
