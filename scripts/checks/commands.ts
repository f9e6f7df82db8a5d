/** The checks that are one command each. */
import { runCommand, type CommandOptions } from './command.ts'
import { checkLine, FAILED, PASSED, type Check } from './tally.ts'

/** Passes when the command ends with 0; its output is shown only when it does not. */
export function commandCheck(name: string, argv: readonly string[], options: CommandOptions = {}): Check {
  return {
    name,
    async run() {
      const started = performance.now()
      const { code, output } = await runCommand(argv, options)
      console.log(checkLine(name, code === 0, started))
      if (code !== 0) console.log(`${output.trimEnd()}\n     ↑ ${argv.join(' ')}`)
      return code === 0 ? PASSED : FAILED
    },
  }
}

export const STATIC_CHECKS: readonly Check[] = [
  commandCheck('types', ['tsc', '-p', 'tsconfig.json']),
  commandCheck('lint', ['oxlint', '--type-aware', '--deny-warnings']),
  commandCheck('format', ['oxfmt', '--check']),
]

export const UNUSED_CODE_CHECK = commandCheck('unused code', ['knip', '--no-progress'])
