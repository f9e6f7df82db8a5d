/** `docs/reports/README.md`: the design's table row by row, from the stored reports. */
import type { Bench } from './bench.ts'
import { goalRows, MADE } from './page.ts'
import type { BenchReport } from './report.ts'
import { markdownTable } from './table.ts'

/** Rows of the design that no bench measures: where each is answered. A page is quoted by its first line in bold. */
const ELSEWHERE: readonly Elsewhere[] = [
  {
    what: 'crash at every fact, and thousands of random `kill -9`',
    toReach: '0 lost, 0 wrong, 0 repeated or skipped in silence',
    page: 'crash',
    isReached: (said) => ['lost', 'wrong', 'repeated in silence', 'skipped'].every((word) => hasNone(said, word)),
  },
  { what: 'planted kernel bugs', toReach: 'every one caught by the suite', page: 'planted' },
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

type Elsewhere = {
  readonly what: string
  readonly toReach: string
  readonly page?: string
  readonly isReached?: (said: string) => boolean
  readonly answer?: string
}

const hasNone = (said: string, word: string): boolean => new RegExp(`(?<![\\d,])0 ${word}\\b`).test(said)

function elsewhere({ what, toReach, page, isReached, answer }: Elsewhere, pages: Pages): readonly string[] {
  if (page === undefined) return [what, toReach, answer ?? '', '–', '–']
  const said = /^\*\*(.+?)\*\*/m.exec(pages.get(page) ?? '')?.[1]
  if (said === undefined)
    return [what, toReach, pages.has(page) ? 'see there' : 'not measured', '–', pageLink(page, pages)]
  const reached = isReached === undefined ? 'see there' : isReached(said) ? 'yes' : '**no**'
  return [what, toReach, said, reached, pageLink(page, pages)]
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
rounds.`.trim()

export type Scoreboard = {
  readonly benches: readonly Bench[]
  readonly reports: ReadonlyMap<string, BenchReport>
  readonly pages: Pages
}

export function scoreboardPage({ benches, reports, pages }: Scoreboard): string {
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
      rows: [...rows, ...ELSEWHERE.map((row) => elsewhere(row, pages))],
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
