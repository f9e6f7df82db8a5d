/**
 * Joins the compiled modules into one file per room and what rooms load later. A program that is started again loads
 * hundreds of small files otherwise, which takes it longer than all of its recovery (docs/decisions/038).
 */
import { readdirSync, rmSync } from 'node:fs'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { rolldown } from 'rolldown'

/** Every door, so that whoever comes by one meets the same code; and what `bin` loads. */
const ENTRIES = [
  'index',
  ...['std', 'kernel', 'engine', 'model', 'tools', 'agents', 'host'].map((room) => `${room}/index`),
  'host/cli/main',
]
/** Looks for files beside its own, and is not loaded by programs that run. */
const LEFT_ALONE = 'testing'

const dist = resolve(process.argv[2] ?? 'dist')
const bundle = await rolldown({
  input: Object.fromEntries(ENTRIES.map((name) => [name, join(dist, `${name}.js`)])),
  external: (id) => !id.startsWith('.') && !isAbsolute(id),
  platform: 'node',
})
// One level below `dist`, as the rooms are: modules that ask where the package lies find it.
const { output } = await bundle.write({
  dir: dist,
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
})
const made = new Set(output.map(({ fileName }) => fileName))
for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  const file = relative(dist, join(entry.parentPath, entry.name))
  if (entry.isFile() && file.endsWith('.js') && !made.has(file) && !file.startsWith(`${LEFT_ALONE}/`))
    rmSync(join(dist, file))
}
