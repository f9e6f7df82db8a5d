/** The page about blind spots of kernel and engine. Pure. */
import { saysOf } from '../../examples/01-blindspots/code/operators/index.ts'
import { STAGES } from './records.ts'
import { FATES, SURVIVED, toldOf } from './fates.ts'
import type { Fate, Told } from './fates.ts'
import type { BlindspotsData, Explanation, Kept } from './kept.ts'

const STAGE_WORDS = {
  seeds: 'eight random workflows with crashes, on one program that holds all changes and a switch',
  near: 'tests near its file',
  reached: 'tests anywhere that run this code, on the same program, quickest first',
  types: 'the compiler',
  unit: 'all of `unit` that runs this code, many survivors at once, and then alone',
  simulation: 'all of `sim`, the same way',
} as const

const KIND_WORDS: Readonly<Record<(typeof SURVIVED)[number], string>> = {
  killed: 'had not been noticed, and is by the tests as they are now',
  equivalent: 'changes nothing that anybody could see',
  slower: 'costs time and nothing else',
  words: 'words for people',
  unreachable: 'behind something else that keeps it from mattering; kept as a second line',
  open: 'should be noticed, and is not',
  left: 'was not noticed so far, and has not met all stages',
}

/** The whole page. */
export function blindspotsPage(data: BlindspotsData, explanations: readonly Explanation[]): string {
  const all = toldOf(data, explanations)
  const count = (fate: Fate, among = all): number => among.filter((one) => one.fate === fate).length
  const left = count('left')
  const survivors = all.filter(({ change, fate }) => change.verdict === 'survived' && fate !== 'left')
  const hangs = all.filter(({ change }) => change.verdict === 'hangs').length
  const cpuMs = data.changes.reduce((sum, change) => sum + change.cpuMs, 0)
  const explained = survivors.length - count('killed') - count('open')
  const underWay = left === 0 ? '' : `${left} have not met all tests yet, `
  const rows = (nameOf: (told: Told) => string): readonly (readonly string[])[] =>
    [...new Set(all.map(nameOf))].toSorted().map((name) => {
      const here = all.filter((one) => nameOf(one) === name)
      return [name, String(here.length), ...FATES.map((fate) => String(count(fate, here) || ''))]
    })
  return [
    '<!-- Made by `npm run blindspots`; edit `test/blindspots`, not this page. -->',
    '',
    '# Blind spots of kernel and engine',
    '',
    'Which lines of Skein itself could break without any test noticing? Small changes to `src/kernel` and ' +
      `\`src/engine/embedded\`, one at a time. **${all.length} changes: ${all.length - survivors.length - left} were noticed, ` +
      `${underWay}${survivors.length} survived: ${explained} of these are explained, ` +
      `${count('killed')} are noticed by the tests as they are now, ` +
      `${count('open')} are open.**`,
    '',
    `\`npm run blindspots\` goes on until all ${data.sample} changes of the sample are tried, and can be stopped and started as you ` +
      `like; code ${data.commit}, Node ${data.node.slice(1)}, ${(cpuMs / 1_000 / data.changes.length).toFixed(1)} s of a processor ` +
      'per change. `--again` has survivors meet the tests as they are now.',
    '',
    'Changes, scratch copies and order are those of `npm start`; there is no seed, because a hash decides and the same code gives the ' +
      'same changes: one for twenty lines of a file, of any beginning each file has its share. A change meets these in turn, and ' +
      `stops at the first that notices; ${hangs} were noticed because a test did not end that ends on the untouched code.`,
    '',
    table({
      head: ['meets', 'which is', 'noticed first here'],
      rows: STAGES.map((stage) => [stage, STAGE_WORDS[stage], String(count(stage))]),
    }),
    '',
    'What is left, each with its reason below:',
    '',
    ...SURVIVED.map((kind) => `- ${kind}: ${KIND_WORDS[kind]} (${count(kind)})`),
    '',
    table({ head: ['room', 'changes', ...FATES], rows: rows(({ change }) => folderOf(change)) }),
    '',
    table({ head: ['kind of change', 'changes', ...FATES], rows: rows(({ change }) => saysOf(change.operator)) }),
    '',
    '## Survivors',
    '',
    table({
      head: ['where', 'was', 'became', 'verdict', 'why, or noticed by'],
      rows: survivors
        .toSorted((a, b) => (placeOf(a.change) < placeOf(b.change) ? -1 : 1))
        .map(({ change, fate, because }) => [
          `${change.file.replace('src/', '')}:${change.line}`,
          ...differing(change.was, change.is).map(code),
          fate,
          cell(because),
        ]),
    }),
    '',
  ].join('\n')
}

const folderOf = ({ file }: Kept): string => file.slice(0, file.lastIndexOf('/'))
const placeOf = ({ file, line }: Kept): string => `${file}:${String(line).padStart(5, '0')}`
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

type Table = { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] }

const table = ({ head, rows }: Table): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

/** Of several lines only those that differ. */
function differing(was: string, is: string): readonly [string, string] {
  const [before, after] = [was.split('\n'), is.split('\n')]
  if (before.length !== after.length) return [was, is]
  const differ = (lines: readonly string[], others: readonly string[]): string =>
    lines.filter((line, at) => line !== others[at]).join('\n')
  return [differ(before, after), differ(after, before)]
}

const SHOWN_MAX = 120

/** Code in a cell: no mark in it may end it. */
function code(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  const shown = line.length > SHOWN_MAX ? `${line.slice(0, SHOWN_MAX)}…` : line
  return shown === '' ? '(nothing)' : `\`\` ${cell(shown)} \`\``
}
