/**
 * Lets a project's commands run on a shared engine instead of a data folder, and its workers with them: a command that would
 * host a run on a folder gets a worker beside it, which comes and goes, and dies, with the command. Where mailboxes are served by
 * workers, every other command gets one that runs nothing: as on a folder, nothing moves before somebody runs it.
 */
import { freePorts } from '../../src/testing/conformance/free-ports.ts'
import type { Running } from './project.ts'

/** The engine of every project in this process; unset: data folders. `postgres://…` or `restate://…`. */
export const TEST_ENGINE = 'SKEIN_TEST_ENGINE'
/** Verbs that need no engine. */
const WITHOUT: readonly string[] = ['check']
/** Verbs that host a run where it lies in a folder. */
const HOSTING: readonly string[] = ['run', 'fork']

let installations = 0

/** An installation of a project's own on the engine that was named. */
export class SharedEngine {
  readonly #address: string
  readonly #isRestate: boolean
  readonly #begin: (args: readonly string[]) => Running
  /** Whatever was run before may go on, too. */
  readonly #files = new Set<string>()

  private constructor(address: string, begin: (args: readonly string[]) => Running) {
    this.#address = address
    this.#isRestate = address.startsWith('restate:')
    this.#begin = begin
  }

  /** Undefined where projects lie in data folders. `begin` starts a command. */
  static async named(begin: (args: readonly string[]) => Running): Promise<SharedEngine | undefined> {
    const engine = process.env[TEST_ENGINE]
    if (engine === undefined) return undefined
    const url = new URL(engine)
    const name = `p${process.pid}_${++installations}`
    const [port] = await freePorts(1)
    const own =
      url.protocol === 'restate:'
        ? { name: name.replace('_', '-'), port: String(port), share: 'true' }
        : { schema: name, lease: '2s' }
    for (const [key, value] of Object.entries(own)) url.searchParams.set(key, value)
    return new SharedEngine(url.href, begin)
  }

  /** Starts a command on it. */
  start(args: readonly string[]): Running {
    const [verb = '', file = ''] = args
    if (WITHOUT.includes(verb)) return this.#begin(args)
    const at = ['--engine', this.#address]
    if (verb === 'run') {
      this.#files.delete(file)
      this.#files.add(file)
    }
    const isHosting = HOSTING.includes(verb)
    // Of two files with code for the same workflow the one that is run now counts.
    const files = verb === 'run' ? [file] : [...this.#files]
    return this.#beside(isHosting ? files : undefined, () => this.#begin([...args, ...at]))
  }

  /** Starts a line that was shown, and names this engine itself. */
  typed(line: string, begin: () => Running): Running {
    const [, verb = ''] = /npx skein (\S+)/.exec(line) ?? []
    return this.#beside(HOSTING.includes(verb) ? [...this.#files] : undefined, begin)
  }

  /** With a worker that has the code of these files; undefined: with one that runs nothing, where somebody must answer. */
  #beside(files: readonly string[] | undefined, begin: () => Running): Running {
    if (files === undefined && !this.#isRestate) return begin()
    const worker = this.#begin(['worker', ...(files ?? ['--mail-only']), '--engine', this.#address])
    const client = begin()
    const ended = client.ended.then(async (ran) => {
      worker.child.kill('SIGTERM')
      const { err } = await worker.ended
      return files === undefined ? ran : { ...ran, err: `${err}${ran.err}` }
    })
    const kill = (signal?: NodeJS.Signals): boolean => {
      worker.child.kill(signal)
      return client.child.kill(signal)
    }
    return { child: { kill }, ended }
  }
}
