/** What a file is for, told by its name as people and tools name files. */
import { syntaxOf } from '../code/syntax.ts'

const TEST_FOLDER = /(^|\/)(tests?|__tests__|spec|specs|e2e|testdata|fixtures?|__mocks__|__fixtures__|__snapshots__)\//i
const TEST_NAMES = [
  /[._-](test|tests|spec|bench)\.\w+$/,
  /^test_[\w-]*\.py$/,
  /Tests?\.(java|kt|cs|swift|scala)$/,
  /^(test|spec_helper|conftest)\.\w+$/,
]
const NOT_OURS = /(^|\/)(vendor|third_party|node_modules|dist|coverage|migrations|generated)\//i
/** At the top of a project these hold what is about the product; deeper down they may be part of it. */
const NOT_THE_PRODUCT = /^(docs?|examples?|bench(marks?)?|scripts?|tools|build|out)\//i
const SETTINGS = [
  /\.config\.\w+$/,
  /^(setup\.py|gulpfile\.\w+|gruntfile\.\w+|build\.gradle\.kts|package\.swift|build\.rs)$/i,
  /\.d\.[cm]?ts$|\.min\.js$|_pb2?\.(py|go|js|ts)$/,
]

function isNamed(file: string, patterns: readonly RegExp[]): boolean {
  const name = file.slice(file.lastIndexOf('/') + 1)
  return patterns.some((pattern) => pattern.test(name))
}

/** True for tests, their helpers and their data. */
export function isTest(file: string): boolean {
  return TEST_FOLDER.test(file) || isNamed(file, TEST_NAMES)
}

/** True for code whose loss would be felt: no tests, settings, generated files, and only within `paths` if there are any. */
export function isSource(file: string, paths: readonly string[]): boolean {
  if (syntaxOf(file) === undefined || isTest(file) || NOT_OURS.test(file) || isNamed(file, SETTINGS)) return false
  return paths.length === 0 ? !NOT_THE_PRODUCT.test(file) : isWithin(file, paths)
}

/** True when `file` is one of `paths` or lies in one of them. */
function isWithin(file: string, paths: readonly string[]): boolean {
  return paths.some((path) => file === path || file.startsWith(`${path.replace(/\/+$/, '')}/`))
}
