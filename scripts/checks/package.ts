/** The package as a stranger gets it: built, packed, installed in an empty folder, started. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { commandCheck } from './commands.ts'
import { ROOT } from './command.ts'
import { addTallies, NOTHING_CHECKED, type Check, type Tally } from './tally.ts'

type Manifest = { readonly name: string; readonly exports: Readonly<Record<string, unknown>> }

/** Each step needs the one before it, so the first failure ends the check. */
export const PACKAGE_CHECK: Check = {
  name: 'package',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'skein-package-'))
    try {
      return await runInOrder(steps(folder))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

function* steps(folder: string): Generator<Check> {
  yield commandCheck('pack', ['npm', 'pack', '--pack-destination', folder])
  const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz')) ?? 'no tarball'
  yield commandCheck('package shape', ['publint', '--strict', join(folder, tarball)])
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  const install = ['npm', 'install', '--prefer-offline', '--fetch-retries=1', '--no-audit', '--no-fund', `./${tarball}`]
  yield commandCheck('install the tarball', install, { cwd: folder, machineNode: true })
  yield commandCheck('npx skein --help', ['npx', '--no-install', 'skein', '--help'], { cwd: folder })
  yield commandCheck('import every door', ['node', '--input-type=module', '--eval', imports()], { cwd: folder })
}

/** `skein/testing` is for use inside vitest, which an empty folder does not have. */
function imports(): string {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest
  const doors = Object.keys(manifest.exports).filter((door) => door !== './package.json' && door !== './testing')
  return doors.map((door) => `await import('${manifest.name}${door.slice(1)}')`).join('\n')
}

async function runInOrder(checks: Iterable<Check>): Promise<Tally> {
  let sum = NOTHING_CHECKED
  for (const check of checks) {
    const tally = await check.run()
    sum = addTallies(sum, tally)
    if (tally.failed > 0) break
  }
  return sum
}
