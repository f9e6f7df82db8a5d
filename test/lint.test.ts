/** The bans of `.oxlintrc.json` bite: a planted kernel file that breaks each of them is reported for each. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

/** What is planted, and what must be said about it. */
const PLANTED: readonly (readonly [code: string, says: string])[] = [
  ['export const now = Date.now()', "Unexpected use of 'Date'"],
  ['export const chance = Math.random()', "'Math.random' is restricted"],
  ['setTimeout(() => {}, 1)', "Unexpected use of 'setTimeout'"],
  ['setInterval(() => {}, 1)', "Unexpected use of 'setInterval'"],
  ['export const id = crypto.randomUUID()', "Unexpected use of 'crypto'"],
  ['export const pid = process.pid', "Unexpected use of 'process'"],
  ['console.log(1)', 'Unexpected console statement'],
  ['export function take(x: any) { return x }', 'Unexpected `any`'],
  ['export default 1', 'Prefer named exports'],
  ['const work = async () => {}\nwork()', 'Promises must be awaited'],
  ["export function miss(x: 'a' | 'b') { switch (x) { case 'a': return 1 } return 2 }", 'Switch is not exhaustive'],
  ["export * from './planted-8.ts'\nimport './planted-11.ts'", 'Dependency cycle detected'],
]

describe('lint', () => {
  const folder = mkdtempSync(join(tmpdir(), 'skein-lint-'))
  let report: string

  beforeAll(() => {
    for (const file of ['.oxlintrc.json', 'tsconfig.json']) copyFileSync(join(ROOT, file), join(folder, file))
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    mkdirSync(join(folder, 'src', 'kernel'), { recursive: true })
    for (const [index, [code]] of PLANTED.entries())
      writeFileSync(join(folder, 'src', 'kernel', `planted-${index}.ts`), code)
    const oxlint = join(ROOT, 'node_modules', '.bin', 'oxlint')
    report = spawnSync(process.execPath, [oxlint, '--type-aware', '-f', 'unix', 'src'], {
      cwd: folder,
      encoding: 'utf8',
    }).stdout
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each(PLANTED.map(([code, says], index) => ({ code, says, index })))(
    'says of `$code`: $says',
    ({ says, index }) => {
      const about = report.split('\n').filter((line) => line.includes(`planted-${index}.ts:`))
      expect(about.join('\n')).toContain(says)
    },
  )
})
