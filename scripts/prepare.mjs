/**
 * Makes a fresh clone ready to run: installs what the lock file lists, once, and answers with the Node that came with
 * it. Plain JavaScript that Node 20 can run.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** npm, when it runs us as a script: what a person kills when they kill `npm start`. */
export const npm = process.env.npm_lifecycle_event === undefined ? undefined : process.ppid

const bundledNode = join(root, 'node_modules', '.bin', 'node')
const stamp = join(root, 'node_modules', '.skein-lock')
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024
const TAIL_LINES = 20

/** The Node to run everything with. Ends the process with a message where there is none to be had. */
export function prepare() {
  if (process.platform === 'win32')
    fail('PLATFORM_UNSUPPORTED: Skein does not run on Windows; use Linux, or WSL 2 on this machine.')
  const wanted = fingerprint()
  if (readIfThere(stamp) !== wanted) {
    install()
    writeFileSync(stamp, wanted)
  }
  return bundledNode
}

function fingerprint() {
  const lock = readFileSync(join(root, 'package-lock.json'))
  return createHash('sha256')
    .update(lock)
    .update(process.platform + process.arch)
    .digest('hex')
}

function install() {
  process.stdout.write('skein: installing what package-lock.json lists (once; about half a minute) … ')
  const started = Date.now()
  const { PATH = '', NODE_ENV: _production, ...env } = process.env
  // `npm ci` removes node_modules, and with it the Node that `npm run` puts first on the PATH.
  const path = PATH.split(delimiter).filter((folder) => !folder.startsWith(join(root, 'node_modules')))
  const done = spawnSync('npm', ['ci', '--include=dev', '--loglevel=error'], {
    cwd: root,
    env: { ...env, PATH: path.join(delimiter) },
    encoding: 'utf8',
    maxBuffer: OUTPUT_BYTES_MAX,
  })
  if (done.error) fail(`\nnpm could not be started: ${done.error.message}. Install npm 10 or later and try again.`)
  if (done.status !== 0) {
    const tail = (done.stderr || done.stdout).trimEnd().split('\n').slice(-TAIL_LINES).join('\n')
    fail(`failed.\n${tail}\nskein: npm ci failed; mend what npm says above (network, registry, disk) and try again.`)
  }
  if (spawnSync(bundledNode, ['--version']).status !== 0) {
    fail(
      'failed.\nskein: npm installed everything but Node 24, because it is set to ignore install scripts. Allow the one\n' +
        "it needs and try again: npm ci --ignore-scripts=false (package.json's allowScripts names it)",
    )
  }
  process.stdout.write(`done in ${Math.round((Date.now() - started) / 1000)} s\n`)
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
