/** Skein as its users get it: compiled, packed by `npm pack`, installed from the archive into an empty folder. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cell } from '../cell.ts'
import { compile } from '../installed.ts'
import { FRAMEWORKS } from './hundred-tools.ts'
import { costOf } from './installed-package.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
/** The schema library of the hundred tools; the others have it too. */
const ZOD = 'zod@4.6.7'

await cell(async (scratch) => {
  const [source, folder] = [join(scratch, 'source'), join(scratch, 'installed')]
  for (const path of [source, folder]) mkdirSync(path)
  for (const path of ['package.json', 'README.md', 'LICENSE', 'bin'])
    cpSync(join(ROOT, path), join(source, path), { recursive: true })
  compile(join(source, 'dist'))
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', scratch], { cwd: source })
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}')
  const archive = join(scratch, `skein-${version}.tgz`)
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--silent', archive, ZOD], { cwd: folder })
  return costOf(folder, FRAMEWORKS.skein)
})
