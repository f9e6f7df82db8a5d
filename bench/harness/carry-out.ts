/** Does what was asked for: the only part of the harness that prints and writes. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { BadArguments, type Asked, type RunOptions } from './arguments.ts'
import { cellName, type Bench, type Cell } from './bench.ts'
import { compare, comparisonText, isAgreeing } from './compare.ts'
import { verdictsElsewhere } from './elsewhere.ts'
import { ROUNDS } from './limits.ts'
import { machineHere, versionsHere } from './machine.ts'
import { pageOf } from './page.ts'
import { installPeers, type Peers } from './peers.ts'
import { dataFile, readReport, readReports, storedReports, writeReport, type BenchReport } from './report.ts'
import { blankReport, resumedReport, runRounds } from './rounds.ts'
import { scoreboardPage } from './scoreboard.ts'
import { failuresOf, plainTable, tablesOf } from './table.ts'

export type Place = {
  readonly benches: readonly Bench[]
  /** `bench/` */
  readonly folder: string
}

/** The exit code. */
export async function carryOut(asked: Asked, place: Place): Promise<number> {
  switch (asked.do) {
    case 'list':
      console.log(place.benches.map(listText).join('\n'))
      return 0
    case 'pages':
      writePages(place)
      return 0
    case 'compare':
      return compareFiles(asked.files, place)
    case 'run':
      return runBenches(asked, place)
  }
}

function listText({ name, summary, cells }: Bench): string {
  const lines = cells.map((cell) => `    ${cellName(cell)}${cell.peer === undefined ? '' : ' (with --peers)'}`)
  return [`${name}: ${summary}`, ...lines].join('\n')
}

/** Where data and pages are: those of the project, or those of a run that is kept elsewhere. */
function reportsOf({ folder }: Place, into?: string): string {
  return into === undefined ? join(folder, '..', 'docs', 'reports') : resolve(into)
}

async function runBenches(asked: RunOptions & { readonly benches: readonly Bench[] }, place: Place): Promise<number> {
  const chosen = asked.benches.map((bench) => ({ bench, cells: cellsOf(bench, asked) }))
  const withCells = chosen.filter(({ cells }) => cells.length > 0)
  if (withCells.length === 0) throw new BadArguments(`no cell is called ${asked.only}; npm run bench -- list`)
  const names = withCells.flatMap(({ cells }) => cells.flatMap(({ peer }) => peer ?? []))
  const peers = await installPeers(place.folder, [...new Set(names)])
  const done: BenchReport[] = []
  announce(
    withCells.map(({ bench }) => bench),
    reportsOf(place, asked.into),
  )
  for (const { bench, cells } of withCells) done.push(await runBench(asked, { place, bench, cells, peers }))
  if (asked.isJson) console.log(JSON.stringify(done.length === 1 ? done[0] : done, undefined, 1))
  if (asked.isReported) writePages(place, asked.into)
  return done.every((report) => failuresOf(report).length === 0) ? 0 : 1
}

/** How long it will take, as far as stored reports tell. */
function announce(benches: readonly Bench[], reports: string): void {
  const stored = storedReports(reports, benches)
  const known = [...stored.values()].flatMap(({ cells }) => cells.map(({ seconds }) => seconds))
  const total = known.reduce((sum, seconds) => sum + seconds, 0)
  const how = known.length === 0 ? 'nobody has measured how long' : `about ${Math.ceil(total / 60)} min the last time`
  console.error(`${benches.map(({ name }) => name).join(', ')}: ${how}`)
}

function cellsOf({ cells }: Bench, { hasPeers, only }: RunOptions): readonly Cell[] {
  return cells.filter(
    (cell) => (hasPeers || cell.peer === undefined) && (only === undefined || cellName(cell).includes(only)),
  )
}

type One = { readonly place: Place; readonly bench: Bench; readonly cells: readonly Cell[]; readonly peers: Peers }

async function runBench(asked: RunOptions, { place, bench, cells, peers }: One): Promise<BenchReport> {
  const file = dataFile(reportsOf(place, asked.into), bench.name)
  const rounds = asked.rounds ?? (asked.isQuick ? 1 : (bench.rounds ?? ROUNDS))
  const used = new Set(cells.map(({ peer }) => peer))
  const versions = {
    ...versionsHere(join(place.folder, '..')),
    ...Object.fromEntries([...peers.versions].flatMap(([peer, of]) => (used.has(peer) ? Object.entries(of) : []))),
  }
  const blank = blankReport(bench, cells, { isQuick: asked.isQuick, rounds, machine: machineHere(), versions })
  const earlier = asked.isResumed && existsSync(file) ? readReport(file) : undefined
  const startedAt = performance.now()
  const onRun = (report: BenchReport, done: string): void => {
    console.error(done)
    if (asked.isReported) writeReport(file, report)
  }
  const start = resumedReport(blank, earlier)
  const report = await runRounds({ ...place, bench, cells, report: start, absent: peers.absent, onRun })
  if (!asked.isJson) console.log(reportText(bench, report, (performance.now() - startedAt) / 1000))
  return report
}

function reportText(bench: Bench, report: BenchReport, seconds: number): string {
  const { machine, versions, load } = report
  const said = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return [
    `${bench.name}: ${bench.summary}`,
    `${machine.cpus} × ${machine.cpu}, load ${load.least}–${load.most}, ${said.join(', ')}`,
    ...tablesOf(bench, report).map(plainTable),
    ...failuresOf(report).map((line) => `FAILED ${line}`),
    `${seconds.toFixed(0)} s`,
  ].join('\n')
}

function writePages(place: Place, into?: string): void {
  const reports = reportsOf(place, into)
  mkdirSync(reports, { recursive: true })
  for (const [path, text] of pagesOf(place, into)) writeFileSync(join(reports, path), text)
}

/** Every page that the stored reports give, by its file name beside them. */
export function pagesOf(place: Place, into?: string): ReadonlyMap<string, string> {
  const reports = reportsOf(place, into)
  const stored = storedReports(reports, place.benches)
  const pages = new Map<string, string>()
  for (const bench of place.benches) {
    const report = stored.get(bench.name)
    if (report !== undefined) pages.set(`${bench.name}.md`, pageOf(bench, report))
  }
  const beside = existsSync(reports) ? readdirSync(reports).filter((path) => path.endsWith('.md')) : []
  const others = beside.filter((path) => path !== 'README.md' && !pages.has(path))
  const all = [...pages, ...others.map((path) => [path, readFileSync(join(reports, path), 'utf8')] as const)]
  const named = new Map(all.map(([path, text]) => [path.slice(0, -'.md'.length), text]))
  if (all.length > 0)
    pages.set(
      'README.md',
      scoreboardPage({ benches: place.benches, reports: stored, pages: named, verdicts: verdictsElsewhere(reports) }),
    )
  return pages
}

function compareFiles([a, b]: readonly [string, string], { benches }: Place): number {
  const [one, other] = [reportsAt(a), reportsAt(b)]
  const shared = benches.filter(({ name }) => one.has(name) && other.has(name))
  if (shared.length === 0) throw new BadArguments(`${a} and ${b} have no bench in common`)
  const comparisons = shared.map((bench) => {
    const comparison = compare(bench, one.get(bench.name) as BenchReport, other.get(bench.name) as BenchReport)
    console.log(`${bench.name}: ${comparisonText(comparison)}`)
    return comparison
  })
  if (comparisons.every(({ pairs }) => pairs === 0)) console.error('nothing was compared: there is no pair of variants')
  return isAgreeing(comparisons) ? 0 : 1
}

/** Of a report, of a list of reports as `all --json` prints it, or of a folder of reports. */
function reportsAt(path: string): ReadonlyMap<string, BenchReport> {
  if (!existsSync(path)) throw new BadArguments(`there is no ${path}`)
  const files = statSync(path).isDirectory()
    ? readdirSync(path).flatMap((name) => (name.endsWith('.json') ? [join(path, name)] : []))
    : [path]
  return new Map(files.flatMap(readReports).map((report) => [report.bench, report]))
}
