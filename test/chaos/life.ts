/** One life of the workload: a process that ends by itself, by its own hand at a commit, or by ours at a moment. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FatalCommit } from '../../src/testing/crash/fatal-commit.ts'

const WORKLOAD = fileURLToPath(new URL('workload.ts', import.meta.url))
const LIFE_MS_MAX = 20_000

/** How a life is to end, `afterMs` of its first touch of the folder; `{}` lets it live. */
export type Fate = { readonly commit?: FatalCommit; readonly afterMs?: number }

/** How it ended. `said` is what it printed when it came to its end. */
export type Life = {
  readonly wasKilled: boolean
  readonly said: { readonly result: unknown; readonly commits: number } | undefined
  /** From its first touch of the folder on. */
  readonly ms: number
}

/** Lives once. Rejects when it neither ended well nor was killed as planned. */
export async function live(
  about: { readonly socket: string; readonly run: string; readonly program: string; readonly folder: string },
  fate: Fate,
): Promise<Life> {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    NODE_OPTIONS: '',
    NODE_COMPILE_CACHE: join(tmpdir(), 'skein-chaos-compiled'),
    SKEIN_TRIPWIRE: 'off',
    CHAOS_SOCKET: about.socket,
    CHAOS_RUN: about.run,
    CHAOS_PROGRAM: about.program,
    CHAOS_FOLDER: about.folder,
    ...(fate.commit === undefined ? {} : { CHAOS_FATAL: JSON.stringify(fate.commit) }),
  }
  let begunAt = performance.now()
  let knife: NodeJS.Timeout | undefined
  const argv = ['--conditions=skein-source', '--no-warnings', WORKLOAD]
  const child = spawn(process.execPath, argv, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stdout.once('data', () => {
    begunAt = performance.now()
    if (fate.afterMs !== undefined) knife = setTimeout(() => child.kill('SIGKILL'), fate.afterMs)
  })
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  let hung = false
  const limit = setTimeout(() => {
    hung = true
    child.kill('SIGKILL')
  }, LIFE_MS_MAX)
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  clearTimeout(limit)
  clearTimeout(knife)
  const ms = performance.now() - begunAt
  if (hung) throw new Error(`stuck: it did not end within ${LIFE_MS_MAX} ms; ${err}`)
  if (signal === 'SIGKILL') return { wasKilled: true, said: undefined, ms }
  if (code !== 0) throw new Error(`it ended with ${code ?? signal}: ${err}`)
  return { wasKilled: false, said: JSON.parse(out.slice(out.indexOf('\n'))) as Life['said'], ms }
}
