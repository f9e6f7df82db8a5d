/** `blindspots.md`: the report, with the run behind every line of it. */
import type { Result } from '../run/blindspots.ts'
import type { Request, Survivor } from '../run/types.ts'
import { shownArgv } from '../survey/test-command.ts'
import type { Ending, Written } from '../write/types.ts'
import { fateWords, priceWords, writtenWords } from '../write/words.ts'
import { findingsOf, wordsOf } from './findings.ts'
import { many, seconds } from './words.ts'

/** The whole report. */
export function markdown(request: Request, result: Result): string {
  const findings = findingsOf(result.tally.survivors)
  const body =
    findings.length === 0
      ? 'Every change that was tried was noticed.\n'
      : findings.map((finding) => section(finding)).join('\n')
  return [
    ...head(request, result, findings.length),
    body,
    ...writtenPart(result.written),
    ...unloadedPart(result.unloaded),
    ...notes(request, result),
  ].join('\n')
}

function head(
  request: Request,
  { tally, proposals, stopped, activeMs, sources, testFiles, testMs, fingerprint }: Result,
  lines: number,
): readonly string[] {
  const end = stopped
    ? `Stopped by its budget after ${seconds(activeMs)}: a fair sample, ${tally.tried} of ${proposals} changes, was tried.`
    : `Everything was tried, in ${seconds(activeMs)}.`
  return [
    '# Blind spots',
    '',
    `Lines of \`${request.folder}\` that could break without any test noticing.`,
    '',
    `- **${tally.survivors.length} of ${tally.tried} changes went unnoticed**, on ${many(lines, 'line')}. ${end}`,
    `- Code: ${many(sources, 'file')} with something to change, as it was when the run began (${fingerprint.slice(0, 12)}).`,
    `- Tests: ${many(testFiles, 'file')}, \`${shownArgv(request.argv)}\`, ${seconds(testMs)} a run.`,
    '- Each line below was proved by two runs of the tests: a trial and a judge, each in a fresh scratch copy. Their names',
    '  are processes of the run: `npx skein log <process>` shows what was run and how it ended.',
    '',
    '"No test notices" is not "bug". A change may be one that nobody can notice, or that nobody cares about; the rest are',
    'tests to write.',
    '',
  ]
}

function section({ file, line, survivors }: ReturnType<typeof findingsOf>[number]): string {
  return [`## ${file}:${line}`, '', ...survivors.flatMap(one)].join('\n')
}

function one(survivor: Survivor): readonly string[] {
  const { change, was, is, trial, judge } = survivor
  const fence = '```'
  const diff = [...was.split('\n').map((text) => `- ${text}`), ...is.split('\n').map((text) => `+ ${text}`)]
  return [
    `${wordsOf(change)}; no test notices.`,
    '',
    `${fence}diff`,
    ...diff,
    fence,
    '',
    `Proved by \`${trial}\`, judged by \`${judge}\`.`,
    '',
  ]
}

function writtenPart(written: Written | undefined): readonly string[] {
  if (written === undefined) return []
  const { model, ends, files, patch, patchFile } = written
  const lines = ends.map(
    (end) => `- \`${end.change.file}:${end.change.line}\` (${wordsOf(end.change)}): ${endWords(end)}`,
  )
  const bound = files.length === 0 ? '' : ` The patch is \`${patchFile}\`, with the hash ${patch.slice(0, HASH_SHOWN)}.`
  return [
    '## Tests that were written',
    '',
    `By \`${model}\`: ${writtenWords(written)}; ${priceWords(written)}. **${capital(fateWords(written))}.**${bound}`,
    '',
    ...lines,
    '',
    'A proved test passes on the program as it is, with all other tests, and fails on the change; both were run.',
    '',
  ]
}

function endWords({ type, path, original, mutant, attempts, why }: Ending): string {
  switch (type) {
    case 'proved':
      return `a test in \`${path}\`; it passes in \`${original}\` and fails on the change in \`${mutant}\``
    case 'covered':
      return `noticed by a test above, in \`${mutant}\``
    case 'given up':
      return `given up after ${many(attempts, 'answer')}: ${(why ?? 'unknown').replaceAll(/\s+/g, ' ')}`
  }
}

const HASH_SHOWN = 12
const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)

function unloadedPart(files: readonly string[]): readonly string[] {
  if (files.length === 0) return []
  return [
    '## Files that no test loads',
    '',
    'With each of these broken from its first character on, the tests stay green:',
    '',
    ...files.map((file) => `- \`${file}\``),
    '',
  ]
}

function notes(request: Request, { tally, written }: Result): readonly string[] {
  const wavered =
    tally.wavered === 0
      ? []
      : [`- ${tally.wavered} changes were green at first and red when judged: these tests waver. They are not listed.`]
  const failed =
    tally.failed === 0
      ? []
      : [`- ${tally.failed} changes could not be tried; the first because: ${tally.why ?? 'unknown'}.`]
  return [
    '## How this was made',
    '',
    '- The proposer is a rule set that changes tokens (a comparison, a number, a condition, a call left out)' +
      `${written === undefined ? '; no model was asked' : ''}.`,
    '- The verifier is the exit code of the test command. Tests that fail, hang or outgrow their limits notice.',
    '- Running a test suite is running code. It ran in scratch copies with a bare environment, but that is not a sandbox.',
    ...wavered,
    ...failed,
    '',
  ]
}
