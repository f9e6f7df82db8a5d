/** `execTool()`: commands as a tool. It bounds what a command may be and use; it is no sandbox for its files. */
import { durationMs, SkeinError } from '../../std/index.ts'
import type { Duration } from '../../std/index.ts'
import type { EffectClass } from '../../kernel/index.ts'
import { optional, shape, text, texts } from '../definition/input-shape.ts'
import type { DefinedTool } from '../definition/tool.ts'
import { tool } from '../definition/tool.ts'
import { realRoot, resolveInside } from '../folder/locate.ts'
import { pathError } from '../folder/path-error.ts'
import { EXEC_CLOSE_MS_MAX, EXEC_KILL_MS_MAX, EXEC_STDIN_CHARS_MAX, EXEC_TIMEOUT_MS_DEFAULT } from '../limits.ts'
import { exec } from './exec.ts'
import type { ExecOptions, ExecResult } from './exec-options.ts'

const ANY_ONE = '*'
const ANY_REST = '**'

const ExecInput = shape({
  argv: texts('Program and arguments, one text each. No shell: no quoting, no pipes, no wildcards.', 1),
  cwd: optional(text('Folder to run in, relative. Default: the folder of the tool.')),
  stdin: optional(text('What the program reads. Default: nothing.', EXEC_STDIN_CHARS_MAX)),
})

/** What the tool may run, and within which bounds. */
export type ExecToolOptions = Pick<
  ExecOptions,
  'env' | 'scratch' | 'network' | 'outputBytesMax' | 'outputBytesHardMax' | 'memoryBytesMax' | 'onStart'
> & {
  /**
   * Allowed commands: each is an argv in which `*` stands for any one argument and a last `**` for any number of
   * them; or a function that says whether an argv may run.
   */
  readonly allow: readonly (readonly string[])[] | ((argv: readonly string[]) => boolean)
  /** The folder that `cwd` is confined to, and the default to run in; the current folder when absent. */
  readonly root?: string
  readonly timeout?: Duration
  readonly name?: string
  readonly description?: string
  /** `write` when absent: in doubt a command is not run again by itself. */
  readonly effect?: EffectClass
  readonly idempotent?: boolean
  readonly needsApproval?: boolean | ((input: { readonly argv: readonly string[] }) => boolean)
  /** How many may run at once in this host. */
  readonly concurrency?: number
}

/** A tool that runs allowed commands. */
export function execTool(options: ExecToolOptions): DefinedTool<typeof ExecInput, Promise<ExecResult>> {
  const {
    allow,
    root = process.cwd(),
    timeout = EXEC_TIMEOUT_MS_DEFAULT,
    name = 'exec',
    env,
    scratch,
    ...rest
  } = options
  const { network, outputBytesMax, outputBytesHardMax, memoryBytesMax, onStart, ...manner } = rest
  if (typeof allow !== 'function' && !Array.isArray(allow)) {
    throw new SkeinError(
      'DEFINITION_INVALID',
      `tool "${name}" does not say what it may run; give allow: [['npm', 'test']], or a function of argv`,
    )
  }
  const timeoutMs = durationMs(timeout)
  const bounds = { env, scratch, network, outputBytesMax, outputBytesHardMax, memoryBytesMax, onStart }
  return tool({
    description: describe(allow),
    ...manner,
    name,
    // The command's own time-out comes first: it is a known end, where the gate's would leave it in doubt.
    timeout: timeoutMs + EXEC_KILL_MS_MAX + EXEC_CLOSE_MS_MAX,
    inputSchema: ExecInput,
    execute: async ({ argv, cwd = '.', stdin }, { abortSignal }) => {
      if (!isAllowed(allow, argv)) throw refused(name, allow, argv)
      const folder = await resolveInside(await realRoot(root), cwd).catch((error: unknown) => {
        throw pathError(error, cwd)
      })
      return exec(argv, { ...definedOf(bounds), ...definedOf({ stdin, signal: abortSignal }), cwd: folder, timeoutMs })
    },
  })
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** The members that have a value. */
function definedOf<T extends object>(members: T): Defined<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Defined<T>
}

function isAllowed(allow: ExecToolOptions['allow'], argv: readonly string[]): boolean {
  return typeof allow === 'function' ? allow(argv) : allow.some((pattern) => matches(pattern, argv))
}

function matches(pattern: readonly string[], argv: readonly string[]): boolean {
  const isOpen = pattern.at(-1) === ANY_REST
  const fixed = isOpen ? pattern.slice(0, -1) : pattern
  if (isOpen ? argv.length < fixed.length : argv.length !== fixed.length) return false
  return fixed.every((word, i) => word === ANY_ONE || word === argv[i])
}

function describe(allow: ExecToolOptions['allow']): string {
  const rule =
    typeof allow === 'function' ? '' : ` Allowed (* is any argument, ** any number of them): ${shown(allow)}.`
  return `Runs a program and gives its exit code and output.${rule}`
}

function shown(allow: readonly (readonly string[])[]): string {
  return allow.map((pattern) => JSON.stringify(pattern)).join(', ')
}

function refused(name: string, allow: ExecToolOptions['allow'], argv: readonly string[]): SkeinError {
  const mend = typeof allow === 'function' ? 'its rule is a function of the author' : `allowed: ${shown(allow)}`
  return new SkeinError('EXEC_REFUSED', `tool "${name}" may not run ${JSON.stringify(argv).slice(0, 300)}; ${mend}`)
}
