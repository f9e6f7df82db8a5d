/** Documents that must say what the code says. */
import ts from 'typescript'
import { HOUSE } from '../house.ts'
import { offence, offenceAt, visit, type Project } from '../project.ts'
import type { Rule } from '../rule.ts'

const CODES_FILE = 'src/std/error-codes.ts'
const ERRORS_FILE = 'docs/errors.md'

function errorCodes(project: Project): readonly string[] {
  const file = project.code.find(({ path }) => path === CODES_FILE)
  const codes: string[] = []
  if (file) {
    visit(file.ast, (node) => {
      if (ts.isVariableDeclaration(node) && node.name.getText() === 'ERROR_CODES' && node.initializer) {
        visit(node.initializer, (member) => {
          if (ts.isPropertyAssignment(member) && /^[A-Z_]+$/.test(member.name.getText()))
            codes.push(member.name.getText())
        })
      }
    })
  }
  return codes
}

const errors: Rule = {
  name: `every error code has a heading in ${ERRORS_FILE}, and every heading a code`,
  check: (project) => {
    const codes = errorCodes(project)
    const headings = [...project.text(ERRORS_FILE).matchAll(/^### ([A-Z_]+)$/gm)].map(([, code = '']) => code)
    const repeated = headings.filter((code, index) => headings.indexOf(code) !== index)
    return [
      ...codes
        .filter((code) => !headings.includes(code))
        .map((code) => `${ERRORS_FILE}:1 lacks a heading; add: ### ${code}`),
      ...headings
        .filter((code) => !codes.includes(code))
        .map((code) => `${ERRORS_FILE}:1 ${code} is not in ${CODES_FILE}`),
      ...repeated.map((code) => `${ERRORS_FILE}:1 ${code} has two headings`),
    ]
  },
  breaks: [
    { [CODES_FILE]: 'export const ERROR_CODES = { A_B: 1 } as const satisfies X', [ERRORS_FILE]: '' },
    { [CODES_FILE]: 'export const ERROR_CODES = {}', [ERRORS_FILE]: '### A_B\n' },
    { [CODES_FILE]: 'export const ERROR_CODES = { A_B: 1 }', [ERRORS_FILE]: '### A_B\n### A_B\n' },
  ],
  keeps: [
    {
      [CODES_FILE]: 'export const ERROR_CODES = { A_B: entry(true, 1) } as const',
      [ERRORS_FILE]: '# Errors\n### A_B\n',
    },
  ],
}

const examples: Rule = {
  name: 'README.md lists every example, and only those that exist',
  check: (project) => {
    const folders = new Set(project.files.flatMap(({ path }) => /^examples\/\d\d-[^/]+(?=\/)/.exec(path)?.[0] ?? []))
    const listed = new Set(project.text('README.md').match(/examples\/\d\d-[\w-]+/g) ?? [])
    return [
      ...[...folders].filter((folder) => !listed.has(folder)).map((folder) => `README.md:1 does not list ${folder}`),
      ...[...listed]
        .filter((folder) => !folders.has(folder))
        .map((folder) => `README.md:1 lists ${folder}, which is not there`),
    ]
  },
  breaks: [
    { 'examples/00-hello/hello.ts': '', 'README.md': 'nothing' },
    { 'README.md': 'see [hello](examples/00-hello)' },
  ],
  keeps: [{ 'examples/00-hello/hello.ts': '', 'README.md': 'see [hello](examples/00-hello/hello.ts)' }],
}

const house: Rule = {
  name: 'every room of src is in the house table, and ARCHITECTURE.md draws it',
  check: (project) => {
    const rooms = new Set(project.files.flatMap(({ path }) => /^src\/([^/]+)\//.exec(path)?.[1] ?? []))
    const drawing = project.text('ARCHITECTURE.md')
    return [...rooms].flatMap((room) => {
      const floor = HOUSE[room]?.floor
      if (floor === undefined) return [`src/${room}:1 is a room without a floor; add it to test/tidy/house.ts`]
      const row = new RegExp(`^\\| ${floor} \\|.*\`${room}\``, 'm')
      return row.test(drawing) ? [] : [`ARCHITECTURE.md:1 has no row with floor ${floor} and \`${room}\``]
    })
  },
  breaks: [
    { 'src/attic/a.ts': '', 'ARCHITECTURE.md': '| 7 | `attic` |' },
    { 'src/std/a.ts': '', 'ARCHITECTURE.md': '| 1 | `std` |' },
  ],
  keeps: [{ 'src/std/a.ts': '', 'ARCHITECTURE.md': '| floor | room |\n| 0 | `std` | errors |' }],
}

const snippets: Rule = {
  name: 'code in our documents stands in a file that is checked',
  check: (project) =>
    project.files
      .filter(({ path }) => path.endsWith('.md'))
      .flatMap((file) =>
        [...file.text.matchAll(/^```ts(?: (\S+))?\n(.*?)^```$/gms)]
          .filter(([, source = '', code = '']) => !project.text(source).includes(code))
          .map(({ 1: source, index }) => {
            const line = file.text.slice(0, index).split('\n').length
            return offenceAt(
              file,
              line,
              source ? `is not what ${source} says` : 'names no file: ```ts path/of/the/file.ts',
            )
          }),
      ),
  breaks: [
    { 'README.md': '```ts\nrun()\n```\n', 'a.ts': 'run()\n' },
    { 'README.md': '```ts a.ts\nrun(1)\n```\n', 'a.ts': 'run()\n' },
    { 'README.md': '```ts gone.ts\nrun()\n```\n' },
  ],
  keeps: [{ 'README.md': 'See:\n```ts a.ts\nrun()\n```\n```sh\nnpm start\n```\n', 'a.ts': "import 'b'\nrun()\n" }],
}

const links: Rule = {
  name: 'links between our documents lead somewhere',
  check: (project) =>
    project.files
      .filter(({ path }) => path.endsWith('.md'))
      .flatMap((file) =>
        file.text.split('\n').flatMap((line, index) =>
          [...line.matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)(?:#[^)]*)?\)/g)]
            .map(([, target = '']) => target)
            .filter((target) => !leadsSomewhere(project, file.path, target))
            .map((target) => offenceAt(file, index + 1, `links to ${target}, which is not there`)),
        ),
      ),
  breaks: [{ 'README.md': 'see [that](docs/gone.md)' }, { 'docs/a.md': '[up](../gone.ts)' }],
  keeps: [
    {
      'README.md': '[a](docs/a.md#part) [b](docs/) [c](https://example.org) [d](#here)',
      'docs/a.md': '[up](../README.md)',
    },
  ],
}

function leadsSomewhere(project: Project, from: string, target: string): boolean {
  const { pathname } = new URL(target, `file:///${from}`)
  const path = pathname.slice(1).replace(/\/$/, '')
  return project.files.some((file) => file.path === path || file.path.startsWith(`${path}/`))
}

const focused: Rule = {
  name: 'no test runs alone',
  check: (project) =>
    project.code.flatMap((file) => {
      const found: string[] = []
      visit(file.ast, (node) => {
        if (ts.isCallExpression(node) && /^(?:it|test|describe)\.only$/.test(node.expression.getText())) {
          found.push(offence(file, node, 'keeps all other tests from running'))
        }
      })
      return found
    }),
  breaks: [{ 'src/std/a.test.ts': "it.only('x', () => {})" }],
  keeps: [{ 'src/std/a.test.ts': "it('x', () => {})" }],
}

export const DOCUMENT_RULES: readonly Rule[] = [errors, examples, house, snippets, links, focused]
