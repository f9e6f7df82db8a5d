/**
 * `npm run profile -- <bench> [variant] [--heap] [arguments of the cell]`: runs one cell under the sampling profiler, prints where the
 * time (with `--heap`: the memory that was allocated and is still there) went, and writes a flame graph.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BENCHES } from '../benches.ts'
import { BadArguments } from '../harness/arguments.ts'
import { profileAsked, profileUsage, type ProfileAsked } from './asked.ts'
import { flameGraph } from './flame-graph.ts'
import { readCpuProfile, readHeapProfile } from './profile-tree.ts'
import { shares } from './shares.ts'

const FUNCTIONS_SHOWN = 40

function askedOrExit(): ProfileAsked {
  try {
    return profileAsked(process.argv.slice(2), BENCHES)
  } catch (error) {
    if (!(error instanceof BadArguments)) throw error
    console.error(`${error.message}\n${profileUsage(BENCHES)}`)
    return process.exit(2)
  }
}

const { bench, variant, script, isHeap, args } = askedOrExit()
const folder = mkdtempSync(join(tmpdir(), `skein-profile-${bench}-`))
const profiler = isHeap ? ['--heap-prof', `--heap-prof-dir=${folder}`] : ['--cpu-prof', `--cpu-prof-dir=${folder}`]
const ran = spawnSync(
  process.execPath,
  ['--expose-gc', '--conditions=skein-source', ...profiler, join(import.meta.dirname, '..', script), ...args],
  // As the harness runs it.
  { stdio: 'inherit', env: { ...process.env, NODE_ENV: 'production' } },
)
if (ran.status !== 0) process.exit(ran.status ?? 1)
const file = readdirSync(folder).find((name) => /\.(cpu|heap)profile$/.test(name))
if (file === undefined) throw new Error(`no profile in ${folder}`)
const text = readFileSync(join(folder, file), 'utf8')
const tree = isHeap ? readHeapProfile(text) : readCpuProfile(text)
const graph = join(folder, 'flame.svg')
writeFileSync(graph, flameGraph(tree, `${bench} ${variant}`))
const { total, rooms, self, inclusive } = shares(tree)
console.log(isHeap ? `${(total / 1e6).toFixed(1)} MB` : `${(total / 1e6).toFixed(2)} s busy`)
print('by room', rooms)
print('by function, itself', self.slice(0, FUNCTIONS_SHOWN))
print('by function, with what it calls', inclusive.slice(0, FUNCTIONS_SHOWN))
console.log(`flame graph: ${graph}\nfor a browser's developer tools: ${join(folder, file)}`)

function print(title: string, rows: readonly (readonly [name: string, share: number])[]): void {
  console.log(`\n${title}`)
  for (const [name, share] of rows)
    if (share >= 0.001) console.log(`${(share * 100).toFixed(1).padStart(6)} %  ${name}`)
}
