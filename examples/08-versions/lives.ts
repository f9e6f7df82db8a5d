/** Plays the three lives in a folder of their own, through the command line, and checks what they left. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { SHELVES } from './shop.ts'

const HERE = dirname(fileURLToPath(import.meta.url))
const BIN = join(HERE, '../../bin/skein.mjs')
const RUN = ['run', 'keeper.ts', '--id', 'keeper', '--input', '"Look at all shelves."']
const POLL_MS = 15
const WAIT_MS_MAX = 60_000

type Shown = { readonly prompt?: string; readonly tools?: readonly { readonly name: string }[] }
type Fact = { readonly type: string; readonly key?: string; readonly version?: string }

type Ran = { readonly code: number | null; readonly out: string; readonly err: string }

/** Where the lives are played: a folder, and the command line in it, which is slow at one shelf. */
export type Stage = {
  readonly folder: string
  readonly start: (
    args: readonly string[],
    slowShelf: string,
  ) => { readonly kill: () => void; readonly ended: Promise<Ran> }
}

/** What came of it, in a sentence. Throws where anything is not as it must be. */
export async function live(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'skein-versions-'))
  try {
    return await liveOn({
      folder,
      start(args, slowShelf) {
        const env = { ...process.env, CI: '1', SLOW_SHELF: slowShelf }
        const child = spawn(process.execPath, [BIN, ...args], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
        const code = new Promise<number | null>((resolve) => child.on('close', resolve))
        const said = Promise.all([code, text(child.stdout), text(child.stderr)])
        return {
          kill: () => child.kill('SIGKILL'),
          ended: said.then(([ended, out, err]) => ({ code: ended, out, err })),
        }
      },
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The same on a stage of somebody else. */
export async function liveOn(stage: Stage): Promise<string> {
  const { folder } = stage
  for (const name of ['shop.ts', 'skein.config.ts']) cpSync(join(HERE, name), join(folder, name))
  symlinkSync(join(HERE, '../../node_modules'), join(folder, 'node_modules'))
  await liveUntil(stage, 'v1.ts', 'count 3')
  await liveUntil(stage, 'v2.ts', 'count 8')
  cpSync(join(HERE, 'v3.ts'), join(folder, 'keeper.ts'))
  const said = await skein(stage, ...RUN)
  await check(stage, said)
  return said.trim()
}

/** One life under one version, ended by `kill -9` in the middle of a deed. */
async function liveUntil({ folder, start }: Stage, version: string, deed: string): Promise<void> {
  cpSync(join(HERE, version), join(folder, 'keeper.ts'))
  const { kill, ended } = start(RUN, deed.split(' ')[1] ?? '')
  let isOver = false
  void ended.then(() => (isOver = true))
  const until = Date.now() + WAIT_MS_MAX
  while (!ledger(folder).includes(deed)) {
    assert(!isOver && Date.now() < until, `${version} never came to ${deed}`)
    await setTimeout(POLL_MS)
  }
  kill()
  await ended
}

async function check(stage: Stage, said: string): Promise<void> {
  const { folder } = stage
  const deeds = ledger(folder)
  const of = (verb: string): readonly number[] =>
    deeds.flatMap((deed) => (deed.startsWith(`${verb} `) ? [Number(deed.split(' ')[1])] : []))
  // Every shelf was seen; only the one in hand when version 1 died was looked at again, in the same way.
  assert.deepEqual(of('count'), [1, 2, 3, 3, 4, 5, 6, 7, 8])
  assert.deepEqual(of('weigh'), range(8, SHELVES))
  assert.deepEqual([...new Set(of('price'))], range(4, SHELVES))
  // The tool that was gone in mid-call was an error that the model saw, and told of; the new model had the last word.
  assert.match(said, /second has seen all 12 shelves\. A tool was gone\./)
  const facts = (await skein(stage, 'log', 'keeper', '--json'))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Fact)
  const states = facts.filter(({ type }) => type === 'snapshot').map(({ version }) => version)
  assert(states.includes('2') && states.at(-1) === '3', `snapshots by ${states.join(', ')}`)
  assert.equal(facts.filter(({ type, key = '' }) => type === 'settled' && key.endsWith('/migrate')).length, 1)
  assert(facts.some(({ key = '' }) => key.endsWith('/compact')))
  // What each version was shown can be said afterwards.
  const calls = facts.filter(({ type, key = '' }) => type === 'intended' && key.endsWith('/model'))
  const shownAt = async (i: number): Promise<Shown> =>
    (JSON.parse(await skein(stage, 'show', `keeper/${calls.at(i)?.key}`, '--json')) as { shown: Shown }).shown
  const [first, last] = [await shownAt(0), await shownAt(-1)]
  assert.match(first.prompt ?? '', /^Count the shelves/)
  assert.match(last.prompt ?? '', /^Weigh the shelves/)
  assert.deepEqual(
    [first, last].map(({ tools = [] }) => tools.map(({ name }) => name)),
    [['count'], ['weigh', 'price']],
  )
  await skein(stage, 'verify')
}

async function skein({ start }: Stage, ...args: readonly string[]): Promise<string> {
  const { code, out, err } = await start(args, '').ended
  assert.equal(code, 0, `skein ${args.join(' ')}: ${out}${err}`)
  return out
}

function ledger(folder: string): readonly string[] {
  const file = join(folder, 'ledger')
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}
