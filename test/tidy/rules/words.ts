/** Words that may not stand in the project. */
import { exportedDeclarations } from './exports.ts'
import { offenceAt, type Project, type TextFile } from '../project.ts'
import type { Rule } from '../rule.ts'

/** Put together here, so that this file does not offend itself. */
const LEFTOVERS = ['TO', 'FIX', 'HA'].map((start, index) => start + (['DO', 'ME', 'CK'][index] ?? ''))
/** First folders that only a person's or a build machine has. */
const MACHINE_FOLDERS = ['home', 'Users', 'root', 'work', 'workspace', 'builds']
const EMPTY_NAMES = new Set(['util', 'utils', 'helper', 'helpers', 'manager', 'managers', 'misc'])

function linesMatching(
  project: Project,
  files: (file: TextFile) => boolean,
  pattern: RegExp,
  what: string,
): readonly string[] {
  return project.files.filter(files).flatMap((file) =>
    file.text.split('\n').flatMap((line, index) => {
      const hit = pattern.exec(line)
      return hit ? [offenceAt(file, index + 1, `${what}: ${hit[0].trim()}`)] : []
    }),
  )
}

const leftovers: Rule = {
  name: 'no unfinished work is left in the code',
  check: (project) =>
    linesMatching(
      project,
      (file) => !file.path.endsWith('.md'),
      new RegExp(`\\b(?:${LEFTOVERS.join('|')})\\b`),
      'leftover',
    ),
  breaks: LEFTOVERS.map((word) => ({ 'src/std/a.ts': `// ${word}: later` })),
  keeps: [{ 'src/std/a.ts': "const list = 'things to do'" }],
}

const machinePath = (folder: string) => `cd /${folder}/somebody/project`

const machinePaths: Rule = {
  name: "no path of somebody's machine is mentioned",
  check: (project) =>
    linesMatching(
      project,
      () => true,
      new RegExp(`(?:^|[^\\w./\\]])/(?:${MACHINE_FOLDERS.join('|')})/\\w[\\w.-]*`),
      'machine path',
    ),
  breaks: MACHINE_FOLDERS.map((folder) => ({ 'docs/a.md': machinePath(folder) })),
  keeps: [{ 'docs/a.md': 'see src/work/order.ts, ./home/x, https://example.org/home/page and /usr/bin/env' }],
}

const words = (name: string) => name.split(/[^A-Za-z]+|(?<=[a-z])(?=[A-Z])/).map((word) => word.toLowerCase())
const isEmptyName = (name: string) => words(name).some((word) => EMPTY_NAMES.has(word))

const names: Rule = {
  name: 'no file and no export has a name that says nothing',
  check: (project) => [
    ...project.files
      .filter((file) => isEmptyName(file.path))
      .map((file) => offenceAt(file, 1, 'has a name that says nothing')),
    ...project.code.flatMap((file) =>
      [...exportedDeclarations(file).keys()]
        .filter(isEmptyName)
        .map((name) => offenceAt(file, 1, `exports ${name}, which says nothing`)),
    ),
  ],
  breaks: [
    { 'src/std/utils.ts': '' },
    { 'src/helpers/a.ts': '' },
    { 'test/crash-helper.ts': '' },
    { 'src/std/a.ts': 'export class ProcessManager {}' },
  ],
  keeps: [{ 'src/std/utility-function.ts': 'export const managed = 1' }],
}

export const WORD_RULES: readonly Rule[] = [leftovers, machinePaths, names]
