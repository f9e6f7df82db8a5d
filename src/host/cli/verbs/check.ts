import { resolve } from 'node:path'
import type { AnyDefinition, UpgradeOutcome, UpgradeReport } from '../../../kernel/index.ts'
import { errorData, SkeinError, toSkeinError } from '../../../std/index.ts'
import { readJournals } from '../../journals/journal-file.ts'
import type { ExportedJournal } from '../../journals/journal-file.ts'
import { loadFile } from '../../load/definitions.ts'
import { planUpgrade } from '../../operate/upgrade.ts'
import { upgradeWords } from '../../words/upgrade.ts'
import { jsonLine } from '../json.ts'
import { table, textOf } from '../table.ts'
import type { Terminal } from '../terminal.ts'
import { FILES } from '../verb.ts'
import type { Typed, VerbBody } from '../verb.ts'

/** Some run would be parked. */
const WOULD_PARK = 1

const OUTCOMES: readonly UpgradeOutcome[] = ['identical', 'late-insert', 'orphan', 'parked']

/** What became of one journal under the new code. */
type Checked = {
  readonly journal: ExportedJournal
  readonly outcome: UpgradeOutcome
  readonly words: string
  readonly report?: UpgradeReport
}

/** `skein check`. */
export const check: VerbBody = {
  about: [
    'For each run that has not ended: identical, late insert, orphan, or parked with the reason. Nothing is done, and nothing is written.',
    'A run that skein export --mask has left out is listed as not checked.',
    'Exit code 0 when no run would be parked, 1 when one would, 2 for a mistake in the command.',
  ].join('\n'),
  positionals: FILES,
  flags: { journals: { value: 'FILE', help: 'what skein export --journals has written' } },
  examples: [
    'skein check article.ts --journals prod.jsonl',
    'skein check article.ts mail.ts --journals prod.jsonl --json',
  ],
  run: async (typed, terminal) => {
    const path = typed.text('journals')
    if (path === undefined || typed.positionals.length === 0)
      throw new SkeinError(
        'USAGE',
        'skein check: name the files of the new code, and the journals: skein check FILE --journals FILE',
      )
    const code = await definitionsIn(typed.positionals, terminal)
    const checked: Checked[] = []
    const unchecked: ExportedJournal[] = []
    for await (const journal of readJournals(resolve(terminal.cwd, path))) {
      const isOver = journal.facts.at(-1)?.type === 'ended'
      if (journal.unmaskable !== undefined) unchecked.push(journal)
      else if (!isOver) checked.push(await checkJournal(journal, code))
    }
    show(checked, unchecked, typed, terminal)
    return checked.some(({ outcome }) => outcome === 'parked') ? WOULD_PARK : 0
  },
}

async function definitionsIn(
  paths: readonly string[],
  terminal: Terminal,
): Promise<ReadonlyMap<string, AnyDefinition>> {
  const code = new Map<string, AnyDefinition>()
  for (const path of paths) {
    const { main, named } = await loadFile(path, terminal.cwd)
    for (const definition of [...named.values(), ...(main === undefined ? [] : [main])])
      code.set(definition.name, definition)
  }
  return code
}

async function checkJournal(journal: ExportedJournal, code: ReadonlyMap<string, AnyDefinition>): Promise<Checked> {
  const definition = code.get(journal.workflow)
  if (definition?.kind !== journal.kind)
    return {
      journal,
      outcome: 'parked',
      words: `CODE_ABSENT: no file that was named defines the ${journal.kind} ${journal.workflow}`,
    }
  try {
    const { report } = await planUpgrade(journal, definition)
    return { journal, outcome: report.outcome, words: upgradeWords(report), report }
  } catch (thrown) {
    const { code: errorCode, message } = errorData(toSkeinError(thrown))
    return { journal, outcome: 'parked', words: `${errorCode}: ${message}` }
  }
}

function show(
  checked: readonly Checked[],
  unchecked: readonly ExportedJournal[],
  typed: Typed,
  terminal: Terminal,
): void {
  const names = [...new Set(checked.map(({ journal }) => journal.workflow))].toSorted()
  const counts = names.map((workflow) => {
    const own = checked.filter(({ journal }) => journal.workflow === workflow)
    return { workflow, counts: OUTCOMES.map((outcome) => own.filter((one) => one.outcome === outcome).length) }
  })
  if (typed.has('json')) {
    const rows = counts.map((row) => ({
      workflow: row.workflow,
      ...Object.fromEntries(OUTCOMES.map((outcome, i) => [outcome, row.counts[i]])),
    }))
    const runs = checked.map(({ journal, outcome, words, report }) => ({
      pid: journal.pid,
      workflow: journal.workflow,
      outcome,
      words,
      report,
    }))
    const left = unchecked.map(({ pid, workflow, unmaskable }) => ({ pid, workflow, why: unmaskable }))
    terminal.out(jsonLine({ definitions: rows, runs, unchecked: left }))
    return
  }
  const rows = counts.map((row) => [row.workflow, ...row.counts.map(String)])
  terminal.out(textOf(table(['definition', 'identical', 'late insert', 'orphan', 'parked'], rows)))
  for (const { journal, outcome, words } of checked)
    if (outcome !== 'identical') terminal.out(`${journal.pid}  ${words}\n`)
  for (const { pid, unmaskable } of unchecked)
    terminal.out(`${pid}  not checked: exported without its journal; ${unmaskable}\n`)
}
