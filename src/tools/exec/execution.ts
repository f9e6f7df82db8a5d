/**
 * A command under way: started, bounded, and gone with all its descendants.
 *
 * Invariants:
 * 1. No shell reads the command's words: argv is what the program gets.
 * 2. It starts only when the watchdog knows its group, and has ended only when its group has: by itself, by a
 *    limit, by an abort or with the runtime.
 * 3. Memory is bounded whatever it prints: the window keeps a beginning and an end, the rest is read and dropped,
 *    and at the hard limit the command is killed.
 * 4. The first reason to stop it wins. A limit is an error that carries what the command did until then; an exit
 *    code other than 0 is a result.
 */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { Cancelled, SkeinError } from '../../std/index.ts'
import {
  EXEC_CLOSE_MS_MAX,
  EXEC_KILL_MS_MAX,
  EXEC_OUTPUT_BYTES_DEFAULT,
  EXEC_OUTPUT_BYTES_HARD_DEFAULT,
  EXEC_SAMPLE_MS_FIRST,
  EXEC_SAMPLE_MS_MAX,
  EXEC_TIMEOUT_MS_DEFAULT,
} from '../limits.ts'
import type { ExecOptions, ExecResult } from './exec-options.ts'
import { OutputWindow } from './output-window.ts'
import { groupOf, MARK, TrackedGroup } from './process-group.ts'
import { guard, RUNTIME_MARK } from './watchdog.ts'

/** Waits for the word to go, then becomes the command; without the word, its runtime is dead. */
const GATE = 'read -r go <&3 || exit 125; exec 3<&-; exec "$@"'

let executions = 0

/** One command under way. */
export class Execution {
  readonly #name: string
  readonly #options: ExecOptions
  readonly #network: 'none' | 'host'
  readonly #stdout: OutputWindow
  readonly #stderr: OutputWindow
  readonly #mark = `${RUNTIME_MARK}:${++executions}`
  readonly #startedMs = performance.now()
  readonly #halted = Promise.withResolvers<void>()
  #tracked: TrackedGroup | undefined
  #stopped: SkeinError | undefined
  #ending: Promise<boolean> | undefined
  #memoryBytesPeak: number | null = null
  #exit: { readonly code: number | null; readonly signal: string | null } | undefined

  constructor(argv: readonly string[], options: ExecOptions, network: 'none' | 'host') {
    this.#name = JSON.stringify(argv.length > 4 ? [...argv.slice(0, 4), '…'] : argv)
    this.#options = options
    this.#network = network
    this.#stdout = new OutputWindow(options.outputBytesMax ?? EXEC_OUTPUT_BYTES_DEFAULT)
    this.#stderr = new OutputWindow(options.outputBytesMax ?? EXEC_OUTPUT_BYTES_DEFAULT)
  }

  async run(words: readonly string[], cwd: string, env: Record<string, string>): Promise<ExecResult> {
    const child = this.#spawn(words, cwd, env)
    const exited = once(child, 'exit') as Promise<[number | null, string | null]>
    const closed = once(child, 'close')
    // Both reject when it cannot be started; that is told below.
    exited.catch(() => undefined)
    closed.catch(() => undefined)
    if (child.pid === undefined) throw await this.#whyNotStarted(child)
    const group = groupOf(child.pid)
    this.#tracked = new TrackedGroup(group, this.#mark)
    using _limits = this.#limit()
    try {
      using _watch = await guard(group)
      this.#options.onStart?.(group)
      this.#go(child)
      await this.#untilOver(exited)
      await this.#end()
    } finally {
      // Also when the watchdog or `onStart` failed: the command still waits at its gate then, or has ended.
      await this.#end()
      await Promise.race([closed, pause(EXEC_CLOSE_MS_MAX)])
      for (const stream of child.stdio) stream?.destroy()
    }
    if (this.#stopped !== undefined) throw this.#stopped
    return this.#result()
  }

  #spawn(words: readonly string[], cwd: string, env: Record<string, string>): ChildProcess {
    const stdin = this.#options.stdin === undefined ? 'ignore' : 'pipe'
    const child = this.#attempt(() =>
      spawn('/bin/sh', ['-c', GATE, 'sh', ...words], {
        cwd,
        env: { ...env, [MARK]: this.#mark },
        detached: true,
        stdio: [stdin, 'pipe', 'pipe', 'pipe'],
      }),
    )
    child.stdout?.on('data', (chunk: Buffer) => this.#take(this.#stdout, chunk))
    child.stderr?.on('data', (chunk: Buffer) => this.#take(this.#stderr, chunk))
    // A command need not read what it is given, and its pipes break when it is killed.
    for (const stream of child.stdio) stream?.on('error', () => undefined)
    return child
  }

  /** Some failures to start are thrown, others are told by an event. */
  #attempt(start: () => ChildProcess): ChildProcess {
    try {
      return start()
    } catch (cause) {
      throw this.#notStarted(cause)
    }
  }

  async #whyNotStarted(child: ChildProcess): Promise<SkeinError> {
    const [cause] = (await once(child, 'error')) as [Error]
    return this.#notStarted(cause)
  }

  #notStarted(cause: unknown): SkeinError {
    return new SkeinError('EXEC_FAILED', `${this.#name} could not be started: ${(cause as Error).message}`, { cause })
  }

  #go(child: ChildProcess): void {
    ;(child.stdio[3] as Socket).end('go\n')
    child.stdin?.end(this.#options.stdin)
  }

  /** Until it has ended; should it survive its killing, for the time that may take. */
  async #untilOver(exited: Promise<[number | null, string | null]>): Promise<void> {
    const over = exited.then(([code, signal]) => (this.#exit = { code, signal }))
    const stuck = this.#halted.promise.then(() => pause(EXEC_KILL_MS_MAX))
    await Promise.race([over, stuck])
  }

  #take(window: OutputWindow, chunk: Buffer): void {
    window.push(chunk)
    const hardMax = this.#options.outputBytesHardMax ?? EXEC_OUTPUT_BYTES_HARD_DEFAULT
    if (this.#stdout.bytes + this.#stderr.bytes <= hardMax) return
    this.#stop('EXEC_OUTPUT_LIMIT', `printed more than ${hardMax} bytes; make it quieter, or write to a file`)
  }

  /** Everything that can stop the command from outside; disposing it calls all of it off. */
  #limit(): Disposable {
    const { signal, timeoutMs = EXEC_TIMEOUT_MS_DEFAULT } = this.#options
    const timeout = setTimeout(
      () => this.#stop('EXEC_TIMEOUT', `took longer than ${timeoutMs} ms; give it more time, or less to do`),
      timeoutMs,
    )
    const onAbort = (): void => this.#halt(new Cancelled(`${this.#name} was cancelled`))
    signal?.addEventListener('abort', onAbort, { once: true })
    if (signal?.aborted === true) onAbort()
    let sampling = setTimeout(() => undefined, 0)
    const sample = (pauseMs: number): void => {
      sampling = setTimeout(() => {
        this.#sample()
        sample(Math.min(pauseMs * 2, EXEC_SAMPLE_MS_MAX))
      }, pauseMs)
    }
    sample(EXEC_SAMPLE_MS_FIRST)
    return {
      [Symbol.dispose]: () => {
        clearTimeout(timeout)
        clearTimeout(sampling)
        signal?.removeEventListener('abort', onAbort)
      },
    }
  }

  #sample(): void {
    const bytes = this.#tracked?.sample()
    if (bytes === undefined) return
    this.#memoryBytesPeak = Math.max(this.#memoryBytesPeak ?? 0, bytes)
    const { memoryBytesMax } = this.#options
    if (memoryBytesMax === undefined || bytes <= memoryBytesMax) return
    this.#stop(
      'EXEC_MEMORY_LIMIT',
      `used ${bytes} bytes of memory with its descendants, more than ${memoryBytesMax}; allow more, or give it less to do`,
    )
  }

  #stop(code: 'EXEC_TIMEOUT' | 'EXEC_OUTPUT_LIMIT' | 'EXEC_MEMORY_LIMIT', what: string): void {
    this.#halt(new SkeinError(code, `${this.#name} ${what}`, { data: this.#result() }))
  }

  #halt(reason: SkeinError): void {
    if (this.#stopped !== undefined || this.#exit !== undefined) return
    this.#stopped = reason
    this.#halted.resolve()
    void this.#end()
  }

  #end(): Promise<boolean> {
    return (this.#ending ??= this.#tracked?.end() ?? Promise.resolve(true))
  }

  #result(): ExecResult {
    const stdoutBytes = this.#stdout.bytesCut
    const stderrBytes = this.#stderr.bytesCut
    return {
      exitCode: this.#exit?.code ?? null,
      signal: this.#exit?.signal ?? null,
      stdout: this.#stdout.text(),
      stderr: this.#stderr.text(),
      ...(stdoutBytes + stderrBytes === 0 ? {} : { cut: { stdoutBytes, stderrBytes } }),
      durationMs: Math.round(performance.now() - this.#startedMs),
      network: this.#network,
      memoryBytesPeak: this.#memoryBytesPeak,
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })
}
