/** Kills its own process at a commit: the harness's knife, put under the engine without the engine's knowing. */
import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'

type Prepare = (this: DatabaseSync, ...args: readonly [string]) => StatementSync

/** Which commit of this process is the last: `before` it nothing of it is on disk, `after` it nobody has acted on it. */
export type FatalCommit = { readonly n: number; readonly when: 'before' | 'after' }

/** Counts the commits of every database that is opened from now on, and dies at the fatal one. */
export function dieAtCommit(fatal: FatalCommit | undefined): { readonly count: () => number } {
  let n = 0
  const prepare: Prepare = Reflect.get(DatabaseSync.prototype, 'prepare')
  const die = (when: FatalCommit['when']): void => {
    if (fatal?.n === n && fatal.when === when) process.kill(process.pid, 'SIGKILL')
  }
  DatabaseSync.prototype.prepare = function (...args: Parameters<Prepare>) {
    const statement = prepare.apply(this, args)
    if (args[0] !== 'commit') return statement
    const commit = statement.run.bind(statement)
    statement.run = () => {
      n += 1
      die('before')
      const done = commit()
      die('after')
      return done
    }
    return statement
  }
  return { count: () => n }
}
