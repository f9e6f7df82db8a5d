/**
 * From `kill -9` to the end: runs of ten steps, killed when a share of the steps is done, then started again by the same
 * program from a compiled package. Measured from the spawn of the second process until every run has its value.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { cell, cellArguments } from '../cell.ts'
import { installBeside } from '../installed.ts'

const { runs, steps, killAfter } = cellArguments({ runs: 500, steps: 10, killAfter: 2000 })
type Said = {
  readonly startedAt: number
  readonly openedAt: number
  readonly finishedAt: number
  readonly done: number
  readonly sum: number
}

await cell(async (folder) => {
  const program = installBeside(folder, new URL('program.ts', import.meta.url))
  const start = (kill: number) =>
    spawn(process.execPath, [program, join(folder, 'data'), String(runs), String(steps), String(kill)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    })
  const first = start(killAfter)
  const [, signal] = (await once(first, 'close')) as [unknown, string | null]
  assert.equal(signal, 'SIGKILL', 'the first process dies in the middle')
  const spawnedAt = performance.now()
  const second = start(0)
  const closed = once(second, 'close')
  let said: Said | undefined
  let finishedMs = 0
  for await (const line of createInterface({ input: second.stdout })) {
    finishedMs = performance.now() - spawnedAt
    said = JSON.parse(line) as Said
  }
  await closed
  assert(said !== undefined)
  assert.equal(said.sum, (runs * steps * (steps - 1)) / 2, 'every run has its value')
  const repeated = said.done - (runs * steps - killAfter)
  assert(repeated >= 0 && repeated <= runs, 'what was done is not done again')
  return {
    finishedMs,
    loadMs: said.startedAt,
    openMs: said.openedAt - said.startedAt,
    runMs: said.finishedAt - said.openedAt,
    stepsRepeated: repeated,
  }
})
