/** Plays the three lives in a folder of their own, through the command line, and checks what they left. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
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

/** What came of it, in a sentence. Throws where anything is not as it must be. */
export async function live(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'skein-versions-'))
  try {
    for (const name of ['shop.ts', 'skein.config.ts']) cpSync(join(HERE, name), join(folder, name))
    symlinkSync(join(HERE, '../../node_modules'), join(folder, 'node_modules'))
    await liveUntil(folder, 'v1.ts', 'count 3')
    await liveUntil(folder, 'v2.ts', 'count 8')
    cpSync(join(HERE, 'v3.ts'), join(folder, 'keeper.ts'))
    const said = skein(folder, ...RUN)
    check(folder, said)
    return said.trim()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** One life under one version, ended by `kill -9` in the middle of a deed. */
async function liveUntil(folder: string, version: string, deed: string): Promise<void> {
  cpSync(join(HERE, version), join(folder, 'keeper.ts'))
  const env = { ...process.env, CI: '1', SLOW_SHELF: deed.split(' ')[1] }
  const child = spawn(process.execPath, [BIN, ...RUN], { cwd: folder, env, stdio: 'ignore' })
  const ended = once(child, 'close')
  const until = Date.now() + WAIT_MS_MAX
  while (!ledger(folder).includes(deed)) {
    assert(child.exitCode === null && Date.now() < until, `${version} never came to ${deed}`)
    await setTimeout(POLL_MS)
  }
  child.kill('SIGKILL')
  await ended
}

function check(folder: string, said: string): void {
  const deeds = ledger(folder)
  const of = (verb: string): readonly number[] =>
    deeds.flatMap((deed) => (deed.startsWith(`${verb} `) ? [Number(deed.split(' ')[1])] : []))
  // Every shelf was seen; only the one in hand when version 1 died was looked at again, in the same way.
  assert.deepEqual(of('count'), [1, 2, 3, 3, 4, 5, 6, 7, 8])
  assert.deepEqual(of('weigh'), range(8, SHELVES))
  assert.deepEqual([...new Set(of('price'))], range(4, SHELVES))
  // The tool that was gone in mid-call was an error that the model saw, and told of; the new model had the last word.
  assert.match(said, /second has seen all 12 shelves\. A tool was gone\./)
  const facts = skein(folder, 'log', 'keeper', '--json')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Fact)
  const states = facts.filter(({ type }) => type === 'snapshot').map(({ version }) => version)
  assert(states.includes('2') && states.at(-1) === '3', `snapshots by ${states.join(', ')}`)
  assert.equal(facts.filter(({ type, key = '' }) => type === 'settled' && key.endsWith('/migrate')).length, 1)
  assert(facts.some(({ key = '' }) => key.endsWith('/compact')))
  // What each version was shown can be said afterwards.
  const calls = facts.filter(({ type, key = '' }) => type === 'intended' && key.endsWith('/model'))
  const shownAt = (i: number): Shown =>
    (JSON.parse(skein(folder, 'show', `keeper/${calls.at(i)?.key}`, '--json')) as { shown: Shown }).shown
  const [first, last] = [shownAt(0), shownAt(-1)]
  assert.match(first.prompt ?? '', /^Count the shelves/)
  assert.match(last.prompt ?? '', /^Weigh the shelves/)
  assert.deepEqual(
    [first, last].map(({ tools = [] }) => tools.map(({ name }) => name)),
    [['count'], ['weigh', 'price']],
  )
  skein(folder, 'verify')
}

function skein(folder: string, ...args: readonly string[]): string {
  const env = { ...process.env, CI: '1', SLOW_SHELF: '' }
  const ran = spawnSync(process.execPath, [BIN, ...args], { cwd: folder, env, encoding: 'utf8' })
  assert.equal(ran.status, 0, `skein ${args.join(' ')}: ${ran.stdout}${ran.stderr}`)
  return ran.stdout
}

function ledger(folder: string): readonly string[] {
  const file = join(folder, 'ledger')
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}
