/**
 * Joins the compiled modules into few files, by what is loaded together. A program that is started again loads hundreds of
 * small files otherwise, which takes it longer than all of its recovery (docs/decisions/038, 051).
 */
import { readdirSync, rmSync } from 'node:fs'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { rolldown } from 'rolldown'
import { pastDoors, reachOf } from './doors.mjs'

/** Every door, so that whoever comes by one meets the same code; and what `bin` loads. */
const ENTRIES = [
  'index',
  ...['std', 'kernel', 'engine', 'model', 'tools', 'agents', 'host'].map((room) => `${room}/index`),
  'host/cli/main',
]
/** Looks for files beside its own, and is not loaded by programs that run. */
const LEFT_ALONE = 'testing'

const dist = resolve(process.argv[2] ?? 'dist')
const at = (name) => join(dist, `${name}.js`)

/** What a program loads to define agents; what the command line loads to begin; what either loads to run them. */
const front = reachOf([at('index')])
const desk = reachOf([at('host/cli/main')])
const host = reachOf([...front.later])
const inRoom = (room) => (id) => host.reached.has(id) && id.startsWith(join(dist, room, '/'))
/** Files, the lowest first, as each takes along what it needs. What is in none goes with those that load it. */
const files = [
  { name: 'front', test: (id) => front.reached.has(id) },
  { name: 'desk', test: (id) => desk.reached.has(id) },
  // By room: whoever comes by its door loads no more than is below it.
  ...['std', 'kernel', 'model', 'tools', 'engine', 'agents', 'host'].map((room) => ({
    name: room,
    test: inRoom(room),
  })),
]
const groups = files.map((file, i) => ({ ...file, priority: files.length - i }))
const bundle = await rolldown({
  input: Object.fromEntries(ENTRIES.map((name) => [name, at(name)])),
  external: (id) => !id.startsWith('.') && !isAbsolute(id),
  platform: 'node',
  plugins: [{ name: 'past-doors', transform: pastDoors }],
  // No module does anything by being loaded.
  treeshake: { moduleSideEffects: false },
})
// One level below `dist`, as the rooms are: modules that ask where the package lies find it.
const { output } = await bundle.write({
  dir: dist,
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  codeSplitting: { groups },
})
const made = new Set(output.map(({ fileName }) => fileName))
for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  const file = relative(dist, join(entry.parentPath, entry.name))
  if (entry.isFile() && file.endsWith('.js') && !made.has(file) && !file.startsWith(`${LEFT_ALONE}/`))
    rmSync(join(dist, file))
}
