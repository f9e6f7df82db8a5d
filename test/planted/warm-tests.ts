/**
 * Tests that stay warm: one vitest over a scratch copy, told which file has changed, so that a trial costs its tests and
 * not the loading of two hundred modules.
 *
 * Invariants:
 * 1. Workers are made anew for each run, and what a run had changed is read again by the next: none sees another's change.
 * 2. A run ends at its first failure, or at its end, and names what failed. What vitest remembers is of all runs; only what is reported
 *    during a run is of that run.
 */
import { readFileSync } from 'node:fs'
import { createVitest } from 'vitest/node'
import type { TestCase, TestModule, TestSpecification, Vitest } from 'vitest/node'

/** What came of a run: the test that failed, if one did, or the file that could not be loaded. */
export type WarmRun = {
  readonly failed: string | undefined
  readonly unloaded: string | undefined
  /** Every test that failed; one where the first ends the run. */
  readonly failures: readonly string[]
  /** What the first of them said. */
  readonly why: string
  /** How many tests ran. */
  readonly tests: number
}

/** Files in the order in which they are given: nearest first. */
class AsGiven {
  shard(files: TestSpecification[]): TestSpecification[] {
    return files
  }

  sort(files: TestSpecification[]): TestSpecification[] {
    return files
  }
}

/** Hears what happens during one run. */
class Hearing {
  failed: string | undefined
  unloaded: string | undefined
  failures: string[] = []
  why = ''
  tests = 0

  onTestCaseResult(test: TestCase): void {
    if (test.result().state !== 'skipped') this.tests += 1
    if (test.result().state !== 'failed') return
    const name = `${test.module.relativeModuleId} > ${test.fullName}`
    if (this.failed === undefined) this.why = test.result().errors?.[0]?.message ?? ''
    this.failed ??= name
    this.failures.push(name)
  }

  onTestModuleEnd(module: TestModule): void {
    if (module.state() !== 'failed' || this.failures.some((name) => name.startsWith(`${module.relativeModuleId} >`)))
      return
    this.failures.push(`${module.relativeModuleId} > what is set up or cleaned up around its tests`)
    if (this.failed !== undefined) return
    if (module.children.size === 0) this.unloaded ??= `${module.relativeModuleId}: ${module.errors()[0]?.message ?? ''}`
    else this.failed = this.failures.at(-1)
  }
}

/** The tests of one scratch copy. */
export class WarmTests implements AsyncDisposable {
  readonly #vitest: Vitest
  readonly #specifications: readonly TestSpecification[]
  readonly #root: string
  readonly #hears: { at: Hearing }
  /** Files that were changed for the run before; they are what they were, or something else again. */
  #changed: readonly string[] = []

  private constructor(
    vitest: Vitest,
    about: {
      readonly specifications: readonly TestSpecification[]
      readonly root: string
      readonly hears: { at: Hearing }
    },
  ) {
    this.#vitest = vitest
    this.#specifications = about.specifications
    this.#root = about.root
    this.#hears = about.hears
  }

  /** Loads the tests of the copy at `root`, and makes it the working folder. `bail`: failures that end a run, 0 for never. */
  static async open(
    root: string,
    { bail = 1, testTimeoutMs }: { readonly bail?: number; readonly testTimeoutMs?: number } = {},
  ): Promise<WarmTests> {
    process.chdir(root)
    const hears = { at: new Hearing() }
    const vitest = await createVitest('test', {
      root,
      watch: false,
      project: ['unit', 'sim'],
      bail,
      ...(testTimeoutMs === undefined ? {} : { testTimeout: testTimeoutMs }),
      maxWorkers: 1,
      silent: true,
      sequence: { sequencer: AsGiven },
      reporters: [
        {
          onTestCaseResult: (test) => hears.at.onTestCaseResult(test),
          onTestModuleEnd: (module) => hears.at.onTestModuleEnd(module),
        },
      ],
    })
    return new WarmTests(vitest, { specifications: await vitest.globTestSpecifications(), root, hears })
  }

  /**
   * Runs the tests whose paths begin with one of `paths`, after the files `changed` have changed; with `rules` only those whose
   * names begin with one of them.
   */
  run(paths: readonly string[], changed: readonly string[], rules?: readonly string[]): Promise<WarmRun> {
    return this.#run(paths, changed, rules === undefined ? undefined : new RegExp(`\\b(${rules.join('|')})\\b[^:]*:`))
  }

  /** Runs one test, as a run has named it, on the untouched code; the whole file where it named no test. */
  runOne(name: string): Promise<WarmRun> {
    const [file = '', ...path] = name.split(' > ')
    return this.#run([file], [], path.at(-1)?.startsWith('what is set up') === true ? undefined : patternOf(path))
  }

  async #run(paths: readonly string[], changed: readonly string[], named: RegExp | undefined): Promise<WarmRun> {
    for (const file of [...this.#changed, ...changed]) this.#vitest.invalidateFile(`${this.#root}/${file}`)
    this.#changed = changed
    const place = ({ moduleId }: TestSpecification): number =>
      paths.findIndex((path) => moduleId.startsWith(`${this.#root}/${path}`))
    const chosen = this.#specifications
      .filter((specification) => place(specification) >= 0)
      .filter(({ moduleId }) => named === undefined || paths.length === 1 || mayName(moduleId, named))
      .toSorted((a, b) => place(a) - place(b))
    if (named === undefined) this.#vitest.resetGlobalTestNamePattern()
    else this.#vitest.setGlobalTestNamePattern(named)
    const hearing = new Hearing()
    this.#hears.at = hearing
    const { unhandledErrors } = await this.#vitest.runTestSpecifications(chosen, false)
    const outside = unhandledErrors.length > 0 ? 'an error outside any test' : undefined
    const { failed = outside, unloaded, failures, why, tests } = hearing
    return { failed, unloaded, failures, why, tests }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#vitest.close()
  }
}

/** Matches the full name of one test, whose parts vitest joins by a blank. */
function patternOf(path: readonly string[]): RegExp {
  const parts = path.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^\\s*${parts.join('(?: > | )')}$`)
}

/** Whether a file may hold such tests; the conformance suite takes its own from elsewhere. */
function mayName(path: string, named: RegExp): boolean {
  return path.endsWith('/conformance/simulated.test.ts') || named.test(readFileSync(path, 'utf8'))
}
