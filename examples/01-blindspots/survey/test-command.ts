/** How a project runs its tests: told by the user, or by the files every ecosystem has. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A command, as it is shown and started. */
export type Argv = readonly [string, ...string[]]

const NEEDS_SHELL = /[|&;<>()$`*?[\]{}~#\n]/

/**
 * The argv of a command line. Quotes group words as in a shell; a line that uses more of a shell than that is given
 * to `sh -c` as it is. Undefined for an empty line.
 */
export function argvOf(line: string): Argv | undefined {
  const words: string[] = []
  let word: string | undefined
  for (const [, single, double, escaped, plain, blank] of line.matchAll(
    /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)|([^\s'"\\]+)|(\s+|.)/gs,
  )) {
    if (blank !== undefined) {
      // A quote that never closes.
      if (blank.trim() !== '') return ['sh', '-c', line]
      if (word !== undefined) words.push(word)
      word = undefined
      continue
    }
    if ((plain !== undefined && NEEDS_SHELL.test(plain)) || (double !== undefined && /[$`]/.test(double)))
      return ['sh', '-c', line]
    word = (word ?? '') + (single ?? double?.replace(/\\(["\\])/g, '$1') ?? escaped ?? plain ?? '')
  }
  if (word !== undefined) words.push(word)
  const [first, ...rest] = words
  // `CI=1 npm test` sets a variable, which only a shell can.
  if (first !== undefined && /^\w+=/.test(first)) return ['sh', '-c', line]
  return first === undefined ? undefined : [first, ...rest]
}

/** A command as a person would type it. */
export function shownArgv(argv: readonly string[]): string {
  return argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ')
}

type Guess = { readonly argv: Argv; readonly because: string }

/** The test command of a folder, and what told us. Undefined when nothing does. */
export async function guessTestCommand(folder: string): Promise<Guess | undefined> {
  const read = (file: string): Promise<string | undefined> =>
    readFile(join(folder, file), 'utf8').catch(() => undefined)
  const scripted = nodeScript(await read('package.json'))
  if (scripted !== undefined) return scripted
  if ((await read('Cargo.toml')) !== undefined) return { argv: ['cargo', 'test', '--quiet'], because: 'Cargo.toml' }
  if ((await read('go.mod')) !== undefined) return { argv: ['go', 'test', './...'], because: 'go.mod' }
  for (const file of ['pytest.ini', 'pyproject.toml', 'tox.ini', 'setup.cfg', 'setup.py', 'conftest.py']) {
    if ((await read(file)) !== undefined) return { argv: ['python3', '-m', 'pytest', '-q', '-x'], because: file }
  }
  if ((await read('.rspec')) !== undefined)
    return { argv: ['bundle', 'exec', 'rspec', '--fail-fast'], because: '.rspec' }
  for (const file of ['Makefile', 'makefile', 'GNUmakefile']) {
    for (const target of ['test', 'check']) {
      if (new RegExp(`^${target}\\s*:`, 'm').test((await read(file)) ?? ''))
        return { argv: ['make', target], because: file }
    }
  }
  return undefined
}

function nodeScript(text: string | undefined): Guess | undefined {
  if (text === undefined) return undefined
  try {
    const script = (JSON.parse(text) as { scripts?: { test?: unknown } }).scripts?.test
    if (typeof script !== 'string' || script.includes('no test specified')) return undefined
    return { argv: ['npm', 'test', '--silent'], because: 'package.json' }
  } catch {
    return undefined
  }
}
