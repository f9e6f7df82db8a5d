/**
 * Tests that stay warm: one vitest over a scratch copy, told which file has changed, so that a trial costs its tests and
 * not the loading of two hundred modules.
 *
 * Invariants:
 * 1. Workers are made anew for each run, and what a run had changed is read again by the next: none sees another's change.
 * 2. A run ends at its first failure, and names it. What vitest remembers of modules is of all runs; only what is reported
 *    during a run is of that run.
 */
import { readFileSync } from 'node:fs'
import { createVitest } from 'vitest/node'
import type { TestCase, TestModule, TestSpecification, Vitest } from 'vitest/node'

/** What came of a run: the test that failed, if one did. */
export type WarmRun = { readonly failed: string | undefined; readonly tests: number }

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
  tests = 0

  onTestCaseResult(test: TestCase): void {
    this.tests += 1
    if (test.result().state === 'failed') this.failed ??= `${test.module.relativeModuleId} > ${test.fullName}`
  }

  onTestModuleEnd(module: TestModule): void {
    if (module.state() === 'failed') this.failed ??= `${module.relativeModuleId} cannot be loaded, or not cleaned up`
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

  /** Loads the tests of the copy at `root`, and makes it the working folder. */
  static async open(root: string): Promise<WarmTests> {
    process.chdir(root)
    const hears = { at: new Hearing() }
    const vitest = await createVitest('test', {
      root,
      watch: false,
      project: ['unit', 'sim'],
      bail: 1,
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
  async run(paths: readonly string[], changed: readonly string[], rules?: readonly string[]): Promise<WarmRun> {
    for (const file of [...this.#changed, ...changed]) this.#vitest.invalidateFile(`${this.#root}/${file}`)
    this.#changed = changed
    const place = ({ moduleId }: TestSpecification): number =>
      paths.findIndex((path) => moduleId.startsWith(`${this.#root}/${path}`))
    const named = rules === undefined ? undefined : new RegExp(`\\b(${rules.join('|')})\\b[^:]*:`)
    const chosen = this.#specifications
      .filter((specification) => place(specification) >= 0)
      .filter(({ moduleId }) => named === undefined || mayName(moduleId, named))
      .toSorted((a, b) => place(a) - place(b))
    if (named === undefined) this.#vitest.resetGlobalTestNamePattern()
    else this.#vitest.setGlobalTestNamePattern(named)
    const hearing = new Hearing()
    this.#hears.at = hearing
    const { unhandledErrors } = await this.#vitest.runTestSpecifications(chosen, false)
    const outside = unhandledErrors.length > 0 ? 'an error outside any test' : undefined
    return { failed: hearing.failed ?? outside, tests: hearing.tests }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#vitest.close()
  }
}

/** Whether a file may hold such tests; the conformance suite takes its own from elsewhere. */
function mayName(path: string, named: RegExp): boolean {
  return path.endsWith('/conformance/simulated.test.ts') || named.test(readFileSync(path, 'utf8'))
}
