import { SkeinError } from '../../../std/index.ts'
import { diffRuns } from '../../views/diff.ts'
import type { DiffSide, DiffTotals, DiffVerdict, EffectDiff, RunDiff } from '../../views/diff.ts'
import { amountsWords, countWords } from '../../words/amounts.ts'
import { shortPid } from '../../words/pid.ts'
import { oneLine, outcomeWords } from '../../words/value.ts'
import { withReader } from '../folder.ts'
import { jsonLine, outcomeJson } from '../json.ts'
import { table, textOf } from '../table.ts'
import type { VerbBody } from '../verb.ts'

const OUTCOME_MAX = 60

/** `skein diff`. */
export const diff: VerbBody = {
  about: [
    'Effects are matched by what was asked for, not by position. What is the same in both is counted, and listed with --all.',
    'Money and tokens of a fork are its own: what it shares with its origin was paid there.',
  ].join('\n'),
  positionals: [{ name: 'a' }, { name: 'b' }],
  flags: { all: { help: 'list what is the same, too' } },
  examples: ['skein diff a1 a1-again', 'skein diff a1 a1-again --json'],
  run: (typed, terminal) =>
    withReader(typed, terminal, async (reader) => {
      const [a = '', b = ''] = typed.positionals
      const found = await diffRuns(reader, a, b)
      if (found.a === found.b) throw new SkeinError('USAGE', `skein diff: ${a} and ${b} are one process; name another`)
      terminal.out(typed.has('json') ? jsonLine(diffJson(found)) : textOf(diffLines(found, typed.has('all'))))
      return 0
    }),
}

function diffLines(diff: RunDiff, isAll: boolean): readonly string[] {
  const { rows, same } = rowsOf(diff, '', isAll)
  const listed = rows.length === 0 ? [] : table(['EFFECT', '', 'A', 'B'], rows)
  const note = same === 0 || isAll ? [] : [`${countWords(same, 'effect')} the same (--all lists them)`]
  return [...listed, ...note, '', ...table(['', 'A', 'B'], totalRows(diff))]
}

type Rows = { readonly rows: readonly (readonly string[])[]; readonly same: number }

/** Of children the path is part of the name. */
function rowsOf(diff: RunDiff, path: string, isAll: boolean): Rows {
  const rows: (readonly string[])[] = []
  let same = 0
  for (const effect of diff.effects) {
    const name = `${path}${(effect.a ?? effect.b)?.name ?? effect.key}`
    if (effect.verdict === 'same') same += 1
    if (isAll || effect.verdict !== 'same') rows.push([name, effect.verdict, sideWords(effect.a), sideWords(effect.b)])
    if (effect.child === undefined) continue
    const below = rowsOf(effect.child, `${name}/`, isAll)
    rows.push(...below.rows)
    same += below.same
  }
  return { rows, same }
}

function sideWords(side: DiffSide | undefined): string {
  if (side === undefined) return '–'
  if (side.outcome === undefined) return 'no outcome yet'
  return oneLine(outcomeWords(side.outcome, OUTCOME_MAX), OUTCOME_MAX)
}

function totalRows({ a, b, totals }: RunDiff): readonly (readonly string[])[] {
  const row = (name: string, of: (totals: DiffTotals) => string): readonly string[] => [
    name,
    of(totals.a),
    of(totals.b),
  ]
  return [
    ['process', shortPid(a), shortPid(b)],
    row('effects', ({ effects }) => String(effects)),
    row('tokens', ({ inputTokens, outputTokens }) => `${inputTokens} in, ${outputTokens} out`),
    row('used', ({ spent }) => amountsWords(spent) || 'nothing'),
  ]
}

function diffJson({ a, b, effects, totals }: RunDiff): unknown {
  return { a, b, effects: effects.map(effectJson), totals }
}

function effectJson({ a, b, child, ...rest }: EffectDiff): { readonly verdict: DiffVerdict } {
  return {
    ...rest,
    ...(a === undefined ? {} : { a: sideJson(a) }),
    ...(b === undefined ? {} : { b: sideJson(b) }),
    ...(child === undefined ? {} : { child: diffJson(child) }),
  }
}

function sideJson({ outcome, ...rest }: DiffSide): unknown {
  return { ...rest, ...(outcome === undefined ? {} : { outcome: outcomeJson(outcome) }) }
}
