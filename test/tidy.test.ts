/** Style is a test: each rule holds in this repository, and each is shown a planted offence, so that it is known to bite. */
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { projectOf, readProject } from './tidy/project.ts'
import type { Planted } from './tidy/rule.ts'
import { DOCUMENT_RULES } from './tidy/rules/documents.ts'
import { EXPORT_RULES } from './tidy/rules/exports.ts'
import { IMPORT_RULES } from './tidy/rules/imports.ts'
import { PACKAGING_RULES } from './tidy/rules/packaging.ts'
import { SIZE_RULES } from './tidy/rules/sizes.ts'
import { WORD_RULES } from './tidy/rules/words.ts'

const RULES = [...IMPORT_RULES, ...EXPORT_RULES, ...SIZE_RULES, ...WORD_RULES, ...DOCUMENT_RULES, ...PACKAGING_RULES]
const repository = readProject(dirname(dirname(fileURLToPath(import.meta.url))))

describe('the repository is tidy', () => {
  it.each(RULES)('$name', (rule) => {
    expect(rule.check(repository).join('\n')).toBe('')
  })
})

describe('every rule notices what breaks it and leaves the rest alone', () => {
  it.each(RULES)('$name', (rule) => {
    expect(rule.breaks.length).toBeGreaterThan(0)
    const offends = (planted: Planted) => rule.check(projectOf(planted)).length > 0
    expect(rule.breaks.filter((planted) => !offends(planted))).toEqual([])
    expect(rule.keeps.filter(offends)).toEqual([])
  })
})
