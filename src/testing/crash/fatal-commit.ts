/** Kills its own process at a commit: the harness's knife, put under the engine without the engine's knowing. */
import { writeSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'

type Prepare = (this: DatabaseSync, ...args: readonly [string]) => StatementSync
type Ran = ReturnType<StatementSync['run']>

/**
 * Which commit of this process is the last: `before` it nothing of it is on disk, `after` it nobody has acted on it.
 * Stopped instead of killed, the process says `frozen` first, and can be made to go on.
 */
export type FatalCommit = {
  readonly n: number
  readonly when: 'before' | 'after'
  readonly signal?: 'SIGKILL' | 'SIGSTOP'
}

/** Runs `around` in place of each commit of every database that is opened from now on. */
export function aroundCommits(around: (commit: () => Ran) => Ran): void {
  const prepare: Prepare = Reflect.get(DatabaseSync.prototype, 'prepare')
  DatabaseSync.prototype.prepare = function (...args: Parameters<Prepare>) {
    const statement = prepare.apply(this, args)
    if (args[0] !== 'commit') return statement
    const commit = statement.run.bind(statement)
    statement.run = () => around(commit)
    return statement
  }
}

/** Counts the commits of every database that is opened from now on, and dies at the fatal one. */
export function dieAtCommit(fatal: FatalCommit | undefined): { readonly count: () => number } {
  let n = 0
  const die = (when: FatalCommit['when']): void => {
    if (fatal?.n !== n || fatal.when !== when) return
    const { signal = 'SIGKILL' } = fatal
    if (signal === 'SIGSTOP') writeSync(1, 'frozen\n')
    process.kill(process.pid, signal)
  }
  aroundCommits((commit) => {
    n += 1
    die('before')
    const done = commit()
    die('after')
    return done
  })
  return { count: () => n }
}
