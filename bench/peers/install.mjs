/**
 * `node bench/peers/install.mjs [NAME …]`: installs other frameworks beside us, each in its folder, from its lock file,
 * so that their versions can't meet each other or ours. What is installed already is left alone.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const all = readdirSync(here, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() && existsSync(join(here, entry.name, 'package-lock.json')) ? [entry.name] : [],
)
const names = process.argv.length > 2 ? process.argv.slice(2) : all
for (const name of names) {
  if (!all.includes(name)) {
    console.error(`there is no peer ${name}; there are: ${all.join(', ')}`)
    process.exit(2)
  }
  install(name)
}

/** The lock file that was installed is kept beside the packages: while it is the same, nothing is done. */
function install(name) {
  const folder = join(here, name)
  const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8')
  const mark = join(folder, 'node_modules', 'installed.json')
  if (!existsSync(mark) || readFileSync(mark, 'utf8') !== lock) {
    console.error(`installing ${name} …`)
    const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
    const env = { ...process.env, ...toCompile() }
    const npm = spawnSync('npm', args, { cwd: folder, stdio: 'inherit', env })
    if (npm.status !== 0) process.exit(1)
    writeFileSync(mark, lock)
  }
  const script = join(folder, 'prepare.mjs')
  if (!existsSync(script)) return
  const prepared = spawnSync(process.execPath, [script], { cwd: folder, stdio: 'inherit' })
  if (prepared.status !== 0) process.exit(1)
}

/** What is compiled must fit the Node that runs the benches, not the one that runs npm. */
function toCompile() {
  const bin = dirname(process.execPath)
  const packaged = `node-${process.platform}-${process.arch}`
  const homes = [dirname(bin), join(dirname(bin), 'node_modules', packaged), join(dirname(dirname(bin)), packaged)]
  const home = homes.find((folder) => existsSync(join(folder, 'include', 'node', 'node_version.h')))
  const path = [bin, process.env.PATH ?? ''].join(delimiter)
  return { PATH: path, ...(home === undefined ? {} : { npm_config_nodedir: home }) }
}
