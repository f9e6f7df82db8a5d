/** Whether accounts add up: each by itself, and parents with their children. */
import { DIMENSIONS, ProcessState } from '../../kernel/index.ts'
import type { Amounts } from '../../kernel/index.ts'
import type { ProcessView } from '../../engine/index.ts'
import type { Pid } from '../../std/index.ts'
import { isEnded } from '../views/rest.ts'
import type { Reader } from './find.ts'

/** Something that does not add up. */
export type AccountProblem = { readonly pid: Pid; readonly problem: string }

/** Checks one process's account and what its ended children reported. */
export async function accountProblems(reader: Reader, view: ProcessView): Promise<readonly AccountProblem[]> {
  const problems: AccountProblem[] = []
  const complain = (problem: string): void => void problems.push({ pid: view.pid, problem })
  const state = new ProcessState()
  try {
    for await (const frame of reader.history(view.pid)) {
      for (const fact of frame.facts) {
        state.apply(fact)
        if (fact.type === 'account' && fact.op === 'return' && fact.other !== undefined) {
          const child = await spentOf(reader, fact.other)
          if (child !== undefined && !equal(child.spent, fact.spent ?? {}))
            complain(
              `${fact.other} spent ${JSON.stringify(child.spent)} and reported ${JSON.stringify(fact.spent ?? {})}`,
            )
        }
      }
    }
  } catch (thrown) {
    return [{ pid: view.pid, problem: thrown instanceof Error ? thrown.message : String(thrown) }]
  }
  const { reserved, delegated, frozen } = state.account.data
  for (const dimension of DIMENSIONS) {
    if ((reserved[dimension] ?? 0) < 0) complain(`${dimension}: less than nothing is reserved`)
    if ((delegated[dimension] ?? 0) < 0) complain(`${dimension}: less than nothing is with its children`)
    if (!frozen && state.account.available(dimension) < 0)
      complain(`${dimension}: more is used than the cap, and the account is not frozen`)
    if (isEnded(view.status) && (reserved[dimension] ?? 0) !== 0)
      complain(`${dimension}: it has ended, and something is still reserved`)
  }
  return problems
}

async function spentOf(reader: Reader, pid: Pid): Promise<{ readonly spent: Amounts } | undefined> {
  const view = await reader.inspect(pid)
  return view !== undefined && isEnded(view.status) ? view.summary : undefined
}

function equal(a: Amounts, b: Amounts): boolean {
  return DIMENSIONS.every((dimension) => (a[dimension] ?? 0) === (b[dimension] ?? 0))
}
