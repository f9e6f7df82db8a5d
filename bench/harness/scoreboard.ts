/** `docs/reports/README.md`: the targets row by row, from the stored reports. */
import type { Bench } from './bench.ts'
import type { ElsewhereVerdicts } from './elsewhere.ts'
import { CHANGES_LEAST, KILLS_LEAST, SIMULATED_CRASHES_LEAST } from './limits.ts'
import { goalRows, MADE, verdictRow } from './page.ts'
import type { BenchReport } from './report.ts'
import { digits } from './spread.ts'
import { markdownTable } from './table.ts'

/** Targets that no bench measures: where each is answered. */
const ELSEWHERE: readonly Elsewhere[] = [
  {
    what: 'crash at every fact, and thousands of random `kill -9`',
    toReach:
      '0 lost, 0 wrong, 0 repeated or skipped in silence; ' +
      `≥ ${digits(KILLS_LEAST)} kills, ≥ ${digits(SIMULATED_CRASHES_LEAST)} simulated crash points`,
    page: 'crash',
  },
  { what: 'planted kernel bugs', toReach: 'every one caught by the suite', page: 'planted' },
  {
    what: 'small changes to kernel and engine that no test notices (`npm run blindspots`)',
    toReach: `≥ ${CHANGES_LEAST} tried, every survivor explained or killed`,
    page: 'blindspots',
  },
  {
    what: 'budgets',
    toReach: 'provider’s meter ≤ cap; no refusal while the worst case of the call is available',
    answer:
      'rules of the kernel with their tests (`test/sim/funding.test.ts`); no meter of a provider is run against it',
  },
  {
    what: 'one agent step with the whole guard',
    toReach: '≤ 100 µs',
    answer: 'there is no guard yet; the figure above has the stages of the kernel',
  },
  {
    what: 'lines: hello agent / three agents with an approval / resume after a crash',
    toReach: '6 / 15 / 0',
    answer: 'README.md has them; `test/readme` checks their types',
  },
]

type Elsewhere = { readonly what: string; readonly toReach: string } & (
  | { readonly page: keyof ElsewhereVerdicts }
  | { readonly answer: string }
)

function elsewhere(row: Elsewhere, { verdicts, pages }: Scoreboard): readonly string[] {
  if ('answer' in row) return [row.what, row.toReach, row.answer, '–', '–']
  return [...verdictRow(row, verdicts[row.page]), pageLink(row.page, pages)]
}

/** Pages that lie beside, by name without `.md`. */
export type Pages = ReadonlyMap<string, string>

const ABOUT = `
What Skein measures itself by, and where it stands. Every page says how to make it again with one command, and where
we lose. Trust ratios and orders, not absolute figures: those belong to the machine.`.trim()

const AGAIN = `
Run it again, on another machine or under another affinity, and compare:

\`\`\`sh
taskset -c 0 npm run bench -- all --peers --into other      # or one bench
npm run bench -- compare docs/reports/data other/data
\`\`\`

It takes every pair of variants by every figure, and fails when a pair changes its order by more than the spread of its
rounds, or when a variant is missing or has failed in one of the two.`.trim()

export type Scoreboard = {
  readonly benches: readonly Bench[]
  readonly reports: ReadonlyMap<string, BenchReport>
  readonly pages: Pages
  readonly verdicts: ElsewhereVerdicts
}

export function scoreboardPage(scoreboard: Scoreboard): string {
  const { benches, reports, pages } = scoreboard
  const rows = benches.flatMap((bench) =>
    goalRows(bench, reports.get(bench.name)).map((row) => [...row, pageLink(bench.name, pages)]),
  )
  const sections = [
    MADE,
    '# Reports',
    ABOUT,
    ['```sh', 'npm run bench -- all --peers --report   # everything below, about a quarter of an hour', '```'].join(
      '\n',
    ),
    markdownTable({
      head: ['what', 'to reach', 'measured', 'reached', 'page'],
      rows: [...rows, ...ELSEWHERE.map((row) => elsewhere(row, scoreboard))],
    }),
    '## Pages',
    [...reports.values()].map(reportLine(benches)).join('\n') || 'None yet.',
    '## Whether a second run agrees',
    AGAIN,
  ]
  return `${sections.join('\n\n')}\n`
}

const pageLink = (name: string, pages: Pages): string => (pages.has(name) ? `[${name}](${name}.md)` : name)

function reportLine(benches: readonly Bench[]): (report: BenchReport) => string {
  return ({ bench: name, date, machine, isQuick, load }) => {
    const summary = benches.find((bench) => bench.name === name)?.summary ?? ''
    const quick = isQuick ? ', quick' : ''
    const where = `${date.slice(0, 10)}, ${machine.cpus} × ${machine.cpu}, load ${load.least}–${load.most}`
    return `- [${name}](${name}.md): ${summary} (${where}${quick})`
  }
}
