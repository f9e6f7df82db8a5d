/** What a package costs before it has done anything: to import, to install, and to check the types of 100 tools. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { quantile } from '../cell.ts'
import { hundredTools, SCHEMAS_ALONE } from './hundred-tools.ts'
import type { Framework, Source } from './hundred-tools.ts'

const IMPORTS = 7
const MB = 1e6
const TSC = fileURLToPath(new URL('../../../node_modules/typescript/lib/tsc.js', import.meta.url))

const COMPILER = {
  target: 'es2024',
  module: 'nodenext',
  strict: true,
  skipLibCheck: true,
  noEmit: true,
  types: [],
}

/** `folder` has the package in its `node_modules`. */
export function costOf(folder: string, framework: Framework): Readonly<Record<string, number>> {
  const { imports, name, source } = framework
  const runs = Array.from({ length: IMPORTS }, () => ({
    alone: importOnce(folder, imports),
    // In turn, so that a busy moment of the machine meets both.
    whole: source === undefined ? undefined : importOnce(folder, [...imports, 'zod']),
  }))
  const median = (of: (run: (typeof runs)[number]) => number): number => quantile(runs.map(of), 0.5)
  const manifest = JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')) as {
    readonly dependencies?: Readonly<Record<string, string>>
  }
  return {
    importMs: median(({ alone, whole }) => (whole ?? alone).ms),
    importAloneMs: median(({ alone }) => alone.ms),
    importRssMb: median(({ alone, whole }) => (whole ?? alone).rss / MB),
    installMb: bytesIn(join(folder, 'node_modules')) / MB,
    packages: packagesIn(folder),
    directDependencies: Object.keys(manifest.dependencies ?? {}).length,
    ...(source === undefined ? {} : typesOf(folder, source)),
  }
}

/** In a fresh process of the plain Node that a user has: no condition, no flag. */
function importOnce(folder: string, imports: readonly string[]): { readonly ms: number; readonly rss: number } {
  const code = `const startedAt = performance.now()
for (const name of ${JSON.stringify(imports)}) await import(name)
console.log(JSON.stringify({ ms: performance.now() - startedAt, rss: process.memoryUsage.rss() }))
process.exit(0)`
  const said = execFileSync(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return JSON.parse(said.trimEnd().split('\n').at(-1) ?? '') as { readonly ms: number; readonly rss: number }
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}

function packagesIn(folder: string): number {
  const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, unknown>>
  }
  return Object.keys(lock.packages).filter((path) => path !== '').length
}

/** Those of the tools as the framework writes them, and of their schemas by themselves. */
function typesOf(folder: string, source: Source): Readonly<Record<string, number>> {
  const alone = checkTypes(folder, hundredTools({ ...SCHEMAS_ALONE, hasNoOptional: source.hasNoOptional === true }))
  return { ...checkTypes(folder, hundredTools(source)), schemasCheckMs: alone.typesCheckMs }
}

/** In a folder under `node_modules`, where nobody else looks and the package is found. */
function checkTypes(folder: string, source: string) {
  const place = join(folder, 'node_modules', '.types')
  mkdirSync(place, { recursive: true })
  try {
    writeFileSync(join(place, 'package.json'), '{"type":"module"}')
    writeFileSync(join(place, 'tools.mts'), source)
    writeFileSync(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions: COMPILER, files: ['tools.mts'] }))
    const said = execFileSync(process.execPath, [TSC, '-p', place, '--extendedDiagnostics'], { encoding: 'utf8' })
    const read = (label: string): number => Number(new RegExp(`^${label}:\\s+([\\d.]+)`, 'm').exec(said)?.[1])
    return {
      typesCheckMs: read('Check time') * 1000,
      typesTotalMs: read('Total time') * 1000,
      instantiations: read('Instantiations'),
    }
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}
