/** Runs the tests in a scratch copy: the verifier of everything that is claimed. */
import type { Slot } from '../scratch/slots.ts'
import { MEMORY_BYTES_MAX, OUTPUT_BYTES_MAX, TAIL_LINES } from '../limits.ts'
import { command } from './command.ts'
import type { Verdict } from './types.ts'

export type TestRun = {
  readonly verdict: Verdict
  readonly ms: number
  /** How it ended, in words: `exit code 1`. */
  readonly ended: string
  /** The last lines it wrote. */
  readonly tail: string
}

/** What a test run may see of our environment; keys and settings of Skein are not among it. */
const PASSED_ON = new Set(
  ('HOME USER LOGNAME SHELL LANG LANGUAGE TZ TERM CARGO_HOME RUSTUP_HOME RUSTUP_TOOLCHAIN GOPATH GOROOT GOCACHE ' +
    'GOMODCACHE GOFLAGS JAVA_HOME GRADLE_USER_HOME M2_HOME DOTNET_ROOT PYENV_ROOT VIRTUAL_ENV CONDA_PREFIX GEM_HOME ' +
    'GEM_PATH BUNDLE_PATH NVM_DIR VOLTA_HOME COREPACK_HOME PNPM_HOME LD_LIBRARY_PATH XDG_CACHE_HOME').split(' '),
)

function environment(slot: Slot): Record<string, string> {
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && (PASSED_ON.has(name) || name.startsWith('LC_'))) env[name] = value
  }
  const bins = ['node_modules/.bin', '.venv/bin', 'venv/bin'].map((bin) => `${slot.folder}/${bin}`)
  env['PATH'] = [...bins, process.env['PATH'] ?? '/usr/bin:/bin'].join(':')
  env['TMPDIR'] = slot.temporary
  env['CI'] = '1'
  // A byte-code cache tells sources apart by second and size, which two changes can share.
  env['PYTHONDONTWRITEBYTECODE'] = '1'
  return env
}

/** One run of the tests in a slot. Throws when the command cannot be started at all. */
export async function runTests(
  slot: Slot,
  about: { readonly argv: readonly string[]; readonly testMs: number; readonly signal?: AbortSignal | undefined },
): Promise<TestRun> {
  const ended = await command(about.argv, {
    cwd: slot.folder,
    env: environment(slot),
    timeoutMs: about.testMs,
    outputBytesMax: OUTPUT_BYTES_MAX,
    memoryBytesMax: MEMORY_BYTES_MAX,
    signal: about.signal,
  })
  const verdict = ended.limit ?? (ended.exitCode === 0 ? 'green' : 'red')
  const words = ended.limit === undefined ? (ended.signal === undefined ? `exit code ${ended.exitCode}` : `signal ${ended.signal}`) : `stopped at its limit of ${ended.limit}`
  return { verdict, ms: ended.ms, ended: words, tail: ended.output.trimEnd().split('\n').slice(-TAIL_LINES).join('\n') }
}
