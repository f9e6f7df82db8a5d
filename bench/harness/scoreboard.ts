/** `docs/reports/README.md`: the design's table row by row, from the stored reports. */
import type { Bench } from './bench.ts'
import { goalRows, MADE } from './page.ts'
import type { BenchReport } from './report.ts'
import { markdownTable } from './table.ts'

/** Rows that a bench does not measure, and the page that answers them. */
const ELSEWHERE: readonly (readonly string[])[] = [
  [
    'crash at every fact, and thousands of random `kill -9`',
    '0 lost, 0 wrong, 0 repeated or skipped in silence; every planted kernel bug caught',
    '`npm run crash-report`',
    'crash',
  ],
]

const ABOUT = `
What Skein measures itself by, and where it stands. Every page says how to make it again with one command, and where
we lose. Trust ratios and orders, not absolute figures: those belong to the machine.`.trim()

const AGAIN = `
Run a bench again, on another machine or under another affinity:

\`\`\`sh
taskset -c 0 npm run --silent bench -- steps --json > other.json
npm run bench -- compare docs/reports/data/steps.json other.json
\`\`\`

It takes every pair of variants by every figure, and fails when a pair changes its order by more than the spread of its
rounds.`.trim()

export type Scoreboard = {
  readonly benches: readonly Bench[]
  readonly reports: ReadonlyMap<string, BenchReport>
  /** Names of the pages that lie beside, without `.md`. */
  readonly pages: readonly string[]
}

export function scoreboardPage({ benches, reports, pages }: Scoreboard): string {
  const rows = benches.flatMap((bench) =>
    goalRows(bench, reports.get(bench.name)).map((row) => [...row, pageLink(bench.name, pages)]),
  )
  const elsewhere = ELSEWHERE.flatMap(([what = '', toReach = '', command = '', page = '']) => [
    [what, toReach, command, pages.includes(page) ? 'see there' : '–', pageLink(page, pages)],
  ])
  const sections = [
    MADE,
    '# Reports',
    ABOUT,
    ['```sh', 'npm run bench -- all --peers --report   # everything below, about a quarter of an hour', '```'].join(
      '\n',
    ),
    markdownTable({ head: ['what', 'to reach', 'measured', 'reached', 'page'], rows: [...rows, ...elsewhere] }),
    '## Pages',
    [...reports.values()].map(reportLine(benches)).join('\n') || 'None yet.',
    '## Whether a second run agrees',
    AGAIN,
  ]
  return `${sections.join('\n\n')}\n`
}

const pageLink = (name: string, pages: readonly string[]): string =>
  pages.includes(name) ? `[${name}](${name}.md)` : name

function reportLine(benches: readonly Bench[]): (report: BenchReport) => string {
  return ({ bench: name, date, machine, isQuick, load }) => {
    const summary = benches.find((bench) => bench.name === name)?.summary ?? ''
    const quick = isQuick ? ', quick' : ''
    const where = `${date.slice(0, 10)}, ${machine.cpus} × ${machine.cpu}, load ${load.least}–${load.most}`
    return `- [${name}](${name}.md): ${summary} (${where}${quick})`
  }
}
