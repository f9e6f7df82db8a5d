/**
 * Waiting processes: lays them down in one process, looks at the folder, and wakes some of them in another one.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { open } from 'skein'
import type { Skein } from 'skein'
import { folderBytes } from '../conversation/folder-size.ts'
import { cell, cellArguments } from '../cell.ts'
import { waiter } from './waiter.ts'

const { processes, on, wakes, perSecond } = cellArguments({
  processes: 10_000,
  on: 'message',
  wakes: 1000,
  perSecond: 100,
})
const STARTS_AT_ONCE = 500
const LOOK_EVERY_MS = 500

await cell(async (folder) => {
  const data = join(folder, 'data')
  const startedAt = performance.now()
  {
    await using skein = await open({ data, workflows: [waiter] })
    let next = 0
    const lane = async (): Promise<void> => {
      while (next < processes) await skein.start(waiter, on, { id: `w${next++}` })
    }
    await Promise.all(Array.from({ length: STARTS_AT_ONCE }, lane))
    while (await hasBusy(skein)) await pause(LOOK_EVERY_MS)
  }
  const layDownSeconds = (performance.now() - startedAt) / 1000
  const diskBytesPerProcess = folderBytes(data) / processes
  return { layDownSeconds, diskBytesPerProcess, ...(await wake(data)) }
})

async function hasBusy(skein: Skein): Promise<boolean> {
  for await (const _ of skein.list({ status: ['running', 'ready'], limit: 1 })) return true
  return false
}

async function wake(data: string): Promise<Record<string, number>> {
  const script = fileURLToPath(new URL('wake.ts', import.meta.url))
  const argv = ['--data', data, '--processes', processes, '--wakes', wakes, '--perSecond', perSecond].map(String)
  const child = spawn(process.execPath, [...process.execArgv, script, ...argv], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  const said = await text(child.stdout)
  assert.deepEqual(await closed, [0, null])
  return JSON.parse(said) as Record<string, number>
}
