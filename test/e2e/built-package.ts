/**
 * The package as it is published, built once for all commands that these tests start: from sources a command takes more than
 * twice the time, and users have none.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const VARIABLE = 'SKEIN_TEST_BIN'
/** The command line: what was built, in the processes of the tests that ask for it. */
export const BIN = process.env[VARIABLE] ?? join(ROOT, 'bin', 'skein.mjs')

/** Builds it; the answer removes it. */
export function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'skein-built-'))
  const dist = join(folder, 'dist')
  const run = (file: string, ...args: readonly string[]): void => {
    execFileSync(file, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] })
  }
  run(join(ROOT, 'node_modules', '.bin', 'tsc'), '-p', 'tsconfig.build.json', '--outDir', dist)
  run(process.execPath, join(ROOT, 'scripts', 'bundle.mjs'), dist)
  cpSync(join(ROOT, 'bin'), join(folder, 'bin'), { recursive: true })
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  process.env[VARIABLE] = join(folder, 'bin', 'skein.mjs')
  return () => rmSync(folder, { recursive: true, force: true })
}
