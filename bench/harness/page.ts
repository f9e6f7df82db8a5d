/** The page of a report. It says nothing that is not in the report or in the bench's description. */
import type { Bench, Goal, Verdict } from './bench.ts'
import { lossesOf } from './losses.ts'
import { measuredOf, type BenchReport } from './report.ts'
import { failuresOf, markdownTable, tablesOf } from './table.ts'

/** The first line of every page that is made. */
export const MADE = '<!-- Made by `npm run bench`; edit the bench, not this page. -->'

export function pageOf(bench: Bench, report: BenchReport): string {
  const hasPeers = report.cells.some(({ peer }) => peer !== undefined)
  const sections = [
    MADE,
    `# ${bench.name}`,
    bench.summary,
    ['```sh', `npm run bench -- ${bench.name}${hasPeers ? ' --peers' : ''} --report`, '```'].join('\n'),
    '## Figures',
    ...tablesOf(bench, report).flatMap((table) => [
      ...(table.title === undefined ? [] : [`### ${table.title}`]),
      markdownTable(table),
    ]),
    `${roundsText(report)} ${figuresText(bench)}`,
    ...failuresSection(report),
    ...goalsSection(bench, report),
    '## Where we lose',
    lossesText(bench, report),
    '## How it is measured',
    bench.method.trim().replaceAll(/^ +/gm, ''),
    '## Where',
    placeText(report),
  ]
  return `${sections.join('\n\n')}\n`
}

function roundsText(report: BenchReport): string {
  const counts = report.cells.map(({ samples }) => samples.length)
  const [least, most] = [Math.min(...counts), Math.max(...counts)]
  if (most <= 1) return 'Each cell ran once, in a fresh process.'
  const rounds = least === most ? most : `${least} to ${most}`
  return `Medians of ${rounds} interleaved rounds, each cell a fresh process; least and most in brackets where they differ.`
}

function figuresText({ figures, reference }: Bench): string {
  const less = figures.filter(({ better }) => better === 'less').map(({ label }) => label)
  const more = figures.filter(({ better }) => better === 'more').map(({ label }) => label)
  const parts = [
    ...(less.length > 0 ? [`Less is better: ${less.join(', ')}.`] : []),
    ...(more.length > 0 ? [`More is better: ${more.join(', ')}.`] : []),
    ...(reference !== undefined && figures.some(({ hasRatio }) => hasRatio === true)
      ? [`Columns with × divide by *${reference}* of the same table.`]
      : []),
  ]
  return parts.join(' ')
}

function failuresSection(report: BenchReport): readonly string[] {
  const failures = failuresOf(report)
  return failures.length === 0 ? [] : ['### What failed', listText(failures)]
}

function goalsSection(bench: Bench, report: BenchReport): readonly string[] {
  if (bench.goals === undefined || bench.goals.length === 0) return []
  const rows = goalRows(bench, report)
  return ['## What it had to reach', markdownTable({ head: ['what', 'to reach', 'measured', 'reached'], rows })]
}

/** The targets that this bench answers. */
export function goalRows(bench: Bench, report: BenchReport | undefined): readonly (readonly string[])[] {
  return (bench.goals ?? []).map((goal) =>
    verdictRow(goal, report === undefined ? undefined : goal.judge(measuredOf(report))),
  )
}

/** A target, what was measured, and whether it is reached. */
export function verdictRow(
  { what, toReach, why }: Pick<Goal, 'what' | 'toReach' | 'why'>,
  verdict: Verdict | undefined,
): readonly string[] {
  if (verdict === undefined) return [what, toReach, 'not measured', '–']
  const peers = verdict.peers === undefined ? '' : `; in the same run: ${verdict.peers}`
  const reached = verdict.isReached ? 'yes' : `**no**${why === undefined ? '' : `: ${why}`}`
  return [what, toReach, `${verdict.figure}${peers}`, reached]
}

function lossesText(bench: Bench, report: BenchReport): string {
  const losses = [...lossesOf(bench, report), ...(bench.losses ?? [])]
  if (losses.length > 0) return listText(losses)
  const isAlone = report.cells.every(({ side }) => side === 'skein')
  return isAlone
    ? 'Nothing of anybody else was measured beside it, so there is nothing to lose to here; see the goals above.'
    : 'Nowhere in this run: no other variant had a better figure.'
}

function placeText(report: BenchReport): string {
  const { machine, versions, load } = report
  const facts = [
    `${report.date.slice(0, 16).replace('T', ' ')} UTC${report.isQuick ? ', a **quick** run: smaller work, few rounds' : ''}`,
    `${machine.cpus} × ${machine.cpu}, ${machine.memoryGb} GB, ${machine.os}; load average ${load.least}–${load.most} as cells began`,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
    `every sample: [data/${report.bench}.json](data/${report.bench}.json)`,
  ]
  return listText(facts)
}

const listText = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join('\n')
