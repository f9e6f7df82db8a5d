/** What a command is given before it starts: its program, its environment, its folder. */
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'
import { SkeinError } from '../../std/index.ts'

/** What goes through from the runtime's environment; everything else, keys and tokens included, stays out. */
const PASSED = /^(?:PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_[A-Z]+|TZ|TMPDIR)$/
const PATH_DEFAULT = '/usr/local/bin:/usr/bin:/bin'

/** A command's environment. With a scratch folder, that is its home and its place for temporary files. */
export function environmentOf(added: Readonly<Record<string, string>> = {}, scratch?: string): Record<string, string> {
  const environment: Record<string, string> = { PATH: PATH_DEFAULT }
  for (const [name, value] of Object.entries(process.env))
    if (PASSED.test(name) && value !== undefined) environment[name] = value
  return { ...environment, ...(scratch === undefined ? {} : { HOME: scratch, TMPDIR: scratch }), ...added }
}

/** Throws `INPUT_INVALID` for what no system call takes. */
export function validateArgv(argv: readonly string[]): void {
  if (argv.length === 0 || argv[0] === '')
    throw new SkeinError('INPUT_INVALID', 'argv names no program; write for example ["ls", "-l"]')
  const bad = argv.findIndex((argument) => typeof argument !== 'string' || argument.includes('\0'))
  if (bad >= 0) throw new SkeinError('INPUT_INVALID', `argv[${bad}] is no text, or has a NUL byte in it`)
}

/** Throws `EXEC_FAILED` for a program that cannot be found and run, or a folder that is none. */
export async function checkProgram(program: string, cwd: string, path = PATH_DEFAULT): Promise<void> {
  const isFolder = await stat(cwd).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (!isFolder)
    throw new SkeinError('EXEC_FAILED', `the folder ${JSON.stringify(cwd)} to run in does not exist; create it`)
  if ((await findProgram(program, cwd, path)) !== undefined) return
  const where = program.includes('/') ? `in ${cwd}` : `in PATH (${path})`
  throw new SkeinError(
    'EXEC_FAILED',
    `the program ${JSON.stringify(program)} cannot be found and run ${where}; install it, or give its path`,
  )
}

/** Where a program is, as `execvp` would find it. */
export async function findProgram(program: string, cwd: string, path: string): Promise<string | undefined> {
  const candidates = program.includes('/')
    ? [resolve(cwd, program)]
    : path.split(delimiter).map((folder) => resolve(cwd, join(folder, program)))
  for (const candidate of candidates) {
    const canRun = await access(candidate, constants.X_OK).then(
      () => stat(candidate),
      () => undefined,
    )
    if (canRun?.isFile() === true) return candidate
  }
  return undefined
}
