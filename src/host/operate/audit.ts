/**
 * Whether accounts add up: each by itself, and parents with their children.
 *
 * A child reports at each of its ends, in their order, what it has spent and lost up to that end: a child that was retried has
 * several. A retry that it refuses reports the same end again. When its money goes out again, the parent takes back exactly
 * what was reported last, as the next report says all of it anew.
 */
import { DIMENSIONS, ProcessState } from '../../kernel/index.ts'
import type { Amounts, FactOf } from '../../kernel/index.ts'
import type { ProcessView } from '../../engine/index.ts'
import type { Pid } from '../../std/index.ts'
import { isEnded } from '../views/rest.ts'
import type { Reader } from './find.ts'

/** Something that does not add up. */
export type AccountProblem = { readonly pid: Pid; readonly problem: string }

/** Checks one process's account and what its children reported at their ends. */
export async function accountProblems(reader: Reader, view: ProcessView): Promise<readonly AccountProblem[]> {
  const problems: AccountProblem[] = []
  const complain = (problem: string): void => void problems.push({ pid: view.pid, problem })
  const state = new ProcessState()
  const dealings = new Map<Pid, readonly Dealing[]>()
  try {
    for await (const frame of reader.history(view.pid)) {
      for (const fact of frame.facts) {
        state.apply(fact)
        if (fact.type !== 'account' || fact.other === undefined) continue
        if (fact.op === 'carve' || fact.op === 'return')
          dealings.set(fact.other, [...(dealings.get(fact.other) ?? []), fact])
      }
    }
    for (const [child, facts] of dealings)
      for (const problem of await misreported(reader, child, facts)) complain(problem)
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

type Dealing = FactOf<'account'>
type Used = { readonly spent?: Amounts; readonly forfeited?: Amounts }

/** Where the parent's facts about a child are not what the child's own say. */
async function misreported(reader: Reader, child: Pid, dealings: readonly Dealing[]): Promise<readonly string[]> {
  if (!dealings.some(({ op }) => op === 'return') || (await reader.inspect(child)) === undefined) return []
  const ends = await usedAtEnds(reader, child)
  const problems: string[] = []
  let last: Used | undefined
  let place = 0
  for (const dealing of dealings) {
    if (dealing.op === 'return') {
      const at = ends.findIndex((used, index) => index >= place && isSame(used, dealing))
      if (at < 0)
        problems.push(
          `${child} reported ${wordsOf(dealing)}, and had used ${ends.map(wordsOf).join(', then ') || 'nothing yet: it had not ended'}`,
        )
      place = Math.max(place, at)
      last = dealing
    } else if (last !== undefined) {
      if (!isSame(last, dealing, -1))
        problems.push(`${child} had reported ${wordsOf(last)}, and was given money anew with ${wordsOf(dealing)}`)
      last = undefined
    }
  }
  return problems
}

async function usedAtEnds(reader: Reader, pid: Pid): Promise<readonly Used[]> {
  const state = new ProcessState()
  const ends: Used[] = []
  for await (const { facts } of reader.history(pid))
    for (const fact of facts) {
      state.apply(fact)
      if (fact.type === 'ended') ends.push(state.account.data)
    }
  return ends
}

function isSame(a: Used, b: Used, sign = 1): boolean {
  return DIMENSIONS.every(
    (dimension) =>
      (a.spent?.[dimension] ?? 0) === sign * (b.spent?.[dimension] ?? 0) &&
      (a.forfeited?.[dimension] ?? 0) === sign * (b.forfeited?.[dimension] ?? 0),
  )
}

function wordsOf({ spent = {}, forfeited = {} }: Used): string {
  return JSON.stringify({ spent, forfeited })
}
