/** Runs one life of a folder of the corpus. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const LIFE = fileURLToPath(new URL('life.ts', import.meta.url))

/** Something that was done at the far side. */
export type Deed = { readonly tool: string; readonly n: number; readonly key: string }
/** What a life says when it is over, or about to be killed. */
export type Told = {
  readonly done: readonly Deed[]
  readonly held: readonly string[]
  readonly looked: readonly string[]
  readonly values: Readonly<Record<string, unknown>>
  readonly problems: readonly unknown[]
}

/** Lives once; a life that only starts things is killed as soon as all of them hang. */
export async function live(
  definitions: string,
  folder: string,
  act: 'start' | 'rest' | 'finish' | 'whole',
): Promise<Told> {
  const env = { ...process.env, NODE_OPTIONS: '', SKEIN_TRIPWIRE: 'off' }
  const argv = ['--conditions=skein-source', '--no-warnings', LIFE, definitions, folder, act]
  const child = spawn(process.execPath, argv, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
    if (act === 'start' && out.endsWith('\n')) child.kill('SIGKILL')
  })
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0 && act !== 'start') throw new Error(`${act} ended with ${code}: ${err}${out}`)
  if (!out.endsWith('\n')) throw new Error(`${act} said nothing: ${err}`)
  return JSON.parse(out) as Told
}
