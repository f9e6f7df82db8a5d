/** A folder with the package in it as an install leaves it: compiled and joined, so that a start costs what it costs users. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** What `npm run build` does, into another folder. */
export function compile(dist: string): void {
  execFileSync(join(ROOT, 'node_modules', '.bin', 'tsc'), ['-p', join(ROOT, 'tsconfig.build.json'), '--outDir', dist])
  execFileSync(process.execPath, [join(ROOT, 'scripts', 'bundle.mjs'), dist])
}

/** Compiles the package into `folder`, with one program beside it, compiled too; its path there. */
export function installBeside(folder: string, program: URL): string {
  const packageFolder = join(folder, 'node_modules', 'skein')
  mkdirSync(packageFolder, { recursive: true })
  copyFileSync(join(ROOT, 'package.json'), join(packageFolder, 'package.json'))
  symlinkSync(join(ROOT, 'node_modules'), join(packageFolder, 'node_modules'))
  symlinkSync(join(ROOT, 'node_modules', 'zod'), join(folder, 'node_modules', 'zod'))
  compile(join(packageFolder, 'dist'))
  const path = join(folder, 'program.mjs')
  writeFileSync(path, stripTypeScriptTypes(readFileSync(program, 'utf8')))
  return path
}
