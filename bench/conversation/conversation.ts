/**
 * A conversation of 500 steps under a context budget: bytes per step, the longest prompt by the provider's own meter,
 * and, after `kill -9` at step 499, the time from `kernel.run` to the next decide. Then a conversation of 200,000 tokens
 * without a budget: the size of its folder.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { bytesPerStep, folderBytes } from './folder-size.ts'
import { CONTEXT_TOKENS } from './long-agent.ts'
import { largeConversation } from './large.ts'

const LIFE = fileURLToPath(new URL('life.ts', import.meta.url))
const STEPS = 499
const STRETCH = 50
const MB = 1e6

type Figures = { readonly ms?: number; readonly fromOpenMs: number; readonly meterMax: number }

/** The figures; `rounds` × 5 resumptions. */
export async function conversation({ rounds }: { readonly rounds: number }): Promise<Record<string, string>> {
  const root = mkdtempSync(join(tmpdir(), 'skein-bench-'))
  try {
    const folder = join(root, 'long')
    const { meterMax } = await liveAndDie(['run', folder, String(STEPS)])
    const curve = bytesPerStep(folder, STRETCH)
    const resumed: Figures[] = []
    for (let i = 0; i < rounds * 5; i++) {
      const copy = join(root, `copy-${i}`)
      cpSync(folder, copy, { recursive: true, filter: (path) => !path.endsWith('.sock') })
      resumed.push(await liveAndDie(['resume', copy]))
      rmSync(copy, { recursive: true })
    }
    const large = await largeConversation(join(root, 'large'))
    return {
      'steps, killed at the last': String(STEPS),
      'context.tokensMax': String(CONTEXT_TOKENS),
      'longest prompt, tokens by the provider’s meter': String(meterMax),
      [`bytes per step, by ${STRETCH} steps`]: curve.join(' '),
      'data folder MB (with its log)': (folderBytes(folder) / MB).toFixed(2),
      'resume at step 499, kernel.run to next decide, ms': medianAndWorst(resumed.map(({ ms }) => ms ?? Number.NaN)),
      'the same from opening the folder to the model call, ms': medianAndWorst(
        resumed.map(({ fromOpenMs }) => fromOpenMs),
      ),
      ...large,
    }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
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

function medianAndWorst(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b)
  return `median ${sorted[Math.floor(sorted.length / 2)]?.toFixed(1)}, worst ${sorted.at(-1)?.toFixed(1)} of ${sorted.length}`
}
