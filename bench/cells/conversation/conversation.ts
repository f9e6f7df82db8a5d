/**
 * A conversation of 500 steps under a context budget: bytes per step, the longest prompt by the provider's own meter,
 * and, after `kill -9` at step 499, the time from `kernel.run` to the next decide. Then a conversation of 200,000 tokens
 * without a budget: the size of its folder.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { bytesPerStep, folderBytes } from './folder-size.ts'
import { cell, cellArguments, quantile } from '../cell.ts'
import { largeConversation } from './large.ts'

const LIFE = fileURLToPath(new URL('life.ts', import.meta.url))
const STEPS = 499
const STRETCH = 50
const MB = 1e6

type Figures = { readonly ms?: number; readonly fromOpenMs: number; readonly meterMax: number }

const { resumptions } = cellArguments({ resumptions: 15 })
await cell(async (root) => {
  const folder = join(root, 'long')
  const { meterMax } = await liveAndDie(['run', folder, String(STEPS)])
  // The first stretch holds the start of the conversation, the last one is not full.
  const full = bytesPerStep(folder, STRETCH).slice(1, -1)
  const resumed: Figures[] = []
  for (let i = 0; i < resumptions; i++) {
    const copy = join(root, `copy-${i}`)
    cpSync(folder, copy, { recursive: true, filter: (path) => !path.endsWith('.sock') })
    resumed.push(await liveAndDie(['resume', copy]))
    rmSync(copy, { recursive: true })
  }
  const decide = resumed.map(({ ms }) => ms ?? Number.NaN)
  const toModel = resumed.map(({ fromOpenMs }) => fromOpenMs)
  return {
    promptTokensMax: meterMax,
    bytesPerStepLeast: Math.min(...full),
    bytesPerStepMost: Math.max(...full),
    bytesPerStepGrowth: mean(full.slice(-full.length / 2)) / mean(full.slice(0, full.length / 2)),
    folderMb: folderBytes(folder) / MB,
    resumeMedianMs: quantile(decide, 0.5),
    resumeMaxMs: Math.max(...decide),
    resumeFromOpenMedianMs: quantile(toModel, 0.5),
    resumeFromOpenMaxMs: Math.max(...toModel),
    ...(await largeConversation(join(root, 'large'))),
  }
})

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Lives until it has said its figures, and is killed with `kill -9`. */
async function liveAndDie(args: readonly string[]): Promise<Figures> {
  const argv = ['--conditions=skein-source', '--no-warnings', LIFE, ...args]
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  for await (const line of createInterface({ input: child.stdout })) {
    child.kill('SIGKILL')
    await closed
    return JSON.parse(line) as Figures
  }
  throw new Error(`the conversation ended early: ${args.join(' ')}`)
}
