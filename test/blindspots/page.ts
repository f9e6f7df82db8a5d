/** The page about blind spots of kernel and engine, from the data of the last run. Pure. */
import type { Explained } from './records.ts'

const VERDICTS = ['noticed', 'hangs', 'killed', 'equivalent', 'open', 'survived'] as const

/** The whole page. */
export function blindspotsPage(changes: readonly Explained[], node: string): string {
  const survivors = changes.filter(({ verdict }) => verdict !== 'noticed' && verdict !== 'hangs')
  const of = (verdict: Explained['verdict'], among = changes): number =>
    among.filter((change) => change.verdict === verdict).length
  const folders = [...new Set(changes.map(folderOf))].toSorted()
  return [
    '# Blind spots of kernel and engine',
    '',
    'Small changes to the code of Skein itself, one at a time, and which of them no test ' +
      `notices. **${changes.length} changes** to \`src/kernel\` and \`src/engine/embedded\`: ${of('noticed') + of('hangs')} noticed at ` +
      `once by the tests near the file, ${of('killed')} by tests that were written for them since, ${of('equivalent')} change nothing ` +
      `that anybody could see, ${of('open') + of('survived')} are open.`,
    '',
    `\`npm run blindspots\` (Node ${node.slice(1)}): the proposer, the scratch copies and the order are those of \`npm start\`, a fair ` +
      'sample of one change for twenty lines, every file’s first change before any file’s second. A change meets the unit tests ' +
      'of its room and random workflows, an engine’s the tests beside it and the conformance suite. Survivors meet the rules, the ' +
      'traps, the simulation and more random workflows, and then a person: each has a verdict below.',
    '',
    `| folder | changes | ${VERDICTS.join(' | ')} |`,
    `| --- | --- | ${VERDICTS.map(() => '---').join(' | ')} |`,
    ...folders.map((folder) => {
      const here = changes.filter((change) => folderOf(change) === folder)
      return `| ${folder} | ${here.length} | ${VERDICTS.map((verdict) => of(verdict, here)).join(' | ')} |`
    }),
    '',
    '## What was not noticed at once',
    '',
    '| where | was | became | verdict | why |',
    '| --- | --- | --- | --- | --- |',
    ...survivors
      .toSorted((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1))
      .map(
        ({ file, line, was, is, verdict, because, by }) =>
          `| ${file.replace('src/', '')}:${line} | ${code(was)} | ${code(is)} | ${verdict} | ${cell(because ?? `survived: ${by}`)} |`,
      ),
    '',
  ].join('\n')
}

const folderOf = ({ file }: Explained): string => file.slice(0, file.lastIndexOf('/'))

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

const SHOWN_MAX = 120

/** Code in a cell: no mark in it may end it. */
function code(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  const shown = line.length > SHOWN_MAX ? `${line.slice(0, SHOWN_MAX)}…` : line
  return shown === '' ? '(nothing)' : `\`\` ${cell(shown)} \`\``
}
