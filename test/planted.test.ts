/** Planted bugs fit the code as it is now, and the pages about them say what the data say. */
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { blindspotsPage } from './blindspots/page.ts'
import { readData, readExplanations } from './blindspots/kept.ts'
import type { BlindspotsData } from './blindspots/kept.ts'
import { PLANTED_BUGS } from './planted/bugs/index.ts'
import { plantedPage } from './planted/page.ts'
import { edited, planted } from './planted/planted-bug.ts'
import { digestOf, readKept } from './planted/results.ts'

const ROOT = join(import.meta.dirname, '..')
const REPORTS = join(ROOT, 'docs', 'reports')
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')
const pageOf = (name: string): string => readFileSync(join(REPORTS, `${name}.md`), 'utf8')
/** The formatter pads tables and may escape; what is said is the same. */
const said = (page: string): string => page.replaceAll(/[\s\\-]+/g, ' ')

describe('planted bugs', () => {
  it.each(PLANTED_BUGS)('$name: fits the code exactly once, and is a program', (bug) => {
    const files = planted(bug, read)
    expect(files.size).toBeGreaterThan(0)
    for (const text of files.values()) expect(() => stripTypeScriptTypes(text)).not.toThrow()
  })

  it('are told apart by their names, and one that does not fit is an error', () => {
    expect(new Set(PLANTED_BUGS.map(({ name }) => name)).size).toBe(PLANTED_BUGS.length)
    const edit = { file: 'a.ts', text: 'a()', instead: 'b()' }
    expect(edited('a()\n', edit, 'bug')).toBe('b()\n')
    expect(() => edited('c()\n', edit, 'bug')).toThrow('stands 0 times in a.ts')
    expect(() => edited('a(); a()\n', edit, 'bug')).toThrow('stands 2 times in a.ts')
    expect(() => edited('a()\n', { ...edit, instead: 'a()' }, 'bug')).toThrow('changes nothing')
  })

  const data = join(REPORTS, 'data', 'planted.json')

  it('are all caught, as the page says', () => {
    const kept = readKept(data)
    const { results } = kept
    const open = PLANTED_BUGS.filter(({ name }) => results.get(name)?.caught === undefined).map(({ name }) => name)
    expect(open).toEqual([])
    expect(
      PLANTED_BUGS.filter((bug) => results.get(bug.name)?.edits !== digestOf(bug)).map(({ name }) => name),
    ).toEqual([])
    expect(said(pageOf('planted'))).toBe(said(plantedPage(PLANTED_BUGS, kept)))
  })
})

describe('blind spots of kernel and engine', () => {
  it.runIf(readData() !== undefined)('are what the page says', () => {
    const data = readData() as BlindspotsData
    expect(said(pageOf('blindspots'))).toBe(said(blindspotsPage(data, readExplanations())))
  })
})
