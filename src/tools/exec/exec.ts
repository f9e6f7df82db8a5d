/** `exec()`: runs one command, bounded. */
import { Cancelled } from '../../std/index.ts'
import { checkProgram, environmentOf, validateArgv } from './command.ts'
import type { ExecOptions, ExecResult } from './exec-options.ts'
import { Execution } from './execution.ts'
import { withoutNetwork } from './network.ts'

/**
 * Runs a command to its end. Throws `EXEC_FAILED` (it could not start), `EXEC_TIMEOUT`, `EXEC_OUTPUT_LIMIT`,
 * `EXEC_MEMORY_LIMIT` (`data` is its result until then), `CANCELLED`.
 */
export async function exec(argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
  validateArgv(argv)
  throwIfCancelled(options.signal)
  const cwd = options.cwd ?? process.cwd()
  const env = environmentOf(options.env, options.scratch)
  await checkProgram(argv[0] ?? '', cwd, env['PATH'])
  const prefix = options.network === 'host' ? undefined : await withoutNetwork()
  throwIfCancelled(options.signal)
  return new Execution(argv, options, prefix === undefined ? 'host' : 'none').run(
    [...(prefix ?? []), ...argv],
    cwd,
    env,
  )
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new Cancelled('the command was cancelled before it started')
}
