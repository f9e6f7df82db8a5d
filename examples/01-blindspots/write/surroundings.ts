/** What a writer is shown of the code: the file with the blind spot, the tests there are, and the one that is nearest. */
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { EXAMPLES_READ_MAX, SHOWN_BYTES_MAX, TESTS_LISTED_MAX } from '../limits.ts'
import { listFolder } from '../survey/files.ts'
import { isTest } from '../survey/kinds.ts'
import type { Change } from '../run/types.ts'
import type { TestFile } from './types.ts'

/** The surroundings of a blind spot. */
export type Surroundings = {
  readonly source: string
  readonly tests: readonly string[]
  readonly nearest: { readonly path: string; readonly text: string } | null
}

/** Looks at the frozen code, with what was proved before. */
export async function surroundingsOf(base: string, change: Change, patch: readonly TestFile[]): Promise<Surroundings> {
  const source = await readFile(join(base, change.file), 'utf8')
  const { files } = await listFolder(base)
  const tests = [...new Set([...files, ...patch.map(({ path }) => path)])].filter(isTest)
  const read = async (path: string): Promise<string> =>
    patch.find((file) => file.path === path)?.text ?? (await readFile(join(base, path), 'utf8').catch(() => ''))
  return {
    source: around(source, change.start),
    tests: tests.slice(0, TESTS_LISTED_MAX),
    nearest: await nearestTest(change.file, tests, read),
  }
}

/** A test named like the file, else one that speaks of it, else the first that can be shown whole. */
async function nearestTest(
  file: string,
  tests: readonly string[],
  read: (path: string) => Promise<string>,
): Promise<Surroundings['nearest']> {
  const stem = basename(file).replace(/\.\w+$/, '')
  const named = tests.filter((path) => basename(path).includes(stem))
  const candidates = [...named, ...tests.filter((path) => !named.includes(path))].slice(0, EXAMPLES_READ_MAX)
  const texts = await Promise.all(candidates.map(async (path) => ({ path, text: await read(path) })))
  const whole = texts.filter(({ text }) => text !== '' && text.length <= SHOWN_BYTES_MAX)
  return (
    whole.find(({ path }) => named.includes(path)) ?? whole.find(({ text }) => text.includes(stem)) ?? whole[0] ?? null
  )
}

/** As much of a text as is shown, with the place in its middle. */
function around(text: string, at: number): string {
  if (text.length <= SHOWN_BYTES_MAX) return text
  const from = Math.max(0, Math.min(at - SHOWN_BYTES_MAX / 2, text.length - SHOWN_BYTES_MAX))
  const start = from === 0 ? 0 : text.indexOf('\n', from) + 1
  return `${start === 0 ? '' : '…\n'}${text.slice(start, start + SHOWN_BYTES_MAX)}\n…`
}
