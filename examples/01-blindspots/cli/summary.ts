/** The end of a run, on one screen. Pure. */
import { LISTED_MAX } from '../limits.ts'
import { findingsOf, wordsOf } from '../report/findings.ts'
import { many, seconds } from '../report/words.ts'
import type { Result } from '../run/blindspots.ts'
import type { Survivor } from '../run/types.ts'
import { patchFileOf } from '../write/writing.ts'
import { fateWords, priceWords, writtenWords } from '../write/words.ts'
import type { Figures, Past } from './past.ts'

export type Ending = {
  readonly id: string
  readonly result: Result
  readonly figures: Figures
  readonly past: Past | undefined
  /** The report, as seen from where the command was typed. */
  readonly report: string
  /** What `npx skein` needs to find the run: empty where it is by default. */
  readonly dataOption: string
}

/** The summary, line by line. */
export function summary(ending: Ending): readonly string[] {
  const { result } = ending
  const findings = findingsOf(result.tally.survivors)
  return [
    '',
    verdict(ending, findings.length),
    '',
    ...listed(findings, ending.report),
    ...unloaded(result),
    ...table(rows(ending)),
    '',
  ]
}

function verdict({ result }: Ending, lines: number): string {
  const { tally, stopped, activeMs, proposals } = result
  const end = stopped
    ? `Stopped by its budget after ${seconds(activeMs)}: ${tally.tried} of ${proposals.toLocaleString('en')} changes tried`
    : `Everything tried in ${seconds(activeMs)}: ${many(tally.tried, 'change')}`
  const found = tally.survivors.length
  return `${end}, ${found === 0 ? 'all of them noticed' : `${found} of them on ${many(lines, 'line')} went unnoticed`}.`
}

function listed(findings: ReturnType<typeof findingsOf>, report: string): readonly string[] {
  if (findings.length === 0) return []
  const shown = findings.slice(0, LISTED_MAX)
  const width = Math.max(...shown.map(({ file, line }) => `${file}:${line}`.length))
  const lines = shown.map(({ file, line, survivors }) => `  ${`${file}:${line}`.padEnd(width)}  ${told(survivors)}`)
  const more = findings.length > shown.length ? [`  … and ${findings.length - shown.length} more in ${report}`] : []
  return [...lines, ...more, '']
}

function told(survivors: readonly Survivor[]): string {
  const first = wordsOf((survivors[0] as Survivor).change)
  return survivors.length === 1 ? first : `${first}  (and ${many(survivors.length - 1, 'other change')})`
}

function unloaded({ unloaded: files }: Result): readonly string[] {
  if (files.length === 0) return []
  return ['Broken as a whole, and no test notices:', ...files.map((file) => `  ${file}`), '']
}

function rows(ending: Ending): readonly (readonly [string, string])[] {
  const { id, result, figures, past, report } = ending
  const { tally, sources, testFiles, testMs, activeMs, budgetMs, workers } = result
  const wavered = tally.wavered === 0 ? '' : `, ${tally.wavered} wavering`
  const failed = tally.failed === 0 ? '' : `, ${tally.failed} that could not be tried (${tally.why ?? 'unknown'})`
  return [
    ['report', `${report}: every line, the change, and the runs that proved it`],
    ['trials', `${tally.tried}: ${tally.noticed} noticed, ${tally.survivors.length} not${wavered}${failed}`],
    ['code', `${many(sources, 'file')} with code, ${many(testFiles, 'test file')}, ${seconds(testMs)} a run`],
    ['processes', `${figures.processes.toLocaleString('en')}, with ${figures.effects.toLocaleString('en')} effects`],
    [
      'spend',
      `${seconds(activeMs)} of ${seconds(budgetMs)}, ${workers} at a time (${seconds(figures.spentMs)} of tests)`,
    ],
    ...resumed(figures, past),
    ...writer(ending),
    ['look', `npx skein tree ${id}${ending.dataOption}`],
  ]
}

function writer({ result: { written }, figures, report }: Ending): readonly (readonly [string, string])[] {
  if (written === undefined) return [['proposer', 'a rule set, no model was asked; "no test notices" is not "bug"']]
  const patch = written.files.length === 0 ? '' : `; the patch is ${patchFileOf(report)}`
  return [
    ['proposer', 'a rule set; "no test notices" is not "bug"'],
    [
      'writer',
      `${written.model}: ${writtenWords(written)} (${priceWords({ tokens: written.tokens, microUsd: figures.microUsd })})`,
    ],
    ['tests', `${fateWords(written)}${patch}`],
  ]
}

function resumed({ repeated }: Figures, past: Past | undefined): readonly (readonly [string, string])[] {
  if (past === undefined) return []
  const kept =
    past.kept.length === 0
      ? 'nothing had been tried yet'
      : `${many(past.kept.length, 'verdict')} kept, ${seconds(past.keptMs)} of tests not run again`
  const keys = repeated === 1 ? 'its own key' : 'their own keys'
  return [['resumed', `${kept}; ${many(repeated, 'effect')} repeated under ${keys}, 0 in silence`]]
}

/** Two columns. */
export function table(lines: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...lines.map(([name]) => name.length))
  return lines.map(([name, text]) => `${name.padEnd(width)}  ${text}`)
}

function cutOffWords(count: number): string {
  if (count === 0) return 'no trial was under way'
  return count === 1
    ? '1 trial was under way and is safe to repeat'
    : `${count} trials were under way and are safe to repeat`
}

/** What is said first when a run goes on. */
export function resumedLine(past: Past): string {
  if (past.kept.length + past.cutOff === 0) return 'resumed: nothing had been tried yet'
  return `resumed: ${[
    `${many(past.kept.length, 'verdict')} kept`,
    cutOffWords(past.cutOff),
    '0 repeated in silence',
    `${seconds(past.keptMs)} of tests not run again`,
  ].join(', ')}`
}
