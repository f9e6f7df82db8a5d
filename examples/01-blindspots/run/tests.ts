/** Runs the tests in a scratch copy: the verifier of everything that is claimed. */
import { SkeinError } from 'skein'
import { exec } from 'skein/tools'
import type { ExecResult } from 'skein/tools'
import { MEMORY_BYTES_MAX, OUTPUT_BYTES_KEPT, OUTPUT_BYTES_MAX, TAIL_LINES } from '../limits.ts'
import { seconds } from '../report/words.ts'
import type { Slot } from '../scratch/slots.ts'
import type { Tests, Verdict } from './types.ts'

export type TestRun = {
  readonly verdict: Verdict
  readonly ms: number
  /** How it ended, in words: `exit code 1`. */
  readonly ended: string
  /** The last lines it wrote. */
  readonly tail: string
}

/** What a test run may see of our environment beside the bare minimum: where tool chains keep their things, no keys. */
const PASSED_ON = (
  'SHELL CARGO_HOME RUSTUP_HOME RUSTUP_TOOLCHAIN GOPATH GOROOT GOCACHE GOMODCACHE GOFLAGS ' +
  'JAVA_HOME GRADLE_USER_HOME M2_HOME DOTNET_ROOT PYENV_ROOT VIRTUAL_ENV CONDA_PREFIX GEM_HOME GEM_PATH BUNDLE_PATH ' +
  'NVM_DIR VOLTA_HOME COREPACK_HOME PNPM_HOME LD_LIBRARY_PATH XDG_CACHE_HOME'
).split(' ')

function environment(slot: Slot): Record<string, string> {
  const passed = PASSED_ON.flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  const bins = ['node_modules/.bin', '.venv/bin', 'venv/bin'].map((bin) => `${slot.folder}/${bin}`)
  return {
    ...Object.fromEntries(passed),
    PATH: [...bins, process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'].join(':'),
    TMPDIR: slot.temporary,
    CI: '1',
    // A byte-code cache tells sources apart by second and size, which two changes can share.
    PYTHONDONTWRITEBYTECODE: '1',
  }
}

type Limit = Exclude<Verdict, 'green' | 'red'>
const LIMITS: Readonly<Record<string, Limit>> = {
  EXEC_TIMEOUT: 'time',
  EXEC_OUTPUT_LIMIT: 'output',
  EXEC_MEMORY_LIMIT: 'memory',
}
const MEGABYTE = 1024 * 1024
const LIMIT_WORDS: Readonly<Record<Limit, (testMs: number) => string>> = {
  time: (testMs) => `still running after ${seconds(testMs)}`,
  output: () => `more than ${OUTPUT_BYTES_MAX / MEGABYTE} MB of output`,
  memory: () => `more than ${MEMORY_BYTES_MAX / MEGABYTE} MB of memory`,
}

/** One run of the tests in a slot. Throws `EXEC_FAILED` when the command cannot be started at all. */
export async function runTests(
  slot: Slot,
  { argv, testMs, network }: Tests,
  signal: AbortSignal | undefined,
): Promise<TestRun> {
  try {
    const result = await exec(argv, {
      cwd: slot.folder,
      env: environment(slot),
      network: network ? 'host' : 'none',
      timeoutMs: testMs,
      outputBytesMax: OUTPUT_BYTES_KEPT,
      outputBytesHardMax: OUTPUT_BYTES_MAX,
      memoryBytesMax: MEMORY_BYTES_MAX,
      ...(signal === undefined ? {} : { signal }),
    })
    const ended = result.signal === null ? `exit code ${result.exitCode}` : `signal ${result.signal}`
    return { verdict: result.exitCode === 0 ? 'green' : 'red', ended, ...shown(result) }
  } catch (error) {
    const verdict = SkeinError.isInstance(error) ? LIMITS[error.code] : undefined
    if (verdict === undefined) throw error
    const about = shown((error as SkeinError).data as ExecResult)
    return { verdict, ended: LIMIT_WORDS[verdict](testMs), ...about }
  }
}

function shown({ stdout, stderr, durationMs }: ExecResult): { readonly ms: number; readonly tail: string } {
  const lines = `${stdout.trimEnd()}\n${stderr.trimEnd()}`.trim().split('\n')
  return { ms: Math.round(durationMs), tail: lines.slice(-TAIL_LINES).join('\n') }
}
