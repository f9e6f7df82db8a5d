/** How large things may be. */
import ts from 'typescript'
import { offence, offenceAt, visit, type CodeFile } from '../project.ts'
import type { Rule } from '../rule.ts'

const FILE_LINES_MAX = 400
const FUNCTION_LINES_MAX = 70
const LINE_WIDTH_MAX = 140

const lines = (text: string) => text.replace(/\n$/, '').split('\n')
const longText = (count: number) => Array.from({ length: count }, (_, index) => `// ${index}`).join('\n')

const files: Rule = {
  name: `no file has more than ${FILE_LINES_MAX} lines`,
  check: (project) =>
    project.code.flatMap((file) => {
      const count = lines(file.text).length
      return count > FILE_LINES_MAX ? [offenceAt(file, count, `has ${count} lines: more than one concept`)] : []
    }),
  breaks: [{ 'src/std/a.ts': longText(FILE_LINES_MAX + 1) }, { 'bin/a.mjs': longText(FILE_LINES_MAX + 1) }],
  keeps: [{ 'src/std/a.ts': `${longText(FILE_LINES_MAX)}\n` }],
}

/** A `describe` block is a chapter, not a function. */
function isChapter(node: ts.Node): boolean {
  return ts.isCallExpression(node.parent) && /^describe\b/.test(node.parent.expression.getText())
}

function functionLines(file: CodeFile, node: ts.Node): number {
  const line = (position: number) => file.ast.getLineAndCharacterOfPosition(position).line
  return line(node.getEnd()) - line(node.getStart(file.ast)) + 1
}

const functions: Rule = {
  name: `no function has more than ${FUNCTION_LINES_MAX} lines`,
  check: (project) =>
    project.code.flatMap((file) => {
      const found: string[] = []
      visit(file.ast, (node) => {
        if (!ts.isFunctionLike(node) || isChapter(node)) return
        const count = functionLines(file, node)
        if (count > FUNCTION_LINES_MAX)
          found.push(offence(file, node, `${node.name?.getText() ?? 'a function'} has ${count} lines`))
      })
      return found
    }),
  breaks: [
    { 'src/std/a.ts': `function a() {\n${longText(FUNCTION_LINES_MAX - 1)}\n}` },
    { 'src/std/a.ts': `const a = () => {\n${longText(FUNCTION_LINES_MAX - 1)}\n}` },
    { 'src/std/a.ts': `class A { b() {\n${longText(FUNCTION_LINES_MAX - 1)}\n} }` },
  ],
  keeps: [
    { 'src/std/a.ts': `function a() {\n${longText(FUNCTION_LINES_MAX - 2)}\n}` },
    { 'src/std/a.test.ts': `describe('a', () => {\n${longText(FUNCTION_LINES_MAX)}\n})` },
  ],
}

const widths: Rule = {
  name: `no line of code is wider than ${LINE_WIDTH_MAX}`,
  check: (project) =>
    project.code.flatMap((file) =>
      lines(file.text).flatMap((line, index) =>
        line.length > LINE_WIDTH_MAX ? [offenceAt(file, index + 1, `is ${line.length} wide; npm run format`)] : [],
      ),
    ),
  breaks: [{ 'src/std/a.ts': `// ${'x'.repeat(LINE_WIDTH_MAX)}` }],
  keeps: [{ 'src/std/a.ts': 'x'.repeat(LINE_WIDTH_MAX), 'README.md': 'x'.repeat(LINE_WIDTH_MAX + 1) }],
}

export const SIZE_RULES: readonly Rule[] = [files, functions, widths]
