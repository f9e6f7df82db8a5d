import { accountProblems } from '../../operate/audit.ts'
import { findProcess } from '../../operate/find.ts'
import { countWords } from '../../words/amounts.ts'
import { withReader } from '../folder.ts'
import { jsonLine } from '../json.ts'
import { textOf } from '../table.ts'
import type { VerbBody } from '../verb.ts'

/** The exit code for a journal that does not verify. */
const BROKEN = 1

/** `skein verify`. */
export const verify: VerbBody = {
  about:
    'Each frame is hashed over its predecessor; every account must add up, and a parent must have been told what its children spent.',
  positionals: [{ name: 'pid', optional: true }],
  flags: {},
  examples: ['skein verify', 'skein verify a1', 'skein verify --json'],
  run: (typed, terminal) =>
    withReader(typed, terminal, async (reader) => {
      const asked = typed.positionals[0]
      const pid = asked === undefined ? undefined : await findProcess(reader, asked)
      const problems: { readonly pid: string; readonly problem: string }[] = []
      for await (const { pid: of, n, problem } of reader.verify(pid))
        problems.push({ pid: of, problem: `frame ${n}: ${problem}` })
      const broken = new Set(problems.map((problem) => problem.pid))
      let processes = 0
      for await (const view of reader.list({})) {
        if ((pid !== undefined && view.pid !== pid) || broken.has(view.pid)) continue
        processes += 1
        problems.push(...(await accountProblems(reader, view)))
      }
      if (typed.has('json')) terminal.out(jsonLine({ processes, problems, quarantine: reader.quarantine }))
      else if (problems.length === 0)
        terminal.out(`${countWords(processes, 'process')} verified: every chain holds, every account adds up\n`)
      else terminal.err(textOf(problems.map(({ pid: of, problem }) => `error CHAIN_BROKEN: ${of}: ${problem}`)))
      return problems.length === 0 ? 0 : BROKEN
    }),
}
