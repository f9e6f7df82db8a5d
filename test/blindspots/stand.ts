/** Where changes are tried: a scratch copy, and tests that stay warm over it. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { applied } from '../../examples/01-blindspots/code/propose.ts'
import type { Proposal } from '../../examples/01-blindspots/code/propose.ts'
import { shownChange } from '../../examples/01-blindspots/report/change.ts'
import { takeSlot } from '../../examples/01-blindspots/scratch/slots.ts'
import type { Slot } from '../../examples/01-blindspots/scratch/slots.ts'
import { WarmTests } from '../planted/warm-tests.ts'
import type { WarmRun } from '../planted/warm-tests.ts'
import { cpuClock } from './cpu-clock.ts'
import type { FrozenCode } from './frozen.ts'
import { LOOK_MS, TEST_MS_MAX } from './limits.ts'
import type { Trial } from './records.ts'

/** A scratch copy of the frozen code. */
export class Stand {
  readonly #base: string
  readonly #slot: Slot
  readonly #tests: WarmTests
  readonly commit: string

  private constructor(frozen: FrozenCode, held: { readonly slot: Slot; readonly tests: WarmTests }) {
    this.#base = frozen.base
    this.commit = frozen.commit
    this.#slot = held.slot
    this.#tests = held.tests
  }

  /** `bail`: failures that end a run, 0 for never. */
  static async open(folder: string, frozen: FrozenCode, bail: number): Promise<Stand> {
    const slot = await takeSlot({ folder, scratch: frozen.scratch, fingerprint: frozen.fingerprint })
    return new Stand(frozen, { slot, tests: await WarmTests.open(slot.folder, { bail, testTimeoutMs: TEST_MS_MAX }) })
  }

  /** The folder of the copy. */
  get folder(): string {
    return this.#slot.folder
  }

  /** A file as it is untouched. */
  sourceOf(file: string): Promise<string> {
    return readFile(join(this.#base, file), 'utf8')
  }

  /** What is known of a change before it is tried. */
  async aboutOf(change: Proposal): Promise<Omit<Trial, 'verdict' | 'stage' | 'by' | 'cpuMs'>> {
    const { id, file, line, operator } = change
    return { ...shownChange(await this.sourceOf(file), change), id, file, line, operator, commit: this.commit }
  }

  /** Runs something while changes, of different files, are made in the copy. */
  async with<T>(changes: readonly Proposal[], run: () => Promise<T>): Promise<T> {
    for (const change of changes)
      await this.#slot.change(change.file, applied(await this.sourceOf(change.file), change))
    try {
      return await run()
    } finally {
      for (const { file } of changes) await this.#slot.change(file, await this.sourceOf(file))
    }
  }

  /**
   * Runs tests with some changes. What never ends cannot be stopped from outside its thread: beyond `cpuMsMax` `onHang` is
   * called, which must end the process.
   */
  async run(
    changes: readonly Proposal[],
    paths: readonly string[],
    { cpuMsMax, onHang }: { readonly cpuMsMax: number; readonly onHang: () => void },
  ): Promise<WarmRun> {
    const used = cpuClock()
    const look = setInterval(() => used() > cpuMsMax && onHang(), LOOK_MS)
    const files = changes.map(({ file }) => file)
    const run = await this.with(changes, () => this.#tests.run(paths, files))
    clearInterval(look)
    return run
  }

  /** Whether a test that has failed, or waited for too long, is green on the untouched code. */
  async isGreenUntouched(test: string): Promise<boolean> {
    const { failed, unloaded, tests } = await this.#tests.runOne(test)
    return failed === undefined && unloaded === undefined && tests > 0
  }
}

/** What failed in a run, or nothing. */
export const failureOf = ({ failed, unloaded }: WarmRun): string | undefined => failed ?? unloaded

/** Whether a test failed because it waited. */
export const hasWaited = ({ why }: WarmRun): boolean => /^(Test|Hook) timed out in/.test(why)
