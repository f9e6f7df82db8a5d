/** The code that verdicts are about: what bugs are planted in, and the test that caught one. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Judged, PlantedResult } from './results.ts'

const SOURCES = ['src/std/', 'src/kernel/', 'src/engine/']
const NO_SOURCE = /\.(test|fixture)\.ts$/
/** Where the tests of a stage lie that names none. */
const TESTS = ['test/sim/', 'test/conformance/', 'test/chaos/']
const DIGEST_LENGTH = 12

/** The code of a folder whose files are listed. */
export class JudgedCode {
  readonly #root: string
  readonly #files: readonly string[]
  readonly #digests = new Map<string, string>()
  /** The last commit of the sources; `+` where they have changed since. */
  readonly commit: string

  constructor(root: string, files: readonly string[], commit: string) {
    this.#root = root
    this.#files = files.filter((file) => file.endsWith('.ts'))
    this.commit = commit
  }

  /** What a verdict is about that this test, or no test, has given. */
  judgedBy(test: string | undefined): Judged {
    return { commit: this.commit, code: this.#digestOf(test) }
  }

  /** True for a verdict about other code than this. */
  isOlder({ caught, judged }: PlantedResult): boolean {
    return judged?.code !== this.#digestOf(caught?.test)
  }

  #digestOf(test: string | undefined): string {
    const file = test?.split(' > ')[0] ?? ''
    const tests = this.#files.includes(file) ? [file] : TESTS
    const key = tests.join(' ')
    let digest = this.#digests.get(key)
    if (digest === undefined) this.#digests.set(key, (digest = this.#read(tests)))
    return digest
  }

  #read(tests: readonly string[]): string {
    const hash = createHash('sha256')
    for (const file of this.#files) {
      const isSource = SOURCES.some((folder) => file.startsWith(folder)) && !NO_SOURCE.test(file)
      if (!isSource && !tests.some((test) => file.startsWith(test))) continue
      hash.update(`${file}\0`).update(
        createHash('sha256')
          .update(readFileSync(join(this.#root, file)))
          .digest(),
      )
    }
    return hash.digest('hex').slice(0, DIGEST_LENGTH)
  }
}

/** The last commit of what bugs are planted in, by the git of a folder. */
export function commitOf(root: string): string {
  const git = (...args: string[]): string => execFileSync('git', ['-C', root, ...args], { encoding: 'utf8' }).trim()
  try {
    const commit = git('log', '-1', '--format=%h', '--', ...SOURCES)
    return git('status', '--porcelain', '--', ...SOURCES) === '' ? commit : `${commit}+`
  } catch {
    return 'no commit'
  }
}
